"""The outputs of each layer for one example."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import numpy as np
from matplotlib.figure import Figure

from nnlab.arrays import Array
from nnlab.drawing import style
from nnlab.drawing.activations import Stage, activations
from nnlab.errors import UsageError
from nnlab.figures.entry import FigureEntry, Option, Subject, split_name
from nnlab.nn.kernels import threads

_ALONE = (8, 10)  # columns and rows of maps where one layer has the page to itself


def _draw(
    subject: Subject,
    *,
    image: Annotated[int, Option("The number of the example, from 0.", low=0)] = 0,
    layer: Annotated[int | None, Option("Only this one, larger, from 0.", low=0, default="all")] = None,
    rows: int = 2,
) -> list[Figure]:
    """Return the outputs of all layers, each with at most ``rows`` rows of maps, or of one on its own page."""
    network, loss = subject.run.network(subject.checkpoint), subject.run.loss
    if layer is not None and layer >= len(network.layers):
        raise UsageError(f"--layer {layer}: the network has {len(network.layers)} layers, of which the first is 0")
    examples, dataset = subject.dataset.split(subject.split), subject.dataset
    if image >= len(examples):
        raise UsageError(
            f"--image {image}: the {subject.split} split has {len(examples):,} examples, the first of them 0"
        )
    raw = examples.inputs[image : image + 1]
    stages, config = [], subject.config
    with threads.compute(config.compute.threads), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        y = dataset.normalize(raw)
        for index, (spec, each) in enumerate(zip(config.network, network.layers, strict=True)):
            y = each.predict(y)
            stages.append(Stage(f"{index} {spec.type}", y[0]))
        if len(y[0]) == len(subject.class_names) and y[0].ndim == 1:
            stages[-1] = replace(stages[-1], names=subject.class_names)
        label, predicted = int(examples.labels[image]), int(loss.classify(y)[0])
        note = _answer(subject.class_names, loss.probabilities(y)[0], predicted, label)
    title = f"{config.name}, {split_name(subject.split)} example {image:,}"
    if layer is None:
        return activations(raw[0], stages, rows=rows, title=title, note=note)
    columns, most = _ALONE
    return activations(raw[0], [stages[layer]], columns=columns, rows=most, title=title, note=note)


def _answer(class_names: Sequence[str], probabilities: Array, predicted: int, label: int) -> str:
    """Return the true and the predicted class in words; classes of one name are told apart by their numbers."""
    names = style.distinct(class_names, 72 * style.PAGE, style.TITLE)
    share = style.percent(float(probabilities[predicted]))
    return f"true class: {names[label]}; predicted: {names[predicted]} ({share})"


def _file_name(*, layer: int | None = None, **_: object) -> str:
    return "activations" if layer is None else f"activations-layer-{layer}"


ACTIVATIONS = FigureEntry(
    name="activations",
    section="insides",
    summary="Draw what each layer makes of an example: its feature maps, from the input to the scores.",
    example="nnlab plot activations latest --image 7",
    needs=frozenset({"checkpoint", "split"}),
    caption="The outputs of each layer for one example.",
    description="The values that each layer returns for one example, from the input to the scores.",
    question="What is kept from layer to layer, and what is lost?",
    vector=False,
    file_name=_file_name,
    draw=_draw,
)
