"""An evaluation that is killed at any moment leaves the old one or the new one, never a mixture."""

import shutil
import signal

import numpy as np

import nnlab
from faults import tiny
from faults.scale import counting, sample
from faults.test_kills import points
from nnlab.evaluation import TrainedRun
from nnlab.integrity import verify
from nnlab.runs import Run


def begun(folder):
    """Return a run that was evaluated after two of its six steps and then trained to its end."""
    run = tiny.lay_out(folder, "training.monitor=loss")

    class Stop(Exception):
        pass

    def stop(progress):
        if progress.step == 3:
            raise Stop

    try:
        nnlab.resume(run, report=stop)
    except Stop:
        nnlab.evaluate(run)
    nnlab.resume(run)
    return run


def test_an_evaluation_killed_at_any_system_call_is_whole(folder, children):
    first = begun(folder)
    logged = Run(folder / "logged")
    shutil.copytree(first.path, logged.path)
    calls = children.run("eval", logged.path, folder=folder, root=str(logged.path)).calls
    assert {call.name for call in calls} >= {"write", "replace"}
    with counting("kill -9 at a system call of an evaluation") as figure:
        for at, kind in sample(points(calls), 12, np.random.default_rng(40)):
            run = Run(folder / f"{at}-{kind}")
            shutil.copytree(first.path, run.path)
            ended = children.run("eval", run.path, folder=folder, root=str(run.path), at=at, kind=kind)
            found = [] if ended.code == -signal.SIGKILL else [f"it left with {ended.code}"]
            found += [f"{each.file}: {each.note}" for each in verify(run).findings if each.state == "damaged"]
            TrainedRun(run).stored_evaluation()
            again = children.run("eval", run.path, folder=folder)
            found += [] if (again.code, again.is_plain) == (0, True) else [again.err]
            found += [f"{each.file}: {each.note}" for each in verify(run).findings if each.state == "damaged"]
            figure.add(found, at, kind, calls[at].name, calls[at].path)
