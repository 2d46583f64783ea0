"""The index: all runs in a folder on one page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnlab.report.formats.html import filled
from nnlab.report.sparklines import HEIGHT, WIDTH, Sparkline, sparkline
from nnlab.report.writing import way_to
from nnlab.runs.formatting import accuracy, counted, duration, loss
from nnlab.runs.overview import Overview, overviews
from nnlab.runs.selection import collapse, ordered


@dataclass(frozen=True)
class _Row:
    """A row of the index: a run, or a sweep with its ``cells``."""

    run: Overview
    name: str
    address: str
    seed: int | None
    curve: Sparkline | None
    validation_loss: str
    validation: str
    tested: str
    time: str
    cells: tuple["_Row", ...]


def as_index(runs_dir: Path, folder: Path | None = None) -> str:
    """Return a page with a row for each run in ``runs_dir``, the newest first; a sweep has one row and its cells.

    Links to the runs are relative to ``folder``, the folder of the page, by default ``runs_dir``. Raises RunError
    if ``runs_dir`` cannot be read.
    """
    folder = folder or runs_dir
    everything = overviews(runs_dir)
    cells: dict[Path, list[Overview]] = {}
    for run in everything:
        if run.sweep:
            cells.setdefault(run.sweep, []).append(run)
    lines = [
        _row(run, run.name, folder, cells[run.run.path] if run.cells else ())
        for run in ordered(collapse(everything))
    ]
    broken = sum(run.status == "broken" for run in everything)
    subtitle = f"{counted(len(everything), 'run')}, cells of sweeps included"
    return filled(
        "index.html.j2",
        {
            "title": f"Runs in {runs_dir.resolve().name}",
            "subtitle": subtitle + (f"; {broken:,} broken" if broken else ""),
            "lines": lines,
            "size": (WIDTH, HEIGHT),
        },
    )


def _row(run: Overview, name: str, folder: Path, cells: Sequence[Overview] = ()) -> _Row:
    """Return the row of a run, or of a sweep with ``cells``."""
    return _Row(
        run,
        name,
        way_to(run.run, folder),
        None if run.cells or run.config is None else run.config.seed,
        None if run.cells else sparkline(run.run.metrics),
        loss(run.validation),
        accuracy(run.validation),
        accuracy(run.tested),
        "" if run.seconds is None else duration(run.seconds),
        tuple(_row(cell, cell.run.name, folder) for cell in cells),
    )
