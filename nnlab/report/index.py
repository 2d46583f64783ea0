"""All runs in a folder on one page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnlab.report.html import filled
from nnlab.report.sparklines import HEIGHT, WIDTH, Curve, sparkline
from nnlab.report.writing import way_to
from nnlab.runs.formatting import accuracy, counted, duration, loss
from nnlab.runs.overview import Overview, overviews
from nnlab.runs.selection import collapse, ordered


@dataclass(frozen=True)
class _Line:
    """A run, or a sweep with its ``cells``: what the page shows of it, and where its links lead."""

    run: Overview
    name: str
    address: str
    seed: int | None
    curve: Curve | None
    validation_loss: str
    validation: str
    tested: str
    time: str
    cells: tuple["_Line", ...]


def as_index(runs_dir: Path, folder: Path | None = None) -> str:
    """Return a page with a line for each run in ``runs_dir``, the newest first; a sweep is one, with its cells.

    The page is to stand in ``folder``, by default ``runs_dir``: links lead to the runs from there. Raises RunError
    if ``runs_dir`` cannot be read.
    """
    folder = folder or runs_dir
    everything = overviews(runs_dir)
    cells: dict[Path, list[Overview]] = {}
    for run in everything:
        if run.sweep:
            cells.setdefault(run.sweep, []).append(run)
    lines = [
        _line(run, run.name, folder, cells[run.run.path] if run.cells else ())
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


def _line(run: Overview, name: str, folder: Path, cells: Sequence[Overview] = ()) -> _Line:
    """Return what to show of a run, or of a sweep with ``cells``."""
    return _Line(
        run,
        name,
        way_to(run.run, folder),
        None if run.cells or run.config is None else run.config.seed,
        None if run.cells else sparkline(run.run.metrics),
        loss(run.validation),
        accuracy(run.validation),
        accuracy(run.tested),
        "" if run.seconds is None else duration(run.seconds),
        tuple(_line(cell, cell.run.name, folder) for cell in cells),
    )
