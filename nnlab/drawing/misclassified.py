"""The images with the largest loss among the misclassified ones."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlab.drawing import style
from nnlab.drawing.images import drawable
from nnlab.drawing.mistakes import Mistakes

_COLUMNS = 5
_TEXT_ROOM = 0.53  # inches, for the three lines above an image


@style.styled()
def misclassified(
    inputs: NDArray[Any], mistakes: Mistakes, class_names: Sequence[str], *, title: str = ""
) -> Figure:
    """Return a grid of the misclassified images, each with its number, both classes and their probabilities.

    Shapes: inputs (S, H, W) or (S, H, W, C), uint8 or floats, in the order of ``mistakes``, at least one.
    """
    shown = len(mistakes.indices)
    columns = min(_COLUMNS, shown)
    rows = ceil(shown / columns)
    tile = style.PAGE / _COLUMNS
    images, low, high, treatment = drawable(inputs)
    height = min(tile * inputs.shape[1] / inputs.shape[2], 2 * tile) + _TEXT_ROOM
    parts = [part for part in (mistakes.note, "true → predicted class (probability)", treatment) if part]
    names = style.distinct(class_names, 0.9 * 72 * tile - style.width_of("→ (>99.9 %)", style.TICK), style.TICK)
    figure = style.page(max(style.COLUMN, columns * tile), rows * height, title, "; ".join(parts))
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for row, (axes, image) in enumerate(zip(grid, images, strict=False)):
        axes.imshow(image, cmap="gray", vmin=low, vmax=high)
        true, predicted = mistakes.labels[row], mistakes.predicted[row]
        shares = [style.percent(float(share)) for share in mistakes.probabilities[row]]
        number = f"example {mistakes.indices[row]:,}"
        lines = (number, f"{names[true]} ({shares[0]})", f"→ {names[predicted]} ({shares[1]})")
        axes.set_title("\n".join(map(style.plain, lines)), fontsize=style.TICK, loc="left", pad=3)
    return figure
