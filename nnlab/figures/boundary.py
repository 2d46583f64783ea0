"""The decision boundary in the plane of two features."""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from nnlab.data import Split
from nnlab.drawing.boundary import boundary
from nnlab.evaluation import predict_split
from nnlab.figures.entry import FigureEntry, Subject, dimensions, headline
from nnlab.nn.kernels import threads

_GRID = 201  # places along each side of the plane


def _draw(subject: Subject) -> Figure:
    split = subject.dataset.split(subject.split)
    points = split.inputs[:]
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    margin = 0.05 * (high - low) + 1e-6 * (high == low)
    xs, ys = (np.linspace(a, b, _GRID) for a, b in zip(low - margin, high + margin, strict=True))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2).astype(np.float32)
    places = replace(subject.dataset, test=Split(grid, np.zeros(len(grid), np.int64)))
    network, loss = subject.run.network(subject.checkpoint), subject.run.loss
    with threads.compute(subject.config.compute.threads):
        found = predict_split(network, loss, places, "test", batch_size=5000)
    return boundary(
        found.probabilities.reshape(_GRID, _GRID, -1),
        (xs[0], xs[-1], ys[0], ys[-1]),
        points,
        split.labels,
        subject.class_names,
        title=headline(subject.evaluation),
    )


def _applies(subject: Subject) -> str | None:
    shape = subject.input_shape
    return None if shape == (2,) else f"the inputs, of shape {dimensions(shape)}, are not two features"


BOUNDARY = FigureEntry(
    name="boundary",
    section="results",
    summary="Draw what the network makes of the plane, where the data have two features.",
    example="nnlab plot boundary latest --format pdf",
    needs=frozenset({"evaluation", "split", "checkpoint"}),
    applies=_applies,
    caption="The predicted class at each point of the plane of the two features, and the examples.",
    description="A map of the plane in the colours of the classes, with the examples as points.",
    question="Where are the boundaries wrong, and could this network do better?",
    vector=False,
    draw=_draw,
)
