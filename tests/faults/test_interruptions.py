"""Signals save and stop; two processes never train one run."""

import os
import re
import signal
import time

import pytest

from faults import tiny
from faults.scale import count, counting

LONG = "training.steps=1000000"
SLOW = ("data.shape=[400]", "network.0.units=3000", "data.train=600", "training.batch_size=512", LONG)


def begun(run, folder, children):
    """Return a training under way that has saved its state."""
    child = children.start("resume", run.path, "-q", folder=folder)
    wait_for(lambda: (child.notes / "saved").exists() and (child.notes / "saved").read_text())
    return child


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.005)
    return found


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_and_stops(folder, children, number, code):
    run = tiny.lay_out(folder, LONG)
    child = begun(run, folder, children)
    os.kill(child.pid, number)
    ended = child.wait()
    assert (ended.code, ended.is_plain) == (code, True)
    assert run.read_json("summary.json")["status"] == "interrupted"
    last = run.checkpoints.load("last").step
    assert ended.saved == last == run.read_json("summary.json")["steps"]
    assert re.search(rf"{number.name}\b.* {last:,}\b.* nnlab resume {run.path}", ended.err)


def test_a_second_interrupt_leaves_at_once_and_keeps_the_old_checkpoint(folder, children):
    run = tiny.lay_out(folder, *SLOW)
    child = begun(run, folder, children)
    before = sorted(path.name for path in (run.path / "checkpoints").iterdir())
    os.kill(child.pid, signal.SIGINT)
    time.sleep(0.01)
    os.kill(child.pid, signal.SIGINT)
    ended = child.wait()
    assert (ended.code, ended.is_plain) == (130, True)
    assert ended.saved <= run.checkpoints.load("last").step
    assert set(before) & {path.name for path in (run.path / "checkpoints").iterdir()}


def test_a_second_process_is_refused_and_told_by_whom(folder, children):
    run = tiny.lay_out(folder, LONG)
    first = begun(run, folder, children)
    second = children.run("resume", run.path, "-q", folder=folder)
    assert (second.code, second.is_plain, second.saved) == (4, True, 0)
    assert re.search(rf"{run.path}\b.* {first.pid}\b.* {os.uname().nodename}", second.err)
    os.kill(first.pid, signal.SIGKILL)
    assert first.wait().code == -signal.SIGKILL
    third = begun(run, folder, children)  # no lock is left
    os.kill(third.pid, signal.SIGTERM)
    assert third.wait().code == 143


def test_of_fifty_processes_one_wins(folder, children):
    with counting("races of 50 processes for a run") as figure:
        for number in range(count(1, 200)):
            place = folder / str(number)
            place.mkdir()
            figure.add(_race(tiny.lay_out(place, LONG), place, children), "race", number)


def _race(run, place, children):
    """Return what was wrong with a race of 50 for ``run``."""
    racing = [children.start("resume", run.path, "-q", folder=place) for _ in range(50)]
    note = run.path / ".lock.holder"
    wait_for(lambda: note.exists() and note.read_text().startswith("process "))
    winners = [child for child in racing if note.read_text().split()[1] == str(child.pid)]
    lost = [child.wait() for child in racing if child not in winners]
    found = [] if len(winners) == 1 else [f"{len(winners)} won"]
    found += [f"one left with {ended.code}: {ended.err}" for ended in lost if ended.code != 4]
    found += ["a loser wrote"] * sum(ended.saved > 0 for ended in lost)
    for winner in winners:
        wait_for(lambda winner=winner: (winner.notes / "saved").read_text())
        os.kill(winner.pid, signal.SIGTERM)
        ended = winner.wait()
        found += [] if ended.code == 143 else [f"the winner left with {ended.code}: {ended.err}"]
        found += [] if run.checkpoints.load("last").step == ended.saved else ["what the winner saved is not there"]
    return found
