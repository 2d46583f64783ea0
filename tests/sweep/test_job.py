"""What becomes of a job, and how executors tell the death of a worker."""

import multiprocessing
import os
import signal

import pytest
from support.experiments import stop_at, write_config

import nnlab
from nnlab.errors import ConfigError, DivergedError, Interrupted, Problem
from nnlab.runs.overview import overview
from nnlab.sweep import Job, JobResult, lay_out, load_plan, processes
from nnlab.sweep.job import run_job
from nnlab.sweep.processes import _death


@pytest.fixture
def run(tmp_path):
    return lay_out(load_plan(write_config(tmp_path)), tmp_path / "runs").cells[0].run


def test_a_cell_is_trained_and_tested_once(run):
    assert run_job(Job(run.path, test=False)) == JobResult("completed")
    assert not overview(run).test_of("best")
    nnlab.evaluate(run, split="train")
    assert not overview(run).test_of("best")
    assert run_job(Job(run.path, test=True)) == JobResult("completed")
    assert overview(run).test_of("best")
    before = (run.evaluation / "metrics.json").stat().st_mtime_ns
    assert run_job(Job(run.path, test=True)) == JobResult("completed")
    assert (run.evaluation / "metrics.json").stat().st_mtime_ns == before


def test_a_cell_evaluated_before_it_went_on_is_tested_again(run):
    with pytest.raises(Interrupted):
        nnlab.resume(run, report=stop_at(3))
    before = nnlab.evaluate(run)
    assert overview(run).test_of("best").step == before.step == 3
    assert run_job(Job(run.path, test=True)) == JobResult("completed")
    found = overview(run)
    assert found.test_of("best").step == found.best.step > before.step
    assert run.read_json("evaluation/metrics.json")["step"] == found.best.step


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (MemoryError("64 GiB"), JobResult("lost", "out of memory: 64 GiB")),
        (MemoryError(), JobResult("lost", "out of memory")),
        (DivergedError("step 3: nan"), JobResult("failed", "step 3: nan")),
        (Interrupted("SIGTERM at step 3", signal=15), JobResult("interrupted", "saved")),
        (ConfigError([Problem("odd", "config.yaml")]), JobResult("failed", "config.yaml: odd")),
        (ZeroDivisionError("by zero"), JobResult("failed", "a bug in nnlab: ZeroDivisionError: by zero")),
    ],
)
def test_no_error_leaves_a_job(run, monkeypatch, error, outcome):
    def fail(run):
        raise error

    monkeypatch.setattr("nnlab.sweep.job.resume", fail)
    assert run_job(Job(run.path, test=False)) == outcome


def test_a_job_that_was_stopped_says_where_it_was_saved(run, monkeypatch):
    def stop(run):
        run.write_json("summary.json", {"steps": 1234})
        raise Interrupted("SIGTERM", signal=15)

    monkeypatch.setattr("nnlab.sweep.job.resume", stop)
    assert run_job(Job(run.path, test=False)) == JobResult("interrupted", "saved at step 1,234")


def test_the_death_of_a_process_is_told_in_words():
    assert _death(-9) == "was killed by SIGKILL, perhaps because it ran out of memory"
    assert _death(-15) == "was killed by SIGTERM"
    assert _death(3) == "ended with exit code 3"


def test_a_worker_whose_owner_is_gone_may_save_and_then_ends(monkeypatch):
    ends = []
    monkeypatch.setattr(processes.os, "kill", lambda pid, number: ends.append((pid, number)))
    monkeypatch.setattr(processes.time, "sleep", ends.append)
    lifeline, owned = multiprocessing.Pipe(duplex=False)
    owned.close()
    processes._end_with(lifeline)
    assert ends == [(os.getpid(), signal.SIGTERM), 8.0, (os.getpid(), signal.SIGKILL)]
