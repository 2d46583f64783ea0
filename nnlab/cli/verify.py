"""``nnlab verify``."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import AsJson, RunsDir

if TYPE_CHECKING:
    from nnlab.integrity.findings import Verification
    from nnlab.runs import Run

Addresses = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN|SWEEP...",
        help="Run or sweep directories, unique parts of their names, latest, or a folder of runs.",
        show_default=False,
    ),
]
Quick = Annotated[bool, typer.Option("--quick", help="Do not evaluate the checkpoints again.")]

Deep = Annotated[
    bool, typer.Option("--deep", help="Read every byte of the data, even of files that look unchanged.")
]


Repair = Annotated[
    bool,
    typer.Option("--repair", help="Mend damaged files first, and keep what was damaged beside them."),
]


def verify(
    addresses: Addresses,
    runs_dir: RunsDir = Path("runs"),
    *,
    quick: Quick = False,
    deep: Deep = False,
    repair: Repair = False,
    as_json: AsJson = False,
) -> None:
    """Check every file of runs and list what the runs can still be used for.

    Where the data are present, the checkpoints are evaluated again and the results compared with those stored.
    Nothing is written, and no data are downloaded. The exit code is 4 if a file is damaged.

    With --repair each damaged file is first mended from the others, as far as they allow it. It is said what was
    lost, and the run records that it was repaired.

    Example: nnlab verify latest
    """
    from nnlab.cli.activity_display import activity
    from nnlab.cli.output import print_json
    from nnlab.cli.repairing import as_json as plain_outcome
    from nnlab.cli.repairing import mend, say_outcome
    from nnlab.errors import RunError, printable
    from nnlab.integrity import verify as check

    runs = _runs(addresses, runs_dir, damaged=repair)
    mended = [mend(run) for run in runs] if repair else []
    for outcome in mended:
        say_outcome(outcome)
    found: list[tuple[Run, Verification]] = []
    for run in runs:
        with activity("reading the run"):
            found.append((run, check(run, quick=quick, deep=deep)))
        if not as_json:
            _print(*found[-1], many=len(runs) > 1)
    damaged = [(run, each) for run, each in found if not each.intact]
    if as_json:
        plain = [{"run": str(run.path), **each.as_json()} for run, each in found]
        if mended:
            plain = [{**entry, **plain_outcome(each)} for entry, each in zip(plain, mended, strict=True)]
        print_json(plain[0] if len(plain) == 1 else {"intact": not damaged, "runs": plain})
    elif len(runs) > 1:
        for run, each in found:
            typer.echo(f"{printable(str(run.path))}: {each.verdict}")
        typer.echo(f"\n{len(runs):,} runs: {len(runs) - len(damaged):,} intact, {len(damaged):,} damaged")
    if damaged and as_json:
        raise typer.Exit(RunError.exit_code)
    if damaged:
        lines = (f"damaged in {run.path}: {', '.join(each.damaged)}" for run, each in damaged)
        ways = ("" if repair else _way(run, each) for run, each in damaged)
        raise RunError("\n".join(map("".join, zip(lines, ways, strict=True))))


def _runs(addresses: list[str], runs_dir: Path, *, damaged: bool) -> "list[Run]":
    """Return the runs at ``addresses``, each once; a sweep or a folder of runs stands for all in it.

    With ``damaged``, a run whose config is missing is one too.
    """
    from nnlab.errors import RunError
    from nnlab.runs import Run
    from nnlab.runs.overview import overviews
    from nnlab.runs.sweeps import find_run_or_sweep

    runs: dict[Run, None] = {}
    for address in addresses:
        path = Path(address)
        if damaged and (without_config := _damaged(address, runs_dir)):
            runs[without_config] = None
            continue
        if address and os.path.isdir(path) and not _is_one(path):  # noqa: PTH112 -- too long a name raises otherwise
            inside = [each.run for each in overviews(path) if not (each.run.path / "sweep.json").exists()]
            if not inside:
                raise RunError(f"there are no runs in {path.absolute()}")
            runs |= dict.fromkeys(inside)
            continue
        found = find_run_or_sweep(address, runs_dir)
        runs |= dict.fromkeys([found] if isinstance(found, Run) else [cell.run for cell in found.cells])
    return list(runs)


def _way(run: "Run", found: "Verification") -> str:
    """Return how the damaged files of a run are mended; empty if only its data differ."""
    return "" if found.damaged == ("the data",) else f"; nnlab verify {run.path} --repair mends what can be mended"


def _damaged(address: str, runs_dir: Path) -> "Run | None":
    """Return the run at ``address`` if its config is missing."""
    from nnlab.errors import RunError
    from nnlab.runs.directory import find_damaged

    try:
        run = find_damaged(address, runs_dir)
    except RunError:
        return None
    return None if run.config.is_file() else run


def _is_one(path: Path) -> bool:
    """Return whether there is one run or sweep at ``path``, rather than a folder of them.

    A run whose config is missing is one too, by its checkpoints.
    """
    named = any((path / name).exists() for name in ("config.yaml", "sweep.json"))
    return named or any((path / "checkpoints").glob("*.safetensors"))


def _print(run: "Run", found: "Verification", *, many: bool) -> None:
    """Print the findings on a run: all of one, what is not intact of one among many."""
    from nnlab.cli.output import print_table
    from nnlab.errors import printable

    rows = [[each.file, each.state, each.note] for each in found.findings if not many or each.state == "damaged"]
    if many and rows:
        typer.echo(printable(str(run.path)))
    if rows:
        print_table(["file", "state", "note"], rows, left=3)
    if many:
        typer.echo("\n" * bool(rows), nl=False)
        return
    typer.echo("".join(f"\n{sentence}" for sentence in found.usable))
    if found.repairs:
        typer.echo("\nrepaired before:")
        for made in found.repairs:
            typer.echo(f"  {printable(made.when)}  {printable(str(made))}")
    typer.echo(f"\nverdict: {found.verdict}")
