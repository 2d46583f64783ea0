"""The classes that are taken for each other most often, with examples."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from nnlab.data import Examples
from nnlab.drawing import style
from nnlab.drawing.images import drawable
from nnlab.evaluation import Predictions, confused_pairs

_ROWS, _COLUMNS = 8, 8
_LABEL = 1.65  # inches, for what stands left of the images
_GAP = 0.04  # inches between images


@style.styled()
def pairs(inputs: Examples, predictions: Predictions, class_names: Sequence[str], *, title: str = "") -> Figure:
    """Return the eight most frequent confusions, each with up to eight of its examples, the largest loss first.

    Shapes: inputs (N, H, W) or (N, H, W, C), uint8 or floats.
    """
    classes = len(class_names)
    cells = np.bincount(predictions.labels * classes + predictions.predicted, minlength=classes**2)
    counts = cells.reshape(classes, classes)
    chosen = confused_pairs(counts, _ROWS)
    if not chosen:
        figure = style.sheet(style.COLUMN, 0.6, title)
        figure.text(0.5, 0.35, f"no mistakes in {len(predictions.labels):,} examples", ha="center", va="center")
        return figure
    members = [_members(predictions, true, taken) for true, taken in chosen]
    images, low, high, treatment = drawable(inputs[np.concatenate(members)])
    tile = (style.PAGE - _LABEL) / _COLUMNS
    height = min(max(tile * inputs.shape[1] / inputs.shape[2], 0.45), 1.1)
    reading = "true → predicted class, the largest loss first"
    note = "; ".join(filter(None, [reading, treatment]))
    figure = style.sheet(style.PAGE, len(chosen) * height + 0.1, title, note)
    names = style.distinct(class_names, 72 * _LABEL - 22, style.TICK)
    total, start = figure.get_figheight(), 0
    for row, ((true, taken), rows) in enumerate(zip(chosen, members, strict=True)):
        bottom = (len(chosen) - 1 - row) * height + 0.05
        share = f"{counts[true, taken]:,} of {counts[true].sum():,}"
        lines = (style.plain(names[true]), f"→ {style.plain(names[taken])}", share)
        middle = (bottom + height / 2) / total
        figure.text(0.1 / style.PAGE, middle, "\n".join(lines), fontsize=style.TICK, va="center")
        for column, image in enumerate(images[start : start + len(rows)]):
            left = (_LABEL + column * tile) / style.PAGE
            box = (left, bottom / total, (tile - _GAP) / style.PAGE, (height - _GAP) / total)
            axes = figure.add_axes(box)
            axes.imshow(image, cmap="gray", vmin=low, vmax=high)
            axes.set_axis_off()
        start += len(rows)
    return figure


def _members(predictions: Predictions, true: int, taken: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return examples of class ``true`` that were taken for ``taken``, the largest loss first."""
    rows = np.flatnonzero((predictions.labels == true) & (predictions.predicted == taken))
    losses = np.nan_to_num(predictions.losses[rows], nan=np.inf)
    return rows[np.argsort(-losses, kind="stable")][:_COLUMNS]
