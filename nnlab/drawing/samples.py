"""Some images of each class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlab.arrays import Labels
from nnlab.drawing import style
from nnlab.drawing.images import drawable

_MOST_ROWS = 20
_COLUMNS = 8
_TILE = 0.56  # inches
_LONGEST_NAME = 100.0  # points
_EDGES = 0.14  # inches, around names and images


@style.styled()
def samples(inputs: NDArray[Any], labels: Labels, class_names: Sequence[str], *, title: str = "") -> Figure:
    """Return up to eight of the images of each class, a class in a row.

    Shapes: inputs (N, H, W) or (N, H, W, C), labels (N,). Of more than 20 classes the first are shown.
    """
    shown = min(len(class_names), _MOST_ROWS)
    names = style.distinct(class_names, _LONGEST_NAME, style.TICK)[:shown]
    images, low, high, treatment = drawable(inputs)
    height, width = images.shape[1:3]
    gap = max(1, max(height, width) // 14)
    sheet = np.full((shown * (height + gap) - gap, _COLUMNS * (width + gap) - gap, *images.shape[3:]), np.nan)
    for label in range(shown):
        for column, example in enumerate(np.flatnonzero(labels == label)[:_COLUMNS]):
            top, left = label * (height + gap), column * (width + gap)
            sheet[top : top + height, left : left + width] = (images[example] - low) / (high - low)
    margin = max(style.width_of(name, style.TICK) for name in names) / 72 + _EDGES
    inch = min(_TILE / max(height, width), 8.2 / len(sheet), (style.PAGE - margin) / sheet.shape[1])
    few = f"the first {shown} of {len(class_names)} classes" if shown < len(class_names) else ""
    note = "; ".join(filter(None, [few, treatment]))
    page_width = max(style.COLUMN, inch * sheet.shape[1] + margin)
    figure = style.page(page_width, inch * len(sheet) + 0.15, title, note)
    axes = figure.add_subplot()
    axes.set_anchor("W")  # the layout leaves the names the room that they need left of where the axes may begin
    axes.spines[:].set_visible(False)
    axes.imshow(np.where(np.isnan(sheet), 1.0, sheet), cmap="gray", vmin=0, vmax=1)
    axes.set_xticks([])
    axes.set_yticks((height - 1) / 2 + (height + gap) * np.arange(shown), [style.plain(name) for name in names])
    axes.tick_params(length=0)
    return figure
