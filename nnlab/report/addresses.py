"""What is reported, by what it is asked for: a run, a comparison, or all runs of a folder."""

from collections.abc import Sequence
from pathlib import Path

from nnlab import files
from nnlab.comparison import Found, find_runs
from nnlab.errors import RunError, UsageError
from nnlab.report.comparison_report import comparison_report
from nnlab.report.index import as_index
from nnlab.report.run_report import run_report
from nnlab.report.writing import Form, Place, write_report
from nnlab.runs.sweeps import find_sweep


def report(
    addresses: Sequence[str], runs_dir: Path, form: Form = "html", output: Path | None = None
) -> tuple[Path, dict[str, str]]:
    """Write what is to be reported of ``addresses``; return the file, and what is missing and why.

    One run has a report of its own; several, or those of a sweep, are compared; a folder that holds runs gets an
    index of them. Raises RunError if there is nothing to report, UsageError if an index is asked for in another
    form than HTML, and otherwise as ``run_report`` and ``write_report``.
    """
    if len(addresses) == 1 and _holds_runs(Path(addresses[0])):
        return _write_index(Path(addresses[0]), form, output), {}
    found = find_runs(addresses, runs_dir)
    if not found.runs:
        raise RunError("; ".join(found.missing.values()) or f"{addresses[0]} has no runs")
    place = _place(addresses, runs_dir, found)
    alone = place.folder == found.runs[0].path
    document = run_report(found.runs[0]) if alone else comparison_report(found, place.folder)
    return write_report(document, place, form, output), found.missing


def _place(addresses: Sequence[str], runs_dir: Path, found: Found) -> Place:
    """Return where the report of ``addresses``, at which ``found`` are, goes by itself."""
    if len(addresses) > 1:
        return Place(runs_dir, "comparison", runs_dir / "comparison-notes.md")
    try:
        folder = find_sweep(addresses[0], runs_dir).path
    except RunError:
        folder = found.runs[0].path
    return Place(folder, "report", folder / "notes.md")


def _holds_runs(folder: Path) -> bool:
    """Return whether ``folder`` is neither a run nor a sweep, and has some in it."""
    try:
        if not folder.is_dir() or any((folder / name).exists() for name in ("config.yaml", "sweep.json")):
            return False
        return any(next(folder.glob(f"*/{name}"), None) for name in ("config.yaml", "sweep.json"))
    except (OSError, ValueError):  # no name of a file
        return False


def _write_index(folder: Path, form: Form, output: Path | None) -> Path:
    if form != "html":
        raise UsageError(
            f"--format {form}: {folder} holds runs, and an index of them is a page: leave --format out"
        )
    page = folder / "index.html"
    if output is not None:
        page = output / page.name if output.is_dir() else output
    files.write_text(page, as_index(folder, page.parent))
    return page
