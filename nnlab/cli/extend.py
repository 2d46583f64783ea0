"""``nnlab extend``."""

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.arguments import Quiet, RunAddress, RunsDir

Changes = Annotated[
    list[str],
    typer.Argument(
        metavar="KEY=VALUE...",
        help="The new length, such as training.steps=6000, and other changes from there on.",
        show_default=False,
    ),
]


def extend(
    address: RunAddress, changes: Changes, runs_dir: RunsDir = Path("runs"), *, quiet: Quiet = False
) -> None:
    """Continue a finished run for more steps, as a new run.

    The new run begins with the state of the finished one, and has its records. It is the same, to the bit, as one
    that was trained for so many steps from its beginning, unless a setting such as a cosine schedule depends on
    the length; then the differences are printed and recorded. Settings of the optimizer, the schedule and the
    evaluations may change too.

    Example: nnlab extend latest training.steps=6000
    """
    from nnlab import training
    from nnlab.cli.training_display import display
    from nnlab.runs import find_run

    run = find_run(address, runs_dir)
    with display(quiet=quiet) as show:
        longer = training.extend(run, changes, runs_dir=runs_dir, report=show, begin=show.begin)
    typer.echo(longer.path)
