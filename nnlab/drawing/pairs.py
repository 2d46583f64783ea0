"""The most frequent confusions, with examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlab.arrays import Labels
from nnlab.drawing import style
from nnlab.drawing.images import drawable

COLUMNS = 8
"""Images in a row."""

_LABEL = 1.65  # inches, for what stands left of the images
_GAP = 0.04  # inches between images
_NUMBER = 0.14  # inches, for the number above an image


@dataclass(frozen=True)
class Confused:
    """``count`` of the ``support`` examples of class ``true`` were predicted as ``predicted``; some of them.

    Shapes: inputs (S, H, W) or (S, H, W, C), uint8 or floats, at most ``COLUMNS`` images; indices (S,), which are
    their numbers in the split.
    """

    true: int
    predicted: int
    count: int
    support: int
    inputs: NDArray[Any]
    indices: Labels


@style.styled()
def pairs(rows: Sequence[Confused], class_names: Sequence[str], *, title: str = "") -> Figure:
    """Return a row of images for each confusion, at least one; all images have one scale of grey."""
    images, low, high, treatment = drawable(np.concatenate([row.inputs for row in rows]))
    tile = (style.PAGE - _LABEL) / COLUMNS
    height = min(max(tile * images.shape[1] / images.shape[2], 0.45) + _NUMBER, 1.1)
    note = "; ".join(
        filter(None, ["true → predicted class, the largest loss first, numbered as in the data", treatment])
    )
    figure = style.sheet(style.PAGE, len(rows) * height + 0.1, title, note)
    names = style.distinct(class_names, 72 * _LABEL - 22, style.TICK)
    total, start = figure.get_figheight(), 0
    for number, row in enumerate(rows):
        bottom = (len(rows) - 1 - number) * height + 0.05
        share = f"{row.count:,} of {row.support:,}"
        lines = (style.plain(names[row.true]), f"→ {style.plain(names[row.predicted])}", share)
        middle = (bottom + height / 2) / total
        figure.text(0.1 / style.PAGE, middle, "\n".join(lines), fontsize=style.TICK, va="center")
        for column, image in enumerate(images[start : start + len(row.inputs)]):
            left = (_LABEL + column * tile) / style.PAGE
            box = (left, bottom / total, (tile - _GAP) / style.PAGE, (height - _NUMBER - _GAP) / total)
            axes = figure.add_axes(box)
            axes.imshow(image, cmap="gray", vmin=low, vmax=high)
            axes.set_axis_off()
            axes.set_title(f"{row.indices[column]:,}", fontsize=style.TICK, pad=1.5)
        start += len(row.inputs)
    return figure
