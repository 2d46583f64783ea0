"""Nothing altered is ever loaded: every bit of a checkpoint counts, and so does its length."""

import re

import numpy as np
import pytest

from faults import tiny
from faults.aftermath import differences
from faults.damage import silent_changes, silent_cuts
from faults.scale import count, counting, sample


@pytest.fixture
def finished(folder, children):
    run = tiny.lay_out(folder)
    assert children.run("resume", run.path, "-q", folder=folder).code == 0
    return run


def checkpoint(run, step):
    return run.path / "checkpoints" / f"step-{step:08d}.safetensors"


def test_every_flipped_bit_is_noticed(finished, folder):
    content = checkpoint(finished, 6).read_bytes()
    assert 3000 < len(content) < 5000
    flips = [(place, bit) for place in range(len(content)) for bit in range(8)]
    with counting("flipped bits of a checkpoint") as figure:
        chosen = sample(flips, 4000, np.random.default_rng(10))
        silent = silent_changes(content, folder, chosen)
        figure.done, figure.failures = len(chosen), len(silent)
        figure.told = [f"bit {bit} of byte {place}" for place, bit in silent]


def test_every_truncation_is_noticed(finished, folder):
    content = checkpoint(finished, 6).read_bytes()
    with counting("truncations of a checkpoint") as figure:
        lengths = sample(range(len(content)), 300, np.random.default_rng(11))
        silent = silent_cuts(content, folder, lengths)
        figure.done, figure.failures, figure.told = len(lengths), len(silent), list(map(str, silent))


def test_the_one_before_serves_with_a_warning(folder, children, undisturbed):
    bits, calls = undisturbed
    saved = [at for at, call in enumerate(calls) if call.name == "saved"]
    rng = np.random.default_rng(12)
    for number in range(count(3, 200)):
        place = folder / str(number)
        place.mkdir()
        run = tiny.lay_out(place)
        children.run("resume", run.path, "-q", folder=place, root=str(run.path), at=saved[1] + 1, kind="kill")
        newest = checkpoint(run, 4)
        content = bytearray(newest.read_bytes())
        content[rng.integers(len(content))] ^= 1 << rng.integers(8)
        newest.write_bytes(content if number % 2 else content[: rng.integers(len(content))])
        ended = children.run("resume", run.path, "-q", folder=place)
        assert ended.code == 0
        assert f"{newest} " in ended.err
        assert "going back to step 2" in ended.err
        assert not differences(run, bits)


def test_without_one_before_it_is_refused(finished, folder, children):
    for step in (4, 6):
        path = checkpoint(finished, step)
        path.write_bytes(path.read_bytes()[:-1])
    ended = children.run("resume", finished.path, "-q", folder=folder)
    assert (ended.code, ended.is_plain) == (4, True)
    assert "step-00000006.safetensors " in ended.err
    assert "step-00000004.safetensors " in ended.err


def test_without_the_best_the_last_is_offered_to_an_evaluation_if_it_is_intact(finished, folder, children):
    (best,) = (finished.path / "checkpoints").glob("best-*")
    best.write_bytes(best.read_bytes()[:-1])
    for command in (("eval",), ("plot", "filters")):
        ended = children.run(*command, finished.path, folder=folder)
        assert (ended.code, ended.is_plain) == (4, True)
        assert f"{best} " in ended.err
        assert re.search(r"step 6\b.*--checkpoint last", ended.err)
    assert children.run("eval", "--checkpoint", "last", finished.path, folder=folder).code == 0
    for step in (4, 6):
        checkpoint(finished, step).write_bytes(b"")
    ended = children.run("eval", finished.path, folder=folder)
    assert (ended.code, "--checkpoint last" in ended.err) == (4, False), ended.err


def test_verify_names_what_is_damaged(finished, folder, children):
    assert children.run("verify", finished.path, folder=folder).code == 0
    changes = {
        "checkpoints/step-00000006.safetensors": lambda content: content[:-30],
        "checkpoints/index.json": lambda content: content.replace(b"6", b"5"),
        "metrics.jsonl": lambda content: content.replace(b"1", b"7", 1),
        "config.yaml": lambda content: content.replace(b"momentum: 0.9", b"momentum: 0.8"),
        "summary.json": lambda content: content.replace(b"loss", b"lost"),
    }
    for name, change in changes.items():
        path = finished.path / name
        intact = path.read_bytes()
        path.write_bytes(change(intact))
        assert path.read_bytes() != intact, name
        ended = children.run("verify", finished.path, folder=folder)
        assert (ended.code, ended.is_plain) == (4, True), name
        assert any(line.startswith(name) and "damaged" in line for line in ended.out.splitlines()), ended.out
        path.write_bytes(intact)
