"""Figures of how a run does on a split of its data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.drawing import Drawn
from nnlab.cli.options import CheckpointChoice, RunAddress, RunsDir, Split, SplitChoice, Which

if TYPE_CHECKING:
    from nnlab.experiment import Evaluation
    from nnlab.runs import Run

Count = Annotated[int, typer.Option("--count", min=1, max=200, help="How many mistakes to show.")]


def confusion(
    address: RunAddress,
    split: Split = SplitChoice.test,
    checkpoint: Which = CheckpointChoice.best,
    runs_dir: RunsDir = Path("runs"),
) -> Drawn:
    """Draw which classes are taken for which.

    Example: nnlab plot confusion latest --format svg
    """
    from nnlab import plotting

    run, evaluation = evaluated("confusion", address, split, checkpoint, runs_dir)
    return {run.figures / "confusion": plotting.draw_confusion(evaluation)}


def classes(
    address: RunAddress,
    split: Split = SplitChoice.test,
    checkpoint: Which = CheckpointChoice.best,
    runs_dir: RunsDir = Path("runs"),
) -> Drawn:
    """Draw the accuracy of each class, with 95 % intervals.

    Example: nnlab plot classes latest
    """
    from nnlab import plotting

    run, evaluation = evaluated("classes", address, split, checkpoint, runs_dir)
    return {run.figures / "classes": plotting.draw_classes(evaluation)}


def misclassified(
    address: RunAddress,
    split: Split = SplitChoice.test,
    checkpoint: Which = CheckpointChoice.best,
    count: Count = 25,
    runs_dir: RunsDir = Path("runs"),
) -> Drawn:
    """Draw the worst mistakes, the largest loss first.

    Example: nnlab plot misclassified latest --count 40
    """
    from nnlab import plotting

    run, evaluation = evaluated("misclassified", address, split, checkpoint, runs_dir)
    return {run.figures / "misclassified": plotting.draw_misclassified(evaluation, count)}


def calibration(
    address: RunAddress,
    split: Split = SplitChoice.test,
    checkpoint: Which = CheckpointChoice.best,
    runs_dir: RunsDir = Path("runs"),
) -> Drawn:
    """Draw whether the network is right as often as it is sure, with the expected calibration error.

    Example: nnlab plot calibration latest --split validation
    """
    from nnlab import plotting

    run, evaluation = evaluated("calibration", address, split, checkpoint, runs_dir)
    return {run.figures / "calibration": plotting.draw_calibration(evaluation)}


def pairs(
    address: RunAddress,
    split: Split = SplitChoice.test,
    checkpoint: Which = CheckpointChoice.best,
    runs_dir: RunsDir = Path("runs"),
) -> Drawn:
    """Draw the classes that are taken for each other most often, with examples.

    Example: nnlab plot pairs latest
    """
    from nnlab import plotting

    run, evaluation = evaluated("pairs", address, split, checkpoint, runs_dir)
    return {run.figures / "pairs": plotting.draw_pairs(evaluation)}


def boundary(
    address: RunAddress,
    split: Split = SplitChoice.test,
    checkpoint: Which = CheckpointChoice.best,
    runs_dir: RunsDir = Path("runs"),
) -> Drawn:
    """Draw what the network makes of the plane, where the data have two features.

    Example: nnlab plot boundary latest --format pdf
    """
    from nnlab import plotting

    run, evaluation = evaluated("boundary", address, split, checkpoint, runs_dir)
    return {run.figures / "boundary": plotting.draw_boundary(evaluation)}


def evaluated(
    figure: str, address: str, split: SplitChoice, checkpoint: CheckpointChoice, runs_dir: Path
) -> "tuple[Run, Evaluation]":
    """Return the run at ``address`` and how it does on a split; ``figure`` is what that is for."""
    from nnlab import experiment

    run = experiment.open_run(address, runs_dir)
    cause = f"nnlab plot {figure}"
    return run, experiment.evaluate(run, split=split.value, checkpoint=checkpoint.value, cause=cause)
