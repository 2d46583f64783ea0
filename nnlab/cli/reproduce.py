"""``nnlab reproduce``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.arguments import AsJson, Quiet, RunAddress, RunsDir

if TYPE_CHECKING:
    from nnlab.integrity.findings import Deviation
    from nnlab.integrity.reproduction import Reproduction


def reproduce(
    address: RunAddress,
    runs_dir: RunsDir = Path("runs"),
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="The number of steps to repeat.", show_default="all")
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option("--tolerance", min=0, help="The largest difference that counts as equal."),
    ] = 0.0,
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Repeat a training run from its directory and compare records and checkpoints.

    Its summary and the predictions of its evaluations are compared too. The run itself is not changed. The exit
    code is 4 if a number differs by more than the tolerance.

    Example: nnlab reproduce latest --steps 200
    """
    from nnlab.cli.output import print_json
    from nnlab.cli.training_display import display
    from nnlab.errors import RunError
    from nnlab.integrity import reproduction
    from nnlab.runs import find_run

    run = find_run(address, runs_dir)
    with display(quiet=quiet) as show:
        found = reproduction.reproduce(run, steps=steps, tolerance=tolerance, report=show)
    if as_json:
        print_json({"run": str(run.path), **found.as_json()})
    else:
        _print_verdict(found)
    if found.verdict == "different":
        raise typer.Exit(RunError.exit_code)


def _print_verdict(found: "Reproduction") -> None:
    parts = [f"{found.records:,} records", f"{found.checkpoints} checkpoints", *["the summary"] * found.summary]
    if found.evaluations:
        parts.append(f"{found.evaluations} evaluation{'s' * (found.evaluations > 1)}")
    what = f"{', '.join(parts[:-1])} and {parts[-1]}"
    since = f"from step {found.start:,} of the run that it extends " if found.start else ""
    typer.echo(f"{found.verdict} {since}up to step {found.compared:,}: {what} compared")
    if found.first:
        typer.echo(f"first difference      {_where(found.first)}")
    if found.parameter and found.parameter != found.first:
        typer.echo(f"first in checkpoints  {_where(found.parameter)}")
    if found.largest and found.largest not in {found.first, found.parameter}:
        typer.echo(f"largest difference    {_where(found.largest)}")


def _where(deviation: "Deviation") -> str:
    amount = "" if deviation.amount is None else f", by {deviation.amount:.3g}"
    return f"step {deviation.step:,}: {deviation.what}{amount}"
