"""Run a sweep: start missing cells, record how they end, retry those whose process died."""

import contextlib
import signal
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from nnlab import files
from nnlab.config import as_yaml
from nnlab.errors import Interrupted, RunError, system_errors
from nnlab.runs import check_writable
from nnlab.runs.directory import moment
from nnlab.runs.locking import locked
from nnlab.runs.overview import overview
from nnlab.runs.sweeps import Cell, Status, Sweep, read_sweep
from nnlab.sweep.executor import Executor, Job, JobResult
from nnlab.sweep.plan import Plan
from nnlab.training.signals import stop_signals
from nnlab.training.transfer import pinned

SweepReporter: TypeAlias = Callable[[Sweep, Cell], None]
"""Called with a sweep and the cell whose status has just changed."""

_ATTEMPTS = 3  # at a cell whose process dies before it counts as failed
_LISTED = 5  # cells with other configs that a message names
_ORPHANS = 15.0  # seconds to wait for workers of a killed sweep; they end within ten
_PAUSE = 0.2  # seconds between checks for signals


def ignore(sweep: Sweep, cell: Cell) -> None:
    """Ignore the change."""


def lay_out(plan: Plan, runs_dir: str | Path = "runs") -> Sweep:
    """Create the sweep directory of ``plan`` in ``runs_dir``, or open the existing one, and return the sweep.

    The config of each cell is written, with the path and the digest of a run that it begins with. Raises
    OptionError if there is no such run, SystemFault if writing fails, RunError if the sweep is in use or the
    directory holds the cells of another plan.
    """
    root = Path(runs_dir)
    check_writable(root)
    sweep = plan.sweep(root)
    with system_errors("make", sweep.path):
        sweep.path.mkdir(exist_ok=True)
    with locked(sweep.path):
        is_new = not (sweep.path / "sweep.json").is_file()
        cells = []
        for planned, cell in zip(plan.cells, sweep.cells, strict=True):
            digest = cell.planned
            if is_new or not cell.run.config.is_file():
                text = as_yaml(pinned(planned.config, root))
                digest = files.digest(text.encode())
                if not cell.run.config.is_file():
                    files.write_text(cell.run.config, text)
            cells.append(replace(cell, planned=digest))
        if is_new:
            replace(sweep, cells=tuple(cells), began=moment()).write()
    laid_out = read_sweep(sweep.path)
    if [cell.run for cell in laid_out.cells] != [cell.run for cell in sweep.cells]:
        raise RunError(f"{sweep.path} holds other cells than this plan; rename it, or the experiment")
    return laid_out


def run_sweep(sweep: Sweep, executor: Executor, *, test: bool = False, report: SweepReporter = ignore) -> Sweep:
    """Train the missing cells of ``sweep`` and return its new state, failed cells included.

    With ``test`` each finished cell is evaluated on the test split. Raises RunError if another process runs
    the sweep or a cell has another config than was laid out, SystemFault if its progress cannot be written, and
    Interrupted after SIGINT or SIGTERM, once every cell has been saved.
    """
    with sweep.locked(), stop_signals() as received:
        current = read_sweep(sweep.path)
        _require_unedited(current)
        execution = _Execution(current, test, report)
        if execution.missing:
            with executor:
                execution.run(executor, received)
    if received and any(cell.status in {"pending", "interrupted"} for cell in execution.sweep.cells):
        done = sum(cell.status == "completed" for cell in execution.sweep.cells)
        name = signal.Signals(received[0]).name
        message = f"{name}: {done} of {sweep.size} done; continue with: nnlab sweep {sweep.path}"
        raise Interrupted(message, signal=received[0])
    return execution.sweep


def _require_unedited(sweep: Sweep) -> None:
    """Raise RunError if the config of a cell is not the one that the sweep laid out for it."""
    wrong = [(cell, problem) for cell in sweep.cells if (problem := cell.problem)]
    if not wrong:
        return
    lines = [f"\n  {cell.run.path.relative_to(sweep.path)}/config.yaml: {problem}" for cell, problem in wrong]
    more = f"\n  and {len(lines) - _LISTED} more" if len(lines) > _LISTED else ""
    listed = "".join(lines[:_LISTED])
    raise RunError(
        f"{sweep.path} has cells with other configs than it was laid out with:{listed}{more}\n"
        "put the folders back; the config.yaml of a pending cell can be deleted, and the command that began the "
        "sweep writes it again"
    )


class _Execution:
    """The state of a sweep under way: cells that are missing or running, and how often each was lost."""

    def __init__(self, sweep: Sweep, test: bool, report: SweepReporter) -> None:
        self.sweep, self._test, self._report = sweep, test, report
        self.missing = deque(index for index, cell in enumerate(sweep.cells) if not self._is_done(cell))
        self._running: dict[Job, int] = {}
        self._lost: Counter[int] = Counter()

    def run(self, executor: Executor, received: list[int]) -> None:
        """Train all missing cells, or until a signal has been ``received``."""
        for index in self.missing:
            _wait_for_orphan(self.sweep.cells[index])
        while self._running or (self.missing and not received):
            while self.missing and len(self._running) < executor.capacity and not received:
                self._start(executor, self.missing.popleft())
            if received:
                executor.interrupt()
            for job, result in executor.wait(_PAUSE):
                self._end(self._running.pop(job), result, stopping=bool(received))

    def _is_done(self, cell: Cell) -> bool:
        finished = cell.status == "completed" and (cell.run.path / "summary.json").is_file()
        return finished and (not self._test or overview(cell.run).test_of("best") is not None)

    def _start(self, executor: Executor, index: int) -> None:
        cell = self.sweep.cells[index]
        self._note(index, "running", None, cell.attempts + 1)
        job = Job(cell.run.path, self._test)
        self._running[job] = index
        executor.start(job)

    def _end(self, index: int, result: JobResult, *, stopping: bool) -> None:
        """Record how an attempt ended; a cell that was lost, or stopped from outside, is tried again."""
        cell, error = self.sweep.cells[index], result.error
        saved = cell.run.checkpoints.exist
        status: Status
        if result.status in {"completed", "failed"}:
            status = "completed" if result.status == "completed" else "failed"
        elif stopping:
            # A worker that has not started training yet is killed by the signal that asks it to stop.
            status = "interrupted" if saved else "pending"
            if result.status == "lost":
                error = (
                    "stopped; it continues from its checkpoint" if saved else "stopped before anything was saved"
                )
        else:
            self._lost[index] += 1
            status = "interrupted" if self._lost[index] < _ATTEMPTS else "failed"
        if status == "interrupted" and not stopping:
            self.missing.append(index)
            how = "continues from its checkpoint" if saved else "starts again"
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
    """Wait until a worker of a killed sweep has ended; raises RunError if it does not end in time."""
    with contextlib.ExitStack() as stack:
        if cell.run.begun:
            stack.enter_context(cell.run.locked(wait=_ORPHANS))
