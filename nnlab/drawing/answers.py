"""Images with the classes that a network takes them for."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlab.arrays import Array, Labels
from nnlab.drawing import style
from nnlab.drawing.images import drawable

_COLUMNS = 5
_LINE = 0.135  # inches, of a line of text above an image
_HIGHEST = 9.0  # inches, of all rows

MOST = 25
"""The most images that one figure shows."""


@style.styled()
def answers(
    inputs: NDArray[Any],
    ranked: Labels,
    probabilities: Array,
    names: Sequence[str],
    class_names: Sequence[str],
    *,
    title: str = "",
    note: str = "",
) -> Figure:
    """Return a grid of images, each below its name and its most probable classes with their probabilities.

    Shapes: inputs (S, H, W) or (S, H, W, C), uint8 or floats, at least one and at most ``MOST``; ``names`` has S;
    ranked (S, K), the K most probable classes of each, and probabilities (S, K), 0-1.
    """
    columns = min(_COLUMNS, len(inputs))
    rows = ceil(len(inputs) / columns)
    tile = style.PAGE / _COLUMNS
    images, low, high, treatment = drawable(inputs)
    text = (ranked.shape[1] + 1.4) * _LINE
    height = text + min(tile * inputs.shape[1] / inputs.shape[2], 2 * tile, _HIGHEST / rows - text)
    width = max(style.COLUMN, columns * tile)
    figure = style.page(width, rows * height, title, "; ".join(filter(None, [note, treatment])))
    room = 0.9 * 72 * tile
    labels = style.distinct(class_names, room - style.width_of(" >99.9 %", style.TICK), style.TICK)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for row, (axes, image) in enumerate(zip(grid, images, strict=False)):
        axes.imshow(image, cmap="gray", vmin=low, vmax=high)
        lines = [style.fitted(names[row], room, style.TICK)]
        for label, share in zip(ranked[row], probabilities[row], strict=True):
            lines.append(f"{labels[label]} {style.percent(float(share))}")
        axes.set_title("\n".join(map(style.plain, lines)), fontsize=style.TICK, loc="left", pad=3)
    return figure
