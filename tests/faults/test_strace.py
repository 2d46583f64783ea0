"""The same through the kernel: strace kills or refuses at every system call of a training that saves thrice."""

import signal
import tempfile
from pathlib import Path

import numpy as np
import pytest

from faults import tiny
from faults.aftermath import differences, problems
from faults.scale import counting, sample
from faults.system_calls import ERRORS
from faults.tracing import reason_to_skip, run_traced
from nnlab.errors import RunError, SystemFault


@pytest.fixture(scope="module")
def recorded(shelf, children):
    """The system calls of the undisturbed training."""
    if reason := reason_to_skip():
        pytest.skip(reason)
    place = Path(tempfile.mkdtemp(dir=shelf)) / "recorded"  # as deep as in inject
    place.mkdir()
    ended, calls = run_traced(children, tiny.lay_out(place))
    assert ended.code == 0
    assert {"openat", "write", "fsync", "rename", "unlink", "mkdir", "ftruncate"} <= {call.name for call in calls}
    return calls


def inject(folder, children, call, what):
    """Return a run into one of whose calls ``what`` was injected, and how the command ended."""
    place = folder / f"{call.name}-{call.number}-{what.replace(':', '-')}"
    place.mkdir()
    run = tiny.lay_out(place)
    ended, calls = run_traced(children, run, f"{call.name}:{what}:when={call.number}")
    return run, ended, any("(INJECTED)" in each.line for each in calls)


def test_killed_by_the_kernel_at_any_system_call(folder, children, undisturbed, recorded):
    bits, _ = undisturbed
    missed = 0  # calls that were not made so often this time: Python looks after its modules, too
    with counting("kill -9 by strace at a system call") as figure:
        for call in sample(recorded, 6, np.random.default_rng(4)):
            run, ended, _ = inject(folder, children, call, "signal=KILL")
            found = [] if ended.code in {0, -signal.SIGKILL} else [f"it left with {ended.code}"]
            figure.add(found + problems(run, ended, children, bits), call.line)
            missed += ended.code == 0
    assert missed <= figure.done / 4


def test_refused_by_the_kernel_at_any_system_call(folder, children, undisturbed, recorded):
    bits, _ = undisturbed
    checked = ("/.step-", "/.best-", "metrics.jsonl")  # where strace's pretended write is found out at once
    points = [(call, f"error={kind}") for call in recorded for kind in ERRORS if call.name != "close"]
    points += [(c, "retval=1") for c in recorded if c.name == "write" and any(name in c.line for name in checked)]
    missed = 0
    with counting("calls refused by strace (ENOSPC, EIO, EROFS, EMFILE, short write)") as figure:
        for call, what in sample(points, 8, np.random.default_rng(5)):
            run, ended, hit = inject(folder, children, call, what)
            found = problems_of_refusal(run, ended, bits) + problems(run, ended, children, bits)
            figure.add(found, what, call.line)
            missed += not hit
    assert missed <= figure.done / 4


def problems_of_refusal(run, ended, bits):
    """Return what is wrong with how a command ended in which a call was refused."""
    if ended.code == 0:
        return differences(run, bits)
    if ended.code not in {RunError.exit_code, SystemFault.exit_code}:
        return [f"it left with {ended.code}: {ended.err}"]
    return [] if str(run.path) in ended.err else [f"it does not say where: {ended.err}"]
