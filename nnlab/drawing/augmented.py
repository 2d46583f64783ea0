"""Images beside forms of them that augmentation makes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlab.arrays import Labels
from nnlab.drawing import style
from nnlab.drawing.images import drawable

_TILE = 0.75  # inches
_LONGEST_NAME = 100.0  # points
_EDGES = 0.14  # inches, around names and images


@style.styled()
def augmented(
    inputs: NDArray[Any],
    forms: NDArray[Any],
    labels: Labels,
    class_names: Sequence[str],
    *,
    title: str = "",
    note: str = "",
) -> Figure:
    """Return a row for each image: the image as it is stored, and the forms of it.

    Shapes: inputs (R, H, W, C), forms (F, R, H, W, C) of the same type, labels (R,).
    """
    columns, rows = len(forms) + 1, len(inputs)
    everything = np.concatenate([inputs[np.newaxis], forms]).reshape(-1, *inputs.shape[1:])
    images, low, high, treatment = drawable(everything)
    images = images.reshape(columns, rows, *images.shape[1:])
    height, width = images.shape[2:4]
    gap = max(1, max(height, width) // 14)
    wider = 2 * gap  # between the stored images and the others
    sheet = np.full(
        (rows * (height + gap) - gap, columns * (width + gap) - gap + wider, *images.shape[4:]), np.nan
    )
    for column in range(columns):
        left = column * (width + gap) + wider * (column > 0)
        for row in range(rows):
            top = row * (height + gap)
            sheet[top : top + height, left : left + width] = (images[column, row] - low) / (high - low)
    names = style.distinct(class_names, _LONGEST_NAME, style.TICK)
    shown = [names[label] for label in labels]
    margin = max(style.width_of(name, style.TICK) for name in shown) / 72 + _EDGES
    inch = min(_TILE / max(height, width), (style.PAGE - margin) / sheet.shape[1])
    page_width = max(style.COLUMN, inch * sheet.shape[1] + margin)
    notes = "; ".join(filter(None, [note, treatment]))
    figure = style.page(page_width, inch * len(sheet) + 0.3, title, notes)
    axes = figure.add_subplot()
    axes.set_anchor("W")
    axes.spines[:].set_visible(False)
    axes.imshow(np.where(np.isnan(sheet), 1.0, sheet), cmap="gray", vmin=0, vmax=1)
    places = (width - 1) / 2 + (width + gap) * np.arange(columns) + wider * (np.arange(columns) > 0)
    axes.xaxis.tick_top()
    axes.set_xticks(places, ["stored", *(f"step {step}" for step in range(1, columns))])
    axes.set_yticks((height - 1) / 2 + (height + gap) * np.arange(rows), [style.plain(name) for name in shown])
    axes.tick_params(length=0)
    return figure
