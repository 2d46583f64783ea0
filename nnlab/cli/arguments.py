"""Arguments and options shared by several commands.

The literal types repeat those of the library (``nnlab.evaluation``, ``nnlab.runs``, ``nnlab.drawing``), whose
import would slow ``nnlab --help`` down; a test holds them equal.
"""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

SplitName: TypeAlias = Literal["test", "validation", "train"]
CheckpointName: TypeAlias = Literal["best", "last"]
FigureFormat: TypeAlias = Literal["png", "svg", "pdf"]
ReportFormat: TypeAlias = Literal["html", "md", "tex"]

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
    str,
    typer.Argument(
        metavar="RUN", help="A run directory, a unique part of its name, or latest.", show_default=False
    ),
]
RunsDir = Annotated[Path, typer.Option("--runs-dir", help="The folder that holds the run directories.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Split = Annotated[SplitName, typer.Option("--split", help="The part of the data to evaluate on.")]
Which = Annotated[CheckpointName, typer.Option("--checkpoint", help="The checkpoint to evaluate.")]
