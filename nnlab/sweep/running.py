"""Run a sweep: start what is missing, note what becomes of it, try again what was lost."""

import contextlib
import signal
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from nnlab import files
from nnlab.config import as_yaml
from nnlab.errors import Interrupted, system_errors
from nnlab.runs import check_writable
from nnlab.runs.locking import locked
from nnlab.runs.overview import overview
from nnlab.runs.sweeps import Cell, Status, Sweep, read_sweep
from nnlab.sweep.executor import Executor, Job, Outcome
from nnlab.sweep.plan import Plan
from nnlab.training.signals import stop_signals

SweepReporter: TypeAlias = Callable[[Sweep, Cell], None]
"""Told of a sweep and the one of its cells whose status has just changed."""

_ATTEMPTS = 3  # at a cell whose process dies
_ORPHANS = 15.0  # seconds to wait for the workers of a killed sweep, which end in ten
_PAUSE = 0.2  # seconds between looks at the signals


def ignore(sweep: Sweep, cell: Cell) -> None:
    """Report to nobody."""


def lay_out(plan: Plan, runs_dir: str | Path = "runs") -> Sweep:
    """Make the sweep directory of ``plan`` in ``runs_dir``, or find it again, and return the sweep.

    Each cell gets its config. Raises SystemFault if that cannot be written, RunError if the sweep is in use.
    """
    root = Path(runs_dir)
    check_writable(root)
    sweep = plan.sweep(root)
    with system_errors("make", sweep.path):
        sweep.path.mkdir(exist_ok=True)
    with locked(sweep.path):
        for planned, cell in zip(plan.cells, sweep.cells, strict=True):
            if not cell.run.config.is_file():
                files.write_text(cell.run.config, as_yaml(planned.config))
        if not (sweep.path / "sweep.json").is_file():
            sweep.write()
    return read_sweep(sweep.path)


def run_sweep(sweep: Sweep, executor: Executor, *, test: bool = False, report: SweepReporter = ignore) -> Sweep:
    """Train what is missing of ``sweep`` and return how it is then, failed cells included.

    With ``test`` each finished cell is evaluated on the test split. Raises RunError if another process runs
    the sweep, SystemFault if its progress cannot be written, and Interrupted after SIGINT or SIGTERM, when
    every cell has been saved.
    """
    with sweep.locked(), stop_signals() as received:
        course = _Course(read_sweep(sweep.path), test, report)
        if course.missing:
            with executor:
                course.run(executor, received)
    if received and any(cell.status in {"pending", "interrupted"} for cell in course.sweep.cells):
        done = sum(cell.status == "completed" for cell in course.sweep.cells)
        name = signal.Signals(received[0]).name
        message = f"{name}: {done} of {sweep.size} done; go on with: nnlab sweep {sweep.path}"
        raise Interrupted(message, signal=received[0])
    return course.sweep


class _Course:
    """A sweep on its way: which cells are missing, which run, and how often each was lost."""

    def __init__(self, sweep: Sweep, test: bool, report: SweepReporter) -> None:
        self.sweep, self._test, self._report = sweep, test, report
        self.missing = deque(index for index, cell in enumerate(sweep.cells) if not self._is_done(cell))
        self._running: dict[Job, int] = {}
        self._lost: Counter[int] = Counter()

    def run(self, executor: Executor, received: list[int]) -> None:
        """Train all that is missing, until a signal was ``received``."""
        for index in self.missing:
            _wait_for_orphan(self.sweep.cells[index])
        while self._running or (self.missing and not received):
            while self.missing and len(self._running) < executor.capacity and not received:
                self._start(executor, self.missing.popleft())
            if received:
                executor.interrupt()
            for job, outcome in executor.wait(_PAUSE):
                self._end(self._running.pop(job), outcome, stopping=bool(received))

    def _is_done(self, cell: Cell) -> bool:
        finished = cell.status == "completed" and (cell.run.path / "summary.json").is_file()
        return finished and (not self._test or overview(cell.run).test_of("best") is not None)

    def _start(self, executor: Executor, index: int) -> None:
        cell = self.sweep.cells[index]
        self._note(index, "running", None, cell.attempts + 1)
        job = Job(cell.run.path, self._test)
        self._running[job] = index
        executor.start(job)

    def _end(self, index: int, outcome: Outcome, *, stopping: bool) -> None:
        """Note how an attempt ended; a cell that was lost, or stopped by somebody else, is tried again."""
        cell, error = self.sweep.cells[index], outcome.error
        saved = cell.run.checkpoints.exist
        status: Status
        if outcome.status in {"completed", "failed"}:
            status = "completed" if outcome.status == "completed" else "failed"
        elif stopping:
            # A worker that has not come to its training yet dies of what asks it to stop.
            status = "interrupted" if saved else "pending"
            if outcome.status == "lost":
                error = "stopped; it goes on from its checkpoint" if saved else "stopped before anything was saved"
        else:
            self._lost[index] += 1
            status = "interrupted" if self._lost[index] < _ATTEMPTS else "failed"
        if status == "interrupted" and not stopping:
            self.missing.append(index)
            how = "goes on from its checkpoint" if saved else "begins anew"
            error = f"{error}; the cell {how} (attempt {self._lost[index] + 1} of {_ATTEMPTS})"
        elif status == "failed" and self._lost[index] == _ATTEMPTS:
            error = f"{error}; tried {_ATTEMPTS} times"
        self._note(index, status, error, cell.attempts)

    def _note(self, index: int, status: Status, error: str | None, attempts: int) -> None:
        cells = list(self.sweep.cells)
        cells[index] = replace(cells[index], status=status, error=error, attempts=attempts)
        self.sweep = replace(self.sweep, cells=tuple(cells))
        self.sweep.write()
        self._report(self.sweep, cells[index])


def _wait_for_orphan(cell: Cell) -> None:
    """Let a worker of a killed sweep come to its end; raises RunError if it does not."""
    with contextlib.ExitStack() as stack:
        if cell.run.begun:
            stack.enter_context(cell.run.locked(wait=_ORPHANS))
