"""Readers beside a training run that saves at every step: a consistent view, never "damaged"."""

import contextlib
import os
import signal
import time

import pytest

from faults import tiny
from faults.scale import count, counting
from nnlab.comparison import find_runs
from nnlab.errors import NnlabError
from nnlab.evaluation import TrainedRun, evaluate
from nnlab.integrity import verify
from nnlab.runs.overview import overview

AT_EACH_STEP = (
    "training.steps=10000000",
    "training.checkpoint_every=1",
    "training.evaluate_every=20",
    "training.log_every=1000",
)


@pytest.fixture
def in_training(folder, children):
    """A run that another process trains, with a save after each step and few records."""
    run = tiny.lay_out(folder, *AT_EACH_STEP)
    child = children.start("resume", run.path, "-q", folder=folder)
    end = time.monotonic() + 20
    while not (run.path / "checkpoints" / "index.json").exists() and time.monotonic() < end:
        time.sleep(0.01)
    yield run
    with contextlib.suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)
    assert child.wait().code == -signal.SIGKILL, "training ended before the readers did"


def verified(run):
    return [f"{each.file}: {each.note}" for each in verify(run).findings if each.state == "damaged"]


def evaluated(run):
    evaluate(run)


def loaded(run):
    assert run.checkpoints.load("last").step >= 1
    run.checkpoints.load("best")


def plotted(run):
    assert TrainedRun(run).curve("validation").loss.size >= 0


def listed(run):
    found = overview(run)
    return [] if found.status == "running" else [f"{found.status}: {found.reason}"]


def compared(run):
    trained = TrainedRun(find_runs([str(run.path)], run.path.parent).runs[0])
    assert isinstance(trained.records, list)
    assert trained.evaluation(cause="a test").metrics.accuracy >= 0


READS = {read.__name__: read for read in (verified, evaluated, loaded, plotted, listed, compared)}


@pytest.mark.parametrize("kind", READS)
def test_a_reader_beside_a_writer_never_finds_damage(in_training, kind, caplog):
    with counting(f"reads ({kind}) beside a run that saves at each step") as figure:
        for number in range(count(100, 1000)):
            try:
                found = READS[kind](in_training) or []
            except (NnlabError, OSError) as error:
                found = [repr(error)]
            found += [record.message for record in caplog.records if "going back" in record.message]
            caplog.clear()
            figure.add(found, kind, number)
