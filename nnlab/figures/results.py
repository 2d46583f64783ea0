"""What a trained network does: its filters, and its answers on a split of the data."""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from nnlab import drawing
from nnlab.config import load_config
from nnlab.data import Split
from nnlab.errors import RunError
from nnlab.evaluation import Evaluation, load_network, predict_split
from nnlab.nn.kernels import threads
from nnlab.runs import Run
from nnlab.runs.checkpoints import Which

_GRID = 201  # places along each side of the plane


def draw_filters(run: Run, name: str, checkpoint: Which = "best") -> Figure:
    """Return the weights of the first layer that has some, as images; raises RunError if none has.

    ``name`` is that of the experiment, for the title.
    """
    first = load_network(load_config(run.config), run.load(checkpoint)).first_weight
    if first is None:
        raise RunError(f"no layer of {run.name} has weights to draw")
    weight, input_shape = first
    return drawing.filters(weight, input_shape, title=f"{name}, weights of the first layer")


def draw_confusion(outcome: Evaluation) -> Figure:
    """Return the confusion matrix of an evaluation."""
    return drawing.confusion(outcome.metrics.confusion, outcome.metrics.class_names, title=_headline(outcome))


def draw_classes(outcome: Evaluation) -> Figure:
    """Return which part of each class's examples an evaluation found to be of it."""
    return drawing.classes(outcome.metrics, title=_headline(outcome))


def draw_misclassified(evaluation: Evaluation, count: int = 25) -> Figure:
    """Return the ``count`` worst mistakes of an evaluation."""
    inputs, names = evaluation.dataset.split(evaluation.split).inputs, evaluation.dataset.class_names
    title = _headline(evaluation)
    return drawing.misclassified(inputs, evaluation.predictions, names, count=count, title=title)


def draw_calibration(outcome: Evaluation) -> Figure:
    """Return whether an evaluation's predictions are right as often as they are sure."""
    return drawing.calibration(outcome.calibration, title=_headline(outcome))


def draw_pairs(evaluation: Evaluation) -> Figure:
    """Return the most frequent confusions, with examples; raises RunError unless those are images."""
    shape = evaluation.dataset.input_shape
    if len(shape) not in {2, 3}:
        raise RunError(f"the inputs, of shape {'x'.join(map(str, shape))}, are no images that could be shown")
    inputs, names = evaluation.dataset.split(evaluation.split).inputs, evaluation.dataset.class_names
    return drawing.pairs(inputs, evaluation.predictions, names, title=_headline(evaluation))


def draw_boundary(evaluation: Evaluation) -> Figure:
    """Return what a network makes of each place in the plane; raises RunError unless there are two features."""
    config, dataset = evaluation.config, evaluation.dataset
    split = dataset.split(evaluation.split)
    if dataset.input_shape != (2,):
        raise RunError(f"the inputs, of shape {'x'.join(map(str, dataset.input_shape))}, are not two features")
    points = split.inputs[:]
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    margin = 0.05 * (high - low) + 1e-6 * (high == low)
    xs, ys = (np.linspace(a, b, _GRID) for a, b in zip(low - margin, high + margin, strict=True))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2).astype(np.float32)
    places = replace(dataset, test=Split(grid, np.zeros(len(grid), np.int64)))
    with threads.compute(config.compute.threads):
        found = predict_split(evaluation.network, config.loss, places, "test", batch_size=5000)
    probabilities = found.probabilities.reshape(_GRID, _GRID, -1)
    extent = (xs[0], xs[-1], ys[0], ys[-1])
    names, title = dataset.class_names, _headline(evaluation)
    return drawing.boundary(probabilities, extent, points, split.labels, names, title=title)


def _headline(outcome: Evaluation) -> str:
    split = {"train": "training"}.get(outcome.split, outcome.split)
    accuracy = f"{100 * outcome.metrics.accuracy:.2f} % of {outcome.metrics.count:,}"
    return f"{outcome.config.name}, {split} examples: {accuracy} correct"
