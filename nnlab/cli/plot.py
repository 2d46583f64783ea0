"""``nnlab plot``: figures of a run."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.options import CheckpointChoice, FigureFormat, RunAddress, RunsDir, Split, SplitChoice, Which

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnlab.runs import Run

app = typer.Typer(help="Draw figures of a run.", no_args_is_help=True, rich_markup_mode=None)

Format = Annotated[FigureFormat, typer.Option("--format", help="The file format.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="The file to write, instead of one in the run.")
]
Count = Annotated[int, typer.Option("--count", min=1, max=200, help="How many mistakes to show.")]
Open = Annotated[bool, typer.Option("--open", help="Also show it, where there is a screen.")]


@app.command("filters")
def filters(
    address: RunAddress,
    checkpoint: Which = CheckpointChoice.best,
    figure_format: Format = FigureFormat.png,
    output: Output = None,
    runs_dir: RunsDir = Path("runs"),
    *,
    show: Open = False,
) -> None:
    """Draw the weights of the first layer as images.

    Example: nnlab plot filters latest
    """
    from nnlab import experiment, plotting

    run = experiment.open_run(address, runs_dir)
    figure = plotting.draw_filters(run, checkpoint.value)
    _write(figure, output or _inside(run, "filters", figure_format), show=show)


@app.command("confusion")
def confusion(
    address: RunAddress,
    split: Split = SplitChoice.test,
    checkpoint: Which = CheckpointChoice.best,
    figure_format: Format = FigureFormat.png,
    output: Output = None,
    runs_dir: RunsDir = Path("runs"),
    *,
    show: Open = False,
) -> None:
    """Draw which classes are taken for which.

    Example: nnlab plot confusion latest --format svg
    """
    from nnlab import experiment, plotting

    run = experiment.open_run(address, runs_dir)
    evaluation = experiment.evaluate(run, split=split.value, checkpoint=checkpoint.value)
    figure = plotting.draw_confusion(run, evaluation)
    _write(figure, output or _inside(run, "confusion", figure_format), show=show)


@app.command("misclassified")
def misclassified(
    address: RunAddress,
    split: Split = SplitChoice.test,
    checkpoint: Which = CheckpointChoice.best,
    count: Count = 25,
    figure_format: Format = FigureFormat.png,
    output: Output = None,
    runs_dir: RunsDir = Path("runs"),
    *,
    show: Open = False,
) -> None:
    """Draw the worst mistakes, the largest loss first.

    Example: nnlab plot misclassified latest --count 40
    """
    from nnlab import experiment, plotting

    run = experiment.open_run(address, runs_dir)
    evaluation = experiment.evaluate(run, split=split.value, checkpoint=checkpoint.value)
    figure = plotting.draw_misclassified(run, evaluation, count)
    _write(figure, output or _inside(run, "misclassified", figure_format), show=show)


@app.command("curves")
def curves(
    address: RunAddress,
    figure_format: Format = FigureFormat.png,
    output: Output = None,
    runs_dir: RunsDir = Path("runs"),
    *,
    show: Open = False,
) -> None:
    """Draw loss and accuracy over the steps.

    Example: nnlab plot curves latest
    """
    from nnlab import experiment, plotting

    run = experiment.open_run(address, runs_dir)
    _write(plotting.draw_curves(run), output or _inside(run, "curves", figure_format), show=show)


@app.command("all")
def all_figures(
    address: RunAddress,
    split: Split = SplitChoice.test,
    checkpoint: Which = CheckpointChoice.best,
    count: Count = 25,
    figure_format: Format = FigureFormat.png,
    runs_dir: RunsDir = Path("runs"),
    *,
    show: Open = False,
) -> None:
    """Draw all of these figures, evaluating once.

    Example: nnlab plot all latest
    """
    from nnlab import experiment, plotting

    run = experiment.open_run(address, runs_dir)
    evaluation = experiment.evaluate(run, split=split.value, checkpoint=checkpoint.value)
    drawn = {
        "curves": plotting.draw_curves(run),
        "filters": plotting.draw_filters(run, checkpoint.value),
        "confusion": plotting.draw_confusion(run, evaluation),
        "misclassified": plotting.draw_misclassified(run, evaluation, count),
    }
    for name, figure in drawn.items():
        _write(figure, _inside(run, name, figure_format), show=show)


def _inside(run: "Run", name: str, figure_format: FigureFormat) -> Path:
    return run.figures / f"{name}.{figure_format.value}"


def _write(figure: "Figure", path: Path, *, show: bool) -> None:
    """Write ``figure``, print its path and, if asked and there is a screen, open it."""
    from nnlab.errors import UsageError
    from nnlab.plotting import write_figure

    if not (path.parent.is_dir() or path.parent.name == "figures"):
        raise UsageError(f"there is no folder {path.parent}")
    typer.echo(write_figure(figure, path))
    if show and (
        sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        typer.launch(str(path))
