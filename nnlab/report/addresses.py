"""What is reported, by what it is asked for: a run, a comparison, or all runs of a folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from nnlab import files
from nnlab.comparison import Found, find_runs
from nnlab.errors import RunError, UsageError
from nnlab.report.comparison_report import comparison_report
from nnlab.report.index import as_index
from nnlab.report.run_report import run_report
from nnlab.report.writing import Form, Place, placed, write_report


@dataclass(frozen=True)
class Written:
    """The ``file`` that was written, where its author's ``notes`` are kept, and what is ``missing`` and why."""

    file: Path
    notes: Path | None
    missing: dict[str, str]


def report(addresses: Sequence[str], runs_dir: Path, form: Form = "html", output: Path | None = None) -> Written:
    """Write what is to be reported of ``addresses``.

    One run has a report of its own; several, or those of a sweep, are compared; a folder that holds runs gets an
    index of them. Raises RunError if there is nothing to report, UsageError if an index is asked for in another
    form than HTML or ``output`` would be in a folder that is not there, and otherwise as ``run_report`` and
    ``write_report``.
    """
    if output is not None and not output.parent.is_dir():
        raise UsageError(f"there is no folder {output.parent}")
    if len(addresses) == 1 and _holds_runs(Path(addresses[0])):
        return Written(_write_index(Path(addresses[0]), form, output), None, {})
    found = find_runs(addresses, runs_dir)
    if not found.runs:
        told = "; ".join(found.missing.values()) or f"{addresses[0]} has no runs"
        raise RunError(f"{told}, and it holds none" if _is_folder(Path(addresses[0])) else told)
    if len(addresses) > 1:
        place = _place_of_comparison(found, runs_dir, form, output)
    else:
        folder = (found.sweeps or found.runs)[0].path
        place = Place(folder, "report", folder / "notes.md")
    if place.folder == found.runs[0].path:
        document = run_report(found.runs[0])
    else:
        document = comparison_report(found, placed(place.page, output).parent)
    return Written(write_report(document, place, form, output), place.notes, found.missing)


def _place_of_comparison(found: Found, runs_dir: Path, form: Form, output: Path | None) -> Place:
    """Return where a comparison goes by itself: it and its notes have a name that no other runs' have."""
    names = "\n".join(str(run.path.resolve()) for run in found.runs)
    page = runs_dir / f"comparison-{sha256(names.encode(errors='surrogateescape')).hexdigest()[:8]}.html"
    name = page.stem
    if output is not None:
        page = placed(page, output) if form == "html" else output / page.name
    return Place(runs_dir, name, page.with_name(f"{page.stem}-notes.md"))


def _holds_runs(folder: Path) -> bool:
    """Return whether ``folder`` is neither a run nor a sweep, and has some in it."""
    if not _is_folder(folder) or any((folder / name).exists() for name in ("config.yaml", "sweep.json")):
        return False
    return any(next(folder.glob(f"*/{name}"), None) for name in ("config.yaml", "sweep.json"))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # no name of a file
        return False


def _write_index(folder: Path, form: Form, output: Path | None) -> Path:
    if form != "html":
        raise UsageError(
            f"--format {form}: {folder} holds runs, and an index of them is a page: leave --format out"
        )
    page = placed(folder / "index.html", output)
    files.write_text(page, as_index(folder, page.parent))
    return page
