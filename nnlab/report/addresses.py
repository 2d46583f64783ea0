"""Choose the report of the given targets: of a run, of a comparison, or of all runs in a folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from nnlab import files
from nnlab.comparison import Found, find_runs
from nnlab.errors import RunError, UsageError
from nnlab.report.comparison_document import comparison_report
from nnlab.report.formats import FormatName
from nnlab.report.index import as_index
from nnlab.report.run.run_report import run_report
from nnlab.report.writing import Destination, placed, write_report


@dataclass(frozen=True)
class Written:
    """The report ``file``, the path of its ``notes`` if any, and why each ``missing`` target is left out."""

    file: Path
    notes: Path | None
    missing: dict[str, str]


def report(
    addresses: Sequence[str], runs_dir: Path, form: FormatName = "html", output: Path | None = None
) -> Written:
    """Write the report of ``addresses``.

    A single run gets its own report; several runs, or those of a sweep, are compared; a folder of runs gets an
    index. Raises RunError if no run matches, UsageError if an index is requested in another format than HTML or
    the folder of ``output`` is missing, and the errors of ``run_report`` and ``write_report``.
    """
    if output is not None and not output.parent.is_dir():
        raise UsageError(f"folder {output.parent} does not exist")
    if len(addresses) == 1 and _holds_runs(Path(addresses[0])):
        return Written(_write_index(Path(addresses[0]), form, output), None, {})
    found = find_runs(addresses, runs_dir)
    if not found.runs:
        reason = "; ".join(found.missing.values()) or f"{addresses[0]} has no runs"
        raise RunError(f"{reason}, and the folder contains no runs" if _is_folder(Path(addresses[0])) else reason)
    if len(addresses) > 1:
        destination = _destination_of_comparison(found, runs_dir, form, output)
    else:
        folder = (found.sweeps or found.runs)[0].path
        destination = Destination(folder, "report", folder / "notes.md")
    for path in (destination.path(form, output), destination.notes):  # before anything is evaluated or drawn
        files.refuse_links(path)
    if destination.folder == found.runs[0].path:
        document = run_report(found.runs[0])
    else:
        document = comparison_report(found, placed(destination.page, output).parent)
    file = write_report(document, destination, form, output)
    return Written(file, destination.notes if destination.notes.is_file() else None, found.missing)


def _destination_of_comparison(found: Found, runs_dir: Path, form: FormatName, output: Path | None) -> Destination:
    """Return the default destination of a comparison; its name depends on the runs, so that each has its own."""
    names = "\n".join(str(run.path.resolve()) for run in found.runs)
    page = runs_dir / f"comparison-{sha256(names.encode(errors='surrogateescape')).hexdigest()[:8]}.html"
    name = page.stem
    if output is not None:
        page = placed(page, output) if form == "html" else output / page.name
    return Destination(runs_dir, name, page.with_name(f"{page.stem}-notes.md"))


def _holds_runs(folder: Path) -> bool:
    """Return whether ``folder`` contains runs or sweeps, and is neither itself."""
    if not _is_folder(folder) or any((folder / name).exists() for name in ("config.yaml", "sweep.json")):
        return False
    return any(next(folder.glob(f"*/{name}"), None) for name in ("config.yaml", "sweep.json"))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # not a valid file name
        return False


def _write_index(folder: Path, form: FormatName, output: Path | None) -> Path:
    if form != "html":
        raise UsageError(
            f"--format {form}: {folder} contains runs, and their index is an HTML page: leave --format out"
        )
    page = placed(folder / "index.html", output)
    files.write_text(page, as_index(folder, page.parent))
    return page
