"""A system call that fails costs a message and an exit code, and never a training."""

import errno
import os
import re
from functools import partial

import numpy as np
import pytest

from faults import tiny
from faults.aftermath import differences, problems
from faults.scale import counting, sample
from faults.system_calls import ERRORS
from nnlab import files
from nnlab.errors import RunError, SystemFault

FLUSHING = {"fsync", "replace", "create", "ftruncate"}
"""Calls without which nothing may be said to be saved."""


def refused(folder, children, at, kind):
    """Return a run in which a call failed, and how the command ended."""
    place = folder / f"{at}-{kind}"
    place.mkdir()
    run = tiny.lay_out(place)
    return run, children.run("resume", run.path, "-q", folder=place, root=str(run.path), at=at, kind=kind)


def verdict(run, ended, call, kind, bits):
    """Return what is wrong with how a command ended in which ``call`` failed."""
    if ended.code == 0:
        if call.name in FLUSHING and kind != "short" and not call.path.endswith(".lock.holder"):
            return ["nothing was said of it"]
        return differences(run, bits)
    found = [f"{name} was left" for name in tiny.leftovers(run)]
    if ended.code not in {RunError.exit_code, SystemFault.exit_code}:
        found.append(f"it left with {ended.code}")
    if call.name in FLUSHING and ended.code != SystemFault.exit_code:
        found.append(f"it left with {ended.code}, not with {SystemFault.exit_code}")
    if str(run.path) not in ended.err:
        found.append(f"it does not say where: {ended.err}")
    if ended.code == SystemFault.exit_code and kind in ERRORS and reason(kind) not in ended.err:
        found.append(f"it does not say why: {ended.err}")
    return found


def reason(kind):
    """Return the words of the operating system for the error ``kind``."""
    return os.strerror(getattr(errno, kind))


def test_any_call_may_fail(folder, children, undisturbed):
    bits, calls = undisturbed
    points = [(at, kind) for at, call in enumerate(calls) if call.name != "saved" for kind in ERRORS]
    points += [(at, "short") for at, call in enumerate(calls) if call.name == "write"]
    with counting("calls that failed (ENOSPC, EIO, EROFS, EMFILE, short write)") as figure:
        for at, kind in sample(points, 14, np.random.default_rng(3)):
            run, ended = refused(folder, children, at, kind)
            found = verdict(run, ended, calls[at], kind, bits) + problems(run, ended, children, bits)
            figure.add(found, at, kind, calls[at].name, calls[at].path)


@pytest.mark.parametrize("call", ["fsync", "close"])
def test_what_the_disk_refuses_late_is_never_said_to_be_saved(folder, children, undisturbed, call):
    bits, calls = undisturbed
    written = {each.number for each in calls if each.name == "create" and each.path.endswith(".tmp")}
    at = next(
        i for i, each in enumerate(calls) if each.name == call and each.number in written and ".step-" in each.path
    )
    run, ended = refused(folder, children, at, "EIO")
    assert ended.code == SystemFault.exit_code
    assert re.search(r"step-00000002\.safetensors\b.*Input/output error", ended.err)
    assert ended.saved == 0
    assert not problems(run, ended, children, bits)


def test_a_figure_that_cannot_be_written_leaves_the_old_one(folder, children):
    run = tiny.lay_out(folder)
    run.figures.mkdir()
    path = run.figures / "curves.png"
    assert children.run("resume", run.path, "-q", folder=folder).code == 0
    draw = partial(children.run, "plot", "curves", run.path, "-o", path, folder=folder, root=str(run.figures))
    calls, old = draw().calls, path.read_bytes()
    run.config.write_text(run.config.read_text().replace("name: tiny", "name: other"))
    refusals = (("fsync", "ENOSPC"), ("write", "ENOSPC"), ("create", "EROFS"))
    for name, kind in sample(refusals, 1, np.random.default_rng(15)):
        ended = draw(at=next(i for i, call in enumerate(calls) if call.name == name), kind=kind)
        assert (ended.code, ended.is_plain) == (SystemFault.exit_code, True)
        assert re.search(rf"{path}\b.*{reason(kind)}", ended.err)
        assert list(run.figures.iterdir()) == [path]
        assert path.read_bytes() == old


def test_the_errors_are_those_of_the_machine(tmp_path):
    """The stand-in raises what the kernel does, so that what catches the one catches the other."""
    with pytest.raises(SystemFault, match=r"/dev/full/x\b.*File exists"):
        files.write_text(files.Path("/dev/full/x"), "")
