"""The arguments and options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class SplitChoice(StrEnum):
    """A part of a data set."""

    test = "test"
    validation = "validation"
    train = "train"


class CheckpointChoice(StrEnum):
    """A saved state of a run."""

    best = "best"
    last = "last"


class FigureFormat(StrEnum):
    """A file format of figures."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


Config = Annotated[
    Path,
    typer.Argument(
        metavar="CONFIG", help="A YAML file, or the name of a shipped config, such as mnist.", show_default=False
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUE]...",
        help="Changes to the config, such as optimizer.learning_rate=0.01 or network.0.filters=32.",
        show_default=False,
    ),
]
RunAddress = Annotated[
    str, typer.Argument(metavar="RUN", help="A run directory, the beginning of its name, or latest.")
]
RunsDir = Annotated[Path, typer.Option("--runs-dir", help="The folder with the run directories.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Split = Annotated[SplitChoice, typer.Option("--split", help="The part of the data to evaluate on.")]
Which = Annotated[CheckpointChoice, typer.Option("--checkpoint", help="The saved state to evaluate.")]
