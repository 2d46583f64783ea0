"""Display of a sweep: a line for each finished cell, a live table of running cells, and tables of all cells."""

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nnlab.cli.activity_display import Heartbeat
from nnlab.cli.output import say, table
from nnlab.errors import NnlabError, RunError, printable
from nnlab.runs.formatting import accuracy, duration, loss

if TYPE_CHECKING:
    from rich.table import Table

    from nnlab.runs import Run
    from nnlab.runs.records import Summary
    from nnlab.runs.sweeps import Cell, Sweep
    from nnlab.sweep.running import SweepReporter

_TAIL = 16384  # bytes at the end of a metrics log that are searched for its newest records
_LONGEST = 40  # characters of a value in a table


@contextlib.contextmanager
def sweep_display(sweep: "Sweep", workers: int, *, quiet: bool) -> "Iterator[SweepReporter]":
    """Print the size of the sweep, and yield a reporter suited to stderr: terminal, file or quiet."""
    from nnlab.sweep.running import ignore

    if not quiet:
        done = _done(sweep)
        say(f"{sweep.path}: {sweep.size}{f', {done} already done' if done else ''}, up to {workers} at a time")
    if quiet:
        yield ignore
    elif sys.stderr is None or not sys.stderr.isatty():
        with _lines(sweep) as say_end:
            yield say_end
    else:
        with _live(sweep) as live_report:
            yield live_report


@contextlib.contextmanager
def _lines(sweep: "Sweep") -> "Iterator[SweepReporter]":
    """Print a line for each finished cell, and how far the sweep is whenever ten seconds passed without one."""
    newest = sweep

    def report(changed: "Sweep", cell: "Cell") -> None:
        nonlocal newest
        newest = changed
        if line := _end(changed, cell):
            say(line)
            beats.restart()

    with Heartbeat(lambda: say(_state(newest))) as beats:
        yield report


def _state(sweep: "Sweep") -> str:
    running = [printable(_label(sweep, cell)) for cell in sweep.cells if cell.status == "running"]
    return f"{_done(sweep)} of {sweep.size} done" + (f", running: {'; '.join(running)}" if running else "")


@contextlib.contextmanager
def _live(sweep: "Sweep") -> "Iterator[SweepReporter]":
    """Show the running cells in a table redrawn in place; lines of finished cells scroll above it."""
    from rich.console import Console
    from rich.live import Live

    view = _UnderWay(sweep)

    def report(changed: "Sweep", cell: "Cell") -> None:
        view.sweep = changed
        live.refresh()  # a line printed above the table is printed with the table as it was last drawn
        if line := _end(changed, cell):
            live.console.print(line, markup=False, highlight=False)

    live = Live(get_renderable=view.table, console=Console(stderr=True), refresh_per_second=4, transient=True)
    with live:
        yield report


class _UnderWay:
    """The cells under way and how long they will take, from how far they have come since the beginning."""

    def __init__(self, sweep: "Sweep") -> None:
        self.sweep = sweep
        self._totals: dict[str, int | None] = {}
        self._begun: dict[str, tuple[float, int]] = {}

    def table(self) -> "Table":
        """Return the running cells as a table."""
        from rich.table import Table

        title = f"{_done(self.sweep)} of {self.sweep.size} done"
        view = Table(title=title, title_justify="left", box=None)
        for column in ("cell", "step", "time left", "training loss", "validation loss"):
            view.add_column(column, justify="left" if column == "cell" else "right")
        for cell in self.sweep.cells:
            if cell.status == "running":
                view.add_row(printable(_label(self.sweep, cell)), *self._row(cell))
        return view

    def _row(self, cell: "Cell") -> tuple[str, str, str, str]:
        """Return a cell's step, time left, training and validation loss, each empty if it is not known yet."""
        newest = newest_records(cell.run)
        losses = [f"{newest[split]['loss']:.4f}" if split in newest else "" for split in ("train", "validation")]
        step, total = max((record["step"] for record in newest.values()), default=0), self._total(cell)
        now = time.monotonic()
        begun, first = self._begun.setdefault(cell.run.name, (now, step))
        left = f"{duration((now - begun) / (step - first) * (total - step))}" if total and step > first else ""
        text = f"{step:,}/{total:,}" if step and total else f"{step:,}" if step else ""
        return text, left, losses[0], losses[1]

    def _total(self, cell: "Cell") -> int | None:
        """Return the number of steps of a cell, if its config gives it in steps."""
        from nnlab.runs.run_config import load_run_config

        if cell.run.name not in self._totals:
            self._totals[cell.run.name] = None
            with contextlib.suppress(NnlabError):  # reported where the cell is trained
                self._totals[cell.run.name] = load_run_config(cell.run).training.steps
        return self._totals[cell.run.name]


def newest_records(run: "Run") -> dict[str, dict[str, Any]]:
    """Return the newest record of each split at the end of the metrics log of a running cell."""
    from nnlab.runs.metrics_log import tail

    try:
        return {record["split"]: record for record in tail(run.metrics, _TAIL)}
    except RunError:
        return {}


def _done(sweep: "Sweep") -> int:
    return sum(cell.status in {"completed", "failed"} for cell in sweep.cells)


def _end(sweep: "Sweep", cell: "Cell") -> str:
    """Return a line on a cell that has ended; empty for any other change."""
    if cell.status == "running":
        return ""
    line = f"{_done(sweep)}/{len(sweep.cells)}  {_label(sweep, cell)}  {cell.status}"
    if cell.status == "completed":
        best_loss, best_accuracy, tested, seconds = _numbers(cell)
        line += f"  best {_evaluated_on(cell)} loss {best_loss}  accuracy {best_accuracy}" if best_loss else ""
        line += f"  test accuracy {tested}" if tested else ""
        line += f"  {seconds} s"
    elif cell.error:
        line += f"  {_first_line(cell.error)}"
    return printable(line)


def _label(sweep: "Sweep", cell: "Cell") -> str:
    from nnlab.sweep.plan import label, labels

    return label(cell.settings, labels(sweep.axes)) or cell.run.name


def _numbers(cell: "Cell") -> tuple[str, str, str, str]:
    """Return a cell's best loss and accuracy, its test accuracy and its seconds, each empty if there is none."""
    from nnlab.runs.overview import overview

    summary = _summary(cell)
    best = summary.best if summary else None
    return loss(best), accuracy(best), accuracy(overview(cell.run).test_of("best")), _seconds(summary)


def _evaluated_on(cell: "Cell") -> str:
    """Return the split on which a cell was evaluated in training."""
    summary = _summary(cell)
    return (summary and summary.evaluated_on) or "validation"


def _seconds(summary: "Summary | None") -> str:
    return f"{summary.seconds:.1f}" if summary else ""


def _summary(cell: "Cell") -> "Summary | None":
    from nnlab.runs.records import Summary, read_record

    try:
        return read_record(cell.run.path / "summary.json", Summary)
    except RunError:
        return None


def _json(run: "Run", name: str) -> dict[str, Any] | None:
    try:
        return run.read_json(name)
    except RunError:
        return None


def results(sweep: "Sweep") -> dict[str, Any]:
    """Return sweep.json with the summary and the test metrics of each cell, or None for those without."""
    data = sweep.as_json()
    for each, cell in zip(data["cells"], sweep.cells, strict=True):
        each["summary"] = _json(cell.run, "summary.json")
        each["test"] = _json(cell.run, "evaluation/metrics.json")
    return data


def results_table(sweep: "Sweep") -> str:
    """Return a table of all cells: settings, status, best validation loss and accuracy, test accuracy, seconds."""
    rows = [[*_values(sweep, cell), cell.status, *_numbers(cell)] for cell in sweep.cells]
    splits = " or ".join(sorted({_evaluated_on(cell) for cell in sweep.cells if cell.status == "completed"}))
    on = splits or "validation"
    columns = [*_columns(sweep), "status", f"best {on} loss", f"{on} accuracy", "test accuracy", "seconds"]
    if not any(row[-2] for row in rows):
        columns.pop(-2)
        rows = [[*row[:-2], row[-1]] for row in rows]
    return table(columns, rows, left=len(sweep.axes) + 1)


def dry_table(sweep: "Sweep") -> str:
    """Return a table of the planned cells."""
    common, own = _changes(sweep)
    columns = ["cell", *_columns(sweep), *(["changes"] if any(own) else [])]
    rows = [
        [cell.run.name.partition("-")[0], *_values(sweep, cell), changes][: len(columns)]
        for cell, changes in zip(sweep.cells, own, strict=True)
    ]
    heading = printable(f"{sweep.path}: {sweep.size}") + (f"\nin each: {printable(common)}" if common else "")
    return f"{heading}\n\n{table(columns, rows, left=len(columns))}"


def _changes(sweep: "Sweep") -> tuple[str, list[str]]:
    """Return the changes to the config common to all cells, and those of each cell, without values of axes."""
    changes = [
        [change for change in cell.changes if change.partition("=")[0] not in sweep.axes] for cell in sweep.cells
    ]
    common = [change for change in changes[0] if all(change in each for each in changes)]
    own = ("  ".join(change for change in each if change not in common) for each in changes)
    return "  ".join(common), list(own)


def failures(sweep: "Sweep") -> str:
    """Return a line on each failed cell, with the reason."""
    failed = [cell for cell in sweep.cells if cell.status == "failed"]
    return "\n".join(printable(f"  {_label(sweep, cell)}: {_first_line(cell.error or '')}") for cell in failed)


def _columns(sweep: "Sweep") -> list[str]:
    from nnlab.sweep.plan import labels

    return list(labels(sweep.axes).values())


def _values(sweep: "Sweep", cell: "Cell") -> list[str]:
    from nnlab.config.wording import as_written

    texts = [as_written(cell.settings.get(key)) for key in sweep.axes]
    return [text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..." for text in texts]


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
