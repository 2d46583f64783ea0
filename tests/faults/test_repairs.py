"""A repair that is killed at any moment loses nothing, and the next one comes to the same end."""

import os

import numpy as np
import pytest

from faults import tiny
from faults.aftermath import differences
from faults.scale import counting, sample

DAMAGED = ("metrics.jsonl", "config.yaml", "summary.json", "checkpoints/index.json", "environment.json")


@pytest.fixture
def damaged(folder, children):
    """Return a finished run of which five files are damaged, in a folder of its own."""

    def made(name):
        place = folder / name
        place.mkdir()
        run = tiny.lay_out(place)
        assert children.run("resume", run.path, "-q", folder=place).code == 0
        for each in DAMAGED:
            path = run.path / each
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 2
            content[0] ^= 4
            path.write_bytes(content)
        return run

    return made


def test_a_repair_mends_what_it_can_and_the_run_goes_on(damaged, folder, children, undisturbed):
    run = damaged("whole")
    for command in (("resume", "-q"), ("verify",)):
        ended = children.run(command[0], run.path, *command[1:], folder=folder)
        assert (ended.code, ended.is_plain) in {(2, True), (4, True)}, ended
        assert "--repair" in ended.err
    ended = children.run("resume", run.path, "-q", "--repair", "--allow-inexact", folder=folder)
    assert (ended.code, ended.is_plain) == (0, True), ended
    assert [name for name in DAMAGED if f"repaired {name}: " not in ended.err] == []
    saved, expected = tiny.bits(run)[0], undisturbed[0][0]
    assert {which: bits[1] for which, bits in saved.items()} == {
        which: bits[1] for which, bits in expected.items()
    }
    for command in (("verify", run.path), ("runs", "show", run.path), ("report", run.path)):
        ended = children.run(*command, folder=folder)
        assert (ended.code, ended.is_plain) == (0, True), ended
    assert "repaired" in children.run("runs", "show", run.path, folder=folder).out
    assert "repaired on" in (run.path / "report.html").read_text()


def test_killed_at_any_system_call_nothing_is_lost(damaged, folder, children, undisturbed):
    run = damaged("first")
    calls = children.run("verify", run.path, "--repair", folder=folder, root=str(run.path)).calls
    assert len(calls) > 20
    with counting("repairs killed at a system call") as figure:
        for at in sample(range(len(calls)), 6, np.random.default_rng(16)):
            run = damaged(str(at))
            before = {name: (run.path / name).read_bytes() for name in DAMAGED}
            ended = children.run(
                "verify", run.path, "--repair", folder=folder, root=str(run.path), at=at, kind="kill"
            )
            found = [] if ended.is_plain else [ended.err]
            found += _lost(run, before)
            for path in run.path.rglob(".*.tmp"):
                os.utime(path, (0, 0))  # of the last two seconds, another process might be writing it
            again = children.run("verify", run.path, "--repair", folder=folder)
            found += [] if again.code == 0 else [f"the next repair left with {again.code}: {again.err}"]
            found += _lost(run, before)
            found += [f"{name} was left" for name in tiny.leftovers(run)]
            resumed = children.run("resume", run.path, "-q", "--allow-inexact", folder=folder)
            found += [] if resumed.code == 0 else [f"resume left with {resumed.code}: {resumed.err}"]
            found += [each for each in differences(run, undisturbed[0]) if "metrics" not in each]
            figure.add(found, "killed at", at, calls[at].name)


def _lost(run, before):
    """Return the damaged files whose content is nowhere any more."""
    there = {path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    return [f"{name} is lost" for name, content in before.items() if content not in there]
