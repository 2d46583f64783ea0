"""``nnlab resume``."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import Quiet, RunAddress, RunsDir


def resume(
    address: RunAddress,
    runs_dir: RunsDir = Path("runs"),
    *,
    allow_inexact: Annotated[
        bool,
        typer.Option("--allow-inexact", help="Also resume with other versions or on another kind of processor."),
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend damaged files first; what was damaged is kept beside them.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Continue a training run that was stopped.

    The result is bit-identical to that of an uninterrupted run. Where it would not be, resuming is refused.
    Damaged files are mended with --repair; as long as the checkpoints are intact, the bits stay the same.

    Example: nnlab resume latest
    """
    from nnlab import training
    from nnlab.cli.output import say
    from nnlab.cli.training_display import display
    from nnlab.runs.directory import find_damaged, find_run

    if repair:
        from nnlab.cli.repairing import repaired

        run = repaired(find_damaged(address, runs_dir))
    else:
        run = find_run(address, runs_dir)
    with display(quiet=quiet) as show:
        continued = training.resume(run, allow_inexact=allow_inexact, report=show, begin=show.begin)
    if not continued and not quiet:
        say(f"{run.path} is finished; there is nothing left to do")
    typer.echo(run.path)
