"""``nnlab resume``."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.options import Quiet, RunAddress, RunsDir


def resume(
    address: RunAddress,
    runs_dir: RunsDir = Path("runs"),
    *,
    allow_inexact: Annotated[
        bool,
        typer.Option("--allow-inexact", help="Go on with other versions or on another kind of processor, too."),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Go on with a training that was stopped.

    It ends in the same bits as if it had not been stopped, and is refused where it would not.

    Example: nnlab resume latest
    """
    from nnlab import training
    from nnlab.cli.output import say
    from nnlab.cli.progress import display
    from nnlab.runs import find_run

    run = find_run(address, runs_dir)
    with display(quiet=quiet) as show:
        went_on = training.resume(run, allow_inexact=allow_inexact, report=show)
    if not went_on and not quiet:
        say(f"{run.path} is finished; there is nothing left to do")
    typer.echo(run.path)
