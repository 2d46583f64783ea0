"""The index: all runs in a folder on one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnlab.report.formats.html import filled
from nnlab.report.sparklines import HEIGHT, WIDTH, Sparkline, sparkline
from nnlab.report.writing import way_to
from nnlab.runs.evidence import copies, doubts
from nnlab.runs.formatting import accuracy, counted, duration, loss
from nnlab.runs.overview import Overview, overviews
from nnlab.runs.selection import collapse, ordered


@dataclass(frozen=True)
class _Row:
    """A row of the index: a run, or a sweep with its ``cells``; ``remarks`` say what is wrong with its figures."""

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
    remarks: tuple[str, ...]


def as_index(runs_dir: Path, folder: Path | None = None) -> str:
    """Return a page with a row for each run in ``runs_dir``, the newest first; a sweep has one row and its cells.

    Links to the runs are relative to ``folder``, the folder of the page, by default ``runs_dir``. Raises RunError
    if ``runs_dir`` cannot be read.
    """
    folder = folder or runs_dir
    everything = overviews(runs_dir)
    remarks = _remarks(everything)
    cells: dict[Path, list[Overview]] = {}
    for run in everything:
        if run.sweep:
            cells.setdefault(run.sweep, []).append(run)
    lines = [
        _row(run, run.name, folder, remarks, cells[run.run.path] if run.cells else ())
        for run in ordered(collapse(everything))
    ]
    broken = sum(run.status == "broken" for run in everything)
    subtitle = f"{counted(len(everything), 'run')}, cells of sweeps included"
    if remarks:
        subtitle += f"; {counted(len(remarks), 'run')} with remarks on the figures"
    return filled(
        "index.html.j2",
        {
            "title": f"Runs in {runs_dir.resolve().name}",
            "subtitle": subtitle + (f"; {broken:,} broken" if broken else ""),
            "lines": lines,
            "size": (WIDTH, HEIGHT),
        },
    )


def _remarks(runs: Sequence[Overview]) -> dict[Path, tuple[str, ...]]:
    """Return, by run, what in its figures does not follow from its files, and of which run it is a copy."""
    whole = [run for run in runs if run.status != "broken" and not run.cells]
    found = {run.run.path: tuple(doubts(run.run)) for run in whole}
    for copy, original in copies([run.run for run in whole]).items():
        found[copy.path] = (*found[copy.path], f"a copy of {original.name}")
    return {path: remarks for path, remarks in found.items() if remarks}


def _row(
    run: Overview,
    name: str,
    folder: Path,
    remarks: Mapping[Path, tuple[str, ...]],
    cells: Sequence[Overview] = (),
) -> _Row:
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
        tuple(_row(cell, cell.run.name, folder, remarks) for cell in cells),
        remarks.get(run.run.path, ()),
    )
