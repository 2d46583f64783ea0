"""What a sweep shows: a line for each finished cell, a live table of those under way, and tables of all."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nnlab.cli.output import percent, say, table
from nnlab.errors import RunError, printable

if TYPE_CHECKING:
    from rich.table import Table

    from nnlab.runs import Run
    from nnlab.runs.sweeps import Cell, Sweep
    from nnlab.sweep.running import SweepReporter

_TAIL = 4096  # bytes at the end of a metrics log in which its newest record is looked for
_LONGEST = 40  # characters of a value in a table


@contextlib.contextmanager
def sweep_display(sweep: "Sweep", *, quiet: bool) -> "Iterator[SweepReporter]":
    """Give the block a reporter that suits where stderr goes."""
    from nnlab.sweep.running import ignore

    if quiet:
        yield ignore
    elif sys.stderr is None or not sys.stderr.isatty():
        yield _say_end
    else:
        with _live(sweep) as report:
            yield report


def _say_end(sweep: "Sweep", cell: "Cell") -> None:
    if line := _end(sweep, cell):
        say(line)


@contextlib.contextmanager
def _live(sweep: "Sweep") -> "Iterator[SweepReporter]":
    """Show the cells under way in a table redrawn in place; lines of finished cells scroll above it."""
    from rich.console import Console
    from rich.live import Live

    now = sweep

    def report(changed: "Sweep", cell: "Cell") -> None:
        nonlocal now
        now = changed
        if line := _end(changed, cell):
            live.console.print(line, markup=False, highlight=False)

    live = Live(
        get_renderable=lambda: _under_way(now), console=Console(stderr=True), refresh_per_second=4, transient=True
    )
    with live:
        yield report


def _under_way(sweep: "Sweep") -> "Table":
    from rich.table import Table

    done = sum(cell.status in {"completed", "failed"} for cell in sweep.cells)
    view = Table(title=f"{done} of {len(sweep.cells)} cells done", title_justify="left", box=None)
    for column in ("cell", "step", "training loss"):
        view.add_column(column, justify="left" if column == "cell" else "right")
    for cell in sweep.cells:
        if cell.status == "running":
            record = newest_record(cell.run)
            step = f"{record['step']:,}" if record else ""
            view.add_row(printable(_label(sweep, cell)), step, f"{record['loss']:.4f}" if record else "")
    return view


def newest_record(run: "Run") -> dict[str, Any] | None:
    """Return the newest whole record of a training under way, or None if there is none yet."""
    try:
        with run.metrics.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            line = file.read().rpartition(b"\n")[0].rpartition(b"\n")[2]
        record = json.loads(line)
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and {"step", "loss"} <= record.keys() else None


def _end(sweep: "Sweep", cell: "Cell") -> str:
    """Return a line on a cell that has come to an end; empty for any other change."""
    if cell.status in {"pending", "running"}:
        return ""
    done = sum(each.status in {"completed", "failed"} for each in sweep.cells)
    line = f"{done}/{len(sweep.cells)}  {_label(sweep, cell)}  {cell.status}"
    if cell.status == "completed":
        loss, accuracy, tested, seconds = _numbers(cell)
        line += f"  best loss {loss}  accuracy {accuracy}" if loss else ""
        line += f"  test {tested}" if tested else ""
        line += f"  {seconds} s"
    elif cell.error:
        line += f"  {_first_line(cell.error)}"
    return printable(line)


def _label(sweep: "Sweep", cell: "Cell") -> str:
    from nnlab.sweep.plan import label, labels

    return label(cell.settings, labels(sweep.axes)) or cell.run.name


def _numbers(cell: "Cell") -> tuple[str, str, str, str]:
    """Return a cell's best loss and accuracy, its test accuracy and its seconds, each empty if there is none."""
    summary, test = _json(cell.run, "summary.json"), _json(cell.run, "evaluation/metrics.json")
    best = (summary or {}).get("best")
    return (
        f"{best['loss']:.4f}" if best else "",
        percent(best["accuracy"]) if best else "",
        percent(test["accuracy"]) if test else "",
        f"{summary['seconds']:.1f}" if summary else "",
    )


def _json(run: "Run", name: str) -> dict[str, Any] | None:
    try:
        return run.read_json(name)
    except RunError:
        return None


def results(sweep: "Sweep") -> dict[str, Any]:
    """Return sweep.json with the summary and the test metrics of each cell, as far as there are any."""
    data = sweep.as_json()
    for told, cell in zip(data["cells"], sweep.cells, strict=True):
        told["summary"] = _json(cell.run, "summary.json")
        told["test"] = _json(cell.run, "evaluation/metrics.json")
    return data


def results_table(sweep: "Sweep") -> str:
    """Return a table of all cells: settings, status, best validation loss and accuracy, test accuracy, seconds."""
    rows = [[*_values(sweep, cell), cell.status, *_numbers(cell)] for cell in sweep.cells]
    columns = [*_columns(sweep), "status", "best loss", "accuracy", "test accuracy", "seconds"]
    if not any(row[-2] for row in rows):
        columns.pop(-2)
        rows = [[*row[:-2], row[-1]] for row in rows]
    return table(columns, rows, left=len(sweep.axes) + 1)


def dry_table(sweep: "Sweep") -> str:
    """Return a table of the cells that are to be."""
    rows = [[cell.run.name.partition("-")[0], *_values(sweep, cell)] for cell in sweep.cells]
    heading = f"{sweep.path}: {len(sweep.cells)} cells"
    return f"{printable(heading)}\n\n{table(['cell', *_columns(sweep)], rows, left=len(sweep.axes) + 1)}"


def failures(sweep: "Sweep") -> str:
    """Return a line on each cell that failed, and why it did."""
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
