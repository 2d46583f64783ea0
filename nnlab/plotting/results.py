"""What a trained network does: its filters, and its answers on a split of the data."""

from matplotlib.figure import Figure

from nnlab import figures
from nnlab.experiment import Evaluation, first_weight
from nnlab.runs import Run
from nnlab.runs.checkpoints import Which


def draw_filters(run: Run, name: str, checkpoint: Which = "best") -> Figure:
    """Return the weights of the first layer that has some, as images; raises RunError if none has.

    ``name``, here and below, is that of the experiment, for the title.
    """
    weight, input_shape = first_weight(run, checkpoint)
    return figures.filters(weight, input_shape, title=f"{name}, weights of the first layer")


def draw_confusion(evaluation: Evaluation, name: str) -> Figure:
    """Return the confusion matrix of an evaluation."""
    names = evaluation.dataset.class_names
    return figures.confusion(evaluation.metrics.confusion, names, title=_headline(evaluation, name))


def draw_classes(evaluation: Evaluation, name: str) -> Figure:
    """Return which part of each class's examples an evaluation found to be of it."""
    return figures.classes(evaluation.metrics, title=_headline(evaluation, name))


def draw_misclassified(evaluation: Evaluation, name: str, count: int = 25) -> Figure:
    """Return the ``count`` worst mistakes of an evaluation."""
    inputs, names = evaluation.dataset.split(evaluation.split).inputs, evaluation.dataset.class_names
    title = _headline(evaluation, name)
    return figures.misclassified(inputs, evaluation.predictions, names, count=count, title=title)


def _headline(evaluation: Evaluation, name: str) -> str:
    split = {"train": "training"}.get(evaluation.split, evaluation.split)
    accuracy = f"{100 * evaluation.metrics.accuracy:.2f} % of {evaluation.metrics.count:,}"
    return f"{name}, {split} examples: {accuracy} correct"
