"""What a killed command left is removed by the next one that writes in the same place."""

import os
import shutil
import signal

import numpy as np
import pytest

from faults import tiny
from faults.scale import SHARE, counting, sample

COMMANDS = (("eval",), ("eval", "--split", "validation", "--checkpoint", "last"), ("plot", "curves"), ("report",))
AGED = ("open", "mkdir", "write", "fsync", "replace", "rename", "rmdir")


@pytest.fixture
def finished(folder, children):
    run = tiny.lay_out(folder)
    assert children.run("resume", run.path, "-q", folder=folder).code == 0
    assert children.run("eval", run.path, folder=folder).code == 0
    return run.path


def leftovers(path):
    """Return the temporary files and folders in a run, and put their time of change back."""
    found = [each for each in path.rglob(".*") if each.name not in {".lock", ".lock.holder", ".lock.turn"}]
    found += path.rglob("*.pending")
    for each in found:
        os.utime(each, (0, 0))
    return sorted(each.relative_to(path).as_posix() for each in found)


def test_a_killed_command_leaves_nothing_after_the_next(finished, folder, children):
    left = 0
    with counting("commands killed and repeated: files left") as figure:
        for command in COMMANDS if SHARE else COMMANDS[:-1]:
            whole = folder / "whole"
            shutil.copytree(finished, whole)
            calls = children.run(command[0], whole, *command[1:], folder=folder, root=str(whole)).calls
            shutil.rmtree(whole)
            points = [at for at, call in enumerate(calls) if call.name in AGED]
            for at in sample(points, 2, np.random.default_rng(17)):
                run = folder / f"{command[0]}-{at}"
                shutil.copytree(finished, run)
                disturbance = {"root": str(run), "at": at, "kind": "kill"}
                ended = children.run(command[0], run, *command[1:], folder=folder, **disturbance)
                found = [] if ended.code == -signal.SIGKILL else [f"it left with {ended.code}"]
                left += bool(leftovers(run))
                again = children.run(command[0], run, *command[1:], folder=folder)
                found += [] if again.code == 0 else [f"the next left with {again.code}: {again.err}"]
                figure.add(found + [f"{name} was left" for name in leftovers(run)], *command, at, calls[at].name)
                shutil.rmtree(run)
    assert left > 0
