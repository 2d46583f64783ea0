"""The mistakes that cost a network most."""

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlab.arrays import Labels
from nnlab.data import Examples
from nnlab.drawing import style
from nnlab.drawing.images import drawable
from nnlab.drawing.mistake_points import mistake_points
from nnlab.drawing.mistake_table import mistake_table
from nnlab.evaluation import Predictions, worst

_COLUMNS = 5
_TEXT_ROOM = 0.36  # inches, for the two lines above an image


@style.styled()
def misclassified(
    inputs: Examples, predictions: Predictions, class_names: Sequence[str], *, count: int = 25, title: str = ""
) -> Figure:
    """Return up to ``count`` >= 1 mistakes, the largest loss first, with both classes and their probabilities.

    Shapes: inputs (N, H, W) or (N, H, W, C), uint8 or floats, are drawn as images; (N, 2) as points in
    the plane, together with the others; in all other cases there is a table without the inputs.
    """
    examples = len(predictions.labels)
    mistakes = np.count_nonzero(predictions.predicted != predictions.labels)
    shown = worst(predictions, count)
    if not mistakes:
        return _no_mistakes(f"no mistakes in {examples:,} examples", title)
    note = f"largest loss first, {len(shown):,} of {mistakes:,} mistakes in {examples:,} examples"
    if len(inputs.shape) in {3, 4}:
        return _images(inputs[shown], predictions, shown, class_names, title=title, note=note)
    if inputs.shape[1:] == (2,):
        return mistake_points(inputs[:], predictions, shown, class_names, title=title, note=note)
    return mistake_table(predictions, shown, class_names, title=title, note=note)


def _no_mistakes(message: str, title: str) -> Figure:
    figure = style.page(style.COLUMN, 0.6, title)
    figure.text(0.5, 0.35, message, ha="center", va="center")
    return figure


def _images(
    inputs: NDArray[Any],
    predictions: Predictions,
    shown: Labels,
    class_names: Sequence[str],
    *,
    title: str,
    note: str,
) -> Figure:
    """Draw the mistakes ``shown``, whose inputs (S, H, W) or (S, H, W, C) are given, as a grid of images."""
    columns = min(_COLUMNS, len(shown))
    rows = ceil(len(shown) / columns)
    tile = style.PAGE / _COLUMNS
    images, low, high, treatment = drawable(inputs)
    height = min(tile * inputs.shape[1] / inputs.shape[2], 2 * tile) + _TEXT_ROOM
    reading = "true → predicted class (probability)"
    parts = [part for part in (note, reading, treatment) if part]
    names = style.distinct(class_names, 0.9 * 72 * tile - style.width_of("→ (>99.9 %)", style.TICK), style.TICK)
    figure = style.page(max(style.COLUMN, columns * tile), rows * height, title, "; ".join(parts))
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, image, example in zip(grid, images, shown, strict=False):
        axes.imshow(image, cmap="gray", vmin=low, vmax=high)
        true, predicted = predictions.labels[example], predictions.predicted[example]
        shares = [style.percent(float(predictions.probabilities[example, label])) for label in (true, predicted)]
        lines = (f"{names[true]} ({shares[0]})", f"→ {names[predicted]} ({shares[1]})")
        axes.set_title("\n".join(map(style.plain, lines)), fontsize=style.TICK, loc="left", pad=3)
    return figure
