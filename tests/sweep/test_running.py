"""Sweeps with real worker processes: what is on disk after kills, failures and signals, and run again."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from support.experiments import SMALL, without_clock, write_config

import nnlab
from nnlab.config import load_config
from nnlab.errors import Interrupted, RunError, SystemFault
from nnlab.runs.sweeps import read_sweep
from nnlab.sweep import JobResult, Processes, lay_out, load_plan, run_sweep, running

pytestmark = pytest.mark.slow

LONG = """\
data: {type: random, shape: [4], classes: 3, train: 40, test: 20, validation: 10}
network:
  - {type: dense, units: 8}
  - {type: dropout, rate: 0.5}
  - {type: dense, units: 3}
optimizer: {type: adam, learning_rate: 0.01}
training: {steps: 1000, batch_size: 8, evaluate_every: 4}
"""
ENDLESS = LONG.replace("steps: 1000", "steps: 100000")


@pytest.fixture
def sweep(tmp_path):
    def make(*values, text=SMALL):
        return lay_out(load_plan(write_config(tmp_path, text), values), tmp_path / "runs")

    return make


def begin(sweep, *options):
    """Start ``nnlab sweep`` on a sweep directory in a process of its own."""
    command = [sys.executable, "-m", "nnlab", "sweep", str(sweep.path), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def children(process):
    """The workers of a process, found in /proc by their parent."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == process and b"spawn_main" in (stat.parent / "cmdline").read_bytes():
                found.append(int(stat.parent.name))
    return found


def alive(pid):
    """Whether a process runs; one that has ended and was not yet asked how does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def training(sweep, least=1):
    """The cells that have a checkpoint but no end yet."""
    cells = [cell.run for cell in sweep.cells if cell.run.checkpoints.exist]
    running = [run for run in cells if not (run.path / "summary.json").exists()]
    return running if len(running) >= least else None


def holder(run):
    return int((run.path / ".lock.holder").read_text().split()[1])


def assert_each_ran_once_to_its_end(sweep, tmp_path, steps):
    done = read_sweep(sweep.path)
    assert [(cell.status, cell.error) for cell in done.cells] == [("completed", None)] * len(sweep.cells)
    for cell in done.cells:
        assert [r["step"] for r in cell.run.records() if r["split"] == "train"] == list(range(1, steps + 1))
    for cell in [cell for cell in done.cells if cell.attempts > 1] or done.cells:
        alone = nnlab.train(load_config(cell.run.config), runs_dir=tmp_path / "alone")
        assert alone.config.read_bytes() == cell.run.config.read_bytes()
        assert without_clock(alone) == without_clock(cell.run)
        a, b = (run.checkpoints.load("last") for run in (alone, cell.run))
        assert a.arrays.keys() == b.arrays.keys()
        assert all(a.arrays[name].tobytes() == b.arrays[name].tobytes() for name in a.arrays)


def test_cells_have_the_bits_of_single_runs_and_run_again_nothing_is_done(sweep, tmp_path):
    laid_out = sweep("optimizer.learning_rate=0.05,0.01", "seed=0..1")
    told = []
    done = run_sweep(laid_out, Processes(2), test=True, report=lambda _, cell: told.append(cell.status))
    assert sorted(told) == ["completed"] * 4 + ["running"] * 4
    assert {cell.attempts for cell in done.cells} == {1}
    assert_each_ran_once_to_its_end(laid_out, tmp_path, 12)
    assert done.cells[0].run.read_json("environment.json")["threads"] == 1
    evaluated = done.cells[3].run.read_json("evaluation/metrics.json")
    assert (evaluated["split"], evaluated["checkpoint"]) == ("test", "best")
    before = {path: path.stat().st_mtime_ns for path in laid_out.path.rglob("*.*[a-z]")}
    assert run_sweep(laid_out, Processes(2), test=True) == done
    after = {path: path.stat().st_mtime_ns for path in laid_out.path.rglob("*.*[a-z]")}
    assert after | {laid_out.path / ".lock.holder": 0} == before | {laid_out.path / ".lock.holder": 0}


def test_a_directory_with_the_cells_of_another_plan_is_refused(sweep):
    laid_out = sweep("seed=0..1")
    assert laid_out.began.endswith("Z")
    replace(laid_out, cells=laid_out.cells[:1]).write()
    with pytest.raises(RunError, match="holds other cells than this plan"):
        sweep("seed=0..1")


def test_a_deleted_cell_and_a_missing_evaluation_are_made_again(sweep, tmp_path):
    laid_out = sweep("seed=0..1")
    done = run_sweep(laid_out, Processes(1))
    for path in sorted(done.cells[1].run.path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    again = run_sweep(sweep("seed=0..1"), Processes(1), test=True)
    assert [cell.attempts for cell in again.cells] == [2, 2]
    assert all((cell.run.evaluation / "metrics.json").exists() for cell in again.cells)
    assert_each_ran_once_to_its_end(laid_out, tmp_path, 12)


def test_a_failing_cell_does_not_stop_the_others(sweep):
    done = run_sweep(sweep("optimizer.learning_rate=1e30,0.05", "seed=0..1"), Processes(2))
    assert [cell.status for cell in done.cells] == ["failed", "failed", "completed", "completed"]
    assert re.search(r"step \d+: .*\bnan\b", done.cells[0].error)
    assert done.cells[0].attempts == 1


def test_a_killed_worker_is_replaced_and_its_cell_goes_on(sweep, tmp_path):
    laid_out = sweep("seed=0..2", text=LONG)
    process = begin(laid_out, "--workers", "2")
    run = wait_for(lambda: training(laid_out))[0]
    os.kill(holder(run), signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, f"{laid_out.path}\n"), err
    assert "; the cell continues from its checkpoint" in err
    assert "(attempt 2 of 3)" in err
    assert sorted(cell.attempts for cell in read_sweep(laid_out.path).cells) == [1, 1, 2]
    assert_each_ran_once_to_its_end(laid_out, tmp_path, 1000)


def test_workers_save_and_end_when_their_parent_is_killed(sweep):
    laid_out = sweep("seed=0..1", text=ENDLESS)
    process = begin(laid_out, "--workers", "2")
    runs = wait_for(lambda: training(laid_out, 2))
    workers = children(process.pid)
    process.kill()
    process.wait()
    try:
        wait_for(lambda: not any(map(alive, workers)), 10)
    finally:
        for worker in filter(alive, workers):
            os.kill(worker, signal.SIGKILL)
        process.communicate()
    assert [run.read_json("summary.json")["status"] for run in runs] == ["interrupted"] * 2


def test_a_worker_of_a_killed_sweep_may_come_to_its_end_first(sweep, monkeypatch):
    laid_out = sweep("seed=0")
    run = laid_out.cells[0].run
    run.write_json("environment.json", {})
    with contextlib.ExitStack() as stack:
        stack.enter_context(run.locked())
        monkeypatch.setattr(running, "_ORPHANS", 0.1)
        with pytest.raises(RunError, match=rf"{run.path} .*\b{os.getpid()}\b"):
            run_sweep(laid_out, Rehearsed())
        monkeypatch.setattr(running, "_ORPHANS", 10)
        let_go = stack.pop_all()
        threading.Timer(0.3, let_go.close).start()
        assert run_sweep(laid_out, Rehearsed(("completed",))).cells[0].status == "completed"


def test_a_killed_parent_leaves_no_process_and_the_rest_is_done_later(sweep, tmp_path):
    laid_out = sweep("seed=0..2", text=LONG)
    process = begin(laid_out, "--workers", "2")
    wait_for(lambda: training(laid_out, 2))
    workers = children(process.pid)
    assert len(workers) == 2
    process.kill()
    _, err = process.communicate()
    assert "resource_tracker" not in err, err
    again = run_sweep(laid_out, Processes(2))
    assert not any(map(alive, workers))
    assert [cell.attempts for cell in again.cells] == [2, 2, 1]
    assert_each_ran_once_to_its_end(laid_out, tmp_path, 1000)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_every_cell_and_leaves_no_process(sweep, number, code):
    laid_out = sweep("seed=0..2", text=ENDLESS)
    process = begin(laid_out, "--workers", "2")
    runs = wait_for(lambda: training(laid_out, 2))
    workers = children(process.pid)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (code, "")
    assert f"0 of 3 cells done; continue with: nnlab sweep {laid_out.path}" in err
    assert len(re.findall(r"^0/3  seed=\d  interrupted  \S.* \d+$", err, re.MULTILINE)) == 2
    assert not any(map(alive, workers))
    assert [run.read_json("summary.json")["status"] for run in runs] == ["interrupted"] * 2
    assert [cell.status for cell in read_sweep(laid_out.path).cells] == ["interrupted"] * 2 + ["pending"]


def test_a_hanging_cell_is_stopped_at_its_time_and_the_others_finish(sweep):
    laid_out = sweep("training.steps=100000,20", text=ENDLESS)
    done = run_sweep(laid_out, Processes(2, timeout=2))
    assert [cell.status for cell in done.cells] == ["failed", "completed"]
    assert done.cells[0].error == "not done within the timeout of 2 seconds"


def test_a_second_process_on_the_same_sweep_is_refused(sweep):
    laid_out = sweep("seed=0..1", text=ENDLESS)
    process = begin(laid_out, "--workers", "1")
    wait_for(lambda: training(laid_out))
    with pytest.raises(RunError, match=rf"{laid_out.path}.*\b{process.pid}\b"):
        run_sweep(laid_out, Processes(1))
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 143


def test_a_worker_that_cannot_start_fails_its_cells_only_after_some_tries(sweep, monkeypatch):
    monkeypatch.setattr("nnlab.sweep.processes._attend", json.loads)
    done = run_sweep(sweep("seed=0..1"), Processes(1))
    assert {cell.status for cell in done.cells} == {"failed"}
    assert done.cells[0].error.endswith("tried 3 times")


def test_a_stop_within_this_process_is_reported_as_such(sweep):
    laid_out = sweep("seed=0..2", text=ENDLESS)

    def report(now, cell):
        if cell.status == "running":
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted, match=r"SIGINT: 0 of 3 cells done"):
        run_sweep(laid_out, Processes(1), report=report)
    assert {cell.status for cell in read_sweep(laid_out.path).cells} <= {"interrupted", "pending"}


class Rehearsed:
    """An executor that runs nothing and returns the outcomes it was given."""

    def __init__(self, *outcomes, capacity=1):
        self.capacity, self.outcomes, self.started, self.running = capacity, list(outcomes), [], []
        self.interrupted = False

    def start(self, job):
        self.started.append(job.directory.name)
        self.running.append(job)

    def wait(self, seconds):
        return [(self.running.pop(), JobResult(*self.outcomes.pop(0)))]

    def interrupt(self):
        self.interrupted = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        assert not self.running


def test_a_lost_cell_is_tried_three_times_after_the_others(sweep):
    laid_out = sweep("seed=0..1")
    executor = Rehearsed(("lost", "killed"), ("completed",), ("interrupted", "SIGTERM"), ("lost", "killed"))
    done = run_sweep(laid_out, executor)
    assert executor.started == [f"{i:03}-seed={i}" for i in (0, 1, 0, 0)]
    assert [(cell.status, cell.error) for cell in done.cells] == [
        ("failed", "killed; tried 3 times"),
        ("completed", None),
    ]
    assert [cell.attempts for cell in done.cells] == [3, 1]


@pytest.mark.parametrize(
    ("saved", "status", "why"),
    [
        (False, "pending", "stopped before anything was saved"),
        (True, "interrupted", "stopped; it continues from its checkpoint"),
    ],
)
def test_a_worker_that_dies_of_the_signal_has_not_failed(sweep, saved, status, why):
    laid_out = sweep("seed=0..1")

    def report(now, cell):
        if cell.status == "running":
            if saved:
                nnlab.resume(cell.run)
            os.kill(os.getpid(), signal.SIGTERM)

    executor = Rehearsed(("lost", "its process ended with exit code 15"))
    with pytest.raises(Interrupted, match="SIGTERM: 0 of 2 cells done"):
        run_sweep(laid_out, executor, report=report)
    first = read_sweep(laid_out.path).cells[0]
    assert (first.status, first.error) == (status, why)


def test_what_failed_is_tried_again_when_the_sweep_is_run_again(sweep):
    laid_out = sweep("seed=0..1")
    run_sweep(laid_out, Rehearsed(("failed", "no data"), ("failed", "no data")))
    done = run_sweep(laid_out, Rehearsed(("completed",), ("completed",)))
    assert [(cell.status, cell.error, cell.attempts) for cell in done.cells] == [("completed", None, 2)] * 2


def test_a_sweep_that_cannot_be_written_is_a_fault_of_the_system(sweep, tmp_path):
    plan = load_plan(write_config(tmp_path), ["seed=0..1"])
    blocker = tmp_path / "runs"
    blocker.mkdir()
    (blocker / plan.directory).write_text("")
    with pytest.raises(SystemFault, match=rf"{plan.directory}\b.*File exists"):
        lay_out(plan, blocker)


def test_if_the_progress_cannot_be_written_the_workers_save_and_stop(sweep):
    laid_out = sweep("seed=0..1", text=ENDLESS)

    def report(now, cell):
        if cell.run.name.startswith("001"):
            wait_for(lambda: training(laid_out))
            raise SystemFault("the disk is full")

    with pytest.raises(SystemFault, match="the disk is full"):
        run_sweep(laid_out, Processes(2), report=report)
    assert laid_out.cells[0].run.read_json("summary.json")["status"] == "interrupted"
    assert not children(os.getpid())
