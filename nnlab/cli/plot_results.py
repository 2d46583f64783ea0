"""Figures of how a run does on a split of its data."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnlab.cli.drawing import Drawn
from nnlab.cli.options import CheckpointName, RunAddress, RunsDir, Split, SplitName, Which

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnlab.evaluation import Evaluation
    from nnlab.runs import Run

Count = Annotated[int, typer.Option("--count", min=1, max=200, help="How many mistakes to show.")]


def of_evaluation(draw: Callable[..., "Figure"]) -> Callable[..., Drawn]:
    """Return ``draw``, which takes an evaluation, as a command on a run, a split and a checkpoint."""

    def command(
        address: RunAddress,
        split: Split = "test",
        checkpoint: Which = "best",
        runs_dir: RunsDir = Path("runs"),
        **own: Any,
    ) -> Drawn:
        run, evaluation = evaluated(draw.__name__, address, split, checkpoint, runs_dir)
        return {run.figures / draw.__name__: draw(evaluation, **own)}

    *shared, runs_option, _ = inspect.signature(command).parameters.values()
    _, *more = inspect.signature(draw).parameters.values()
    command.__signature__ = inspect.Signature([*shared, *more, runs_option])  # type: ignore[attr-defined]
    command.__doc__ = draw.__doc__
    return command


@of_evaluation
def confusion(evaluation: "Evaluation") -> "Figure":
    """Draw which classes are taken for which.

    Example: nnlab plot confusion latest --format svg
    """
    from nnlab import figures

    return figures.draw_confusion(evaluation)


@of_evaluation
def classes(evaluation: "Evaluation") -> "Figure":
    """Draw the accuracy of each class, with 95 % intervals.

    Example: nnlab plot classes latest
    """
    from nnlab import figures

    return figures.draw_classes(evaluation)


@of_evaluation
def misclassified(evaluation: "Evaluation", count: Count = 25) -> "Figure":
    """Draw the worst mistakes, the largest loss first.

    Example: nnlab plot misclassified latest --count 40
    """
    from nnlab import figures

    return figures.draw_misclassified(evaluation, count)


@of_evaluation
def calibration(evaluation: "Evaluation") -> "Figure":
    """Draw whether the network is right as often as it is sure, with the expected calibration error.

    Example: nnlab plot calibration latest --split validation
    """
    from nnlab import figures

    return figures.draw_calibration(evaluation)


@of_evaluation
def pairs(evaluation: "Evaluation") -> "Figure":
    """Draw the classes that are taken for each other most often, with examples.

    Example: nnlab plot pairs latest
    """
    from nnlab import figures

    return figures.draw_pairs(evaluation)


@of_evaluation
def boundary(evaluation: "Evaluation") -> "Figure":
    """Draw what the network makes of the plane, where the data have two features.

    Example: nnlab plot boundary latest --format pdf
    """
    from nnlab import figures

    return figures.draw_boundary(evaluation)


def evaluated(
    figure: str, address: str, split: SplitName, checkpoint: CheckpointName, runs_dir: Path
) -> "tuple[Run, Evaluation]":
    """Return the run at ``address`` and how it does on a split; ``figure`` is what that is for."""
    from nnlab.evaluation import evaluate
    from nnlab.runs import find_run

    run = find_run(address, runs_dir)
    cause = f"nnlab plot {figure}"
    return run, evaluate(run, split=split, checkpoint=checkpoint, cause=cause)
