"""The confusion matrix: which classes are taken for which."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlab.drawing import style

_LONGEST_NAME = 110.0  # points
_COLOUR_BAR = 0.95  # inches, with its labels
_LUMINANCE = (0.2126, 0.7152, 0.0722)  # of red, green and blue light


@style.styled()
def confusion(counts: NDArray[np.int64], class_names: Sequence[str], *, title: str = "") -> Figure:
    """Return the counts as a table whose colours are shares of the true class.

    Shapes: counts (C, C), true classes in rows, predicted ones in columns. The colours follow the square
    root of the share, so that rare confusions show too. Counts are left out where they would be too
    small to read, and so are the names of some classes; a note or the axis says so.
    """
    classes = len(class_names)
    names = style.distinct(class_names, _LONGEST_NAME, style.TICK)
    longest = max(style.width_of(name, style.TICK) for name in names) / 72
    side = min(0.62 * max(classes, 3), style.PAGE - longest - _COLOUR_BAR - 0.6)
    cell = side / classes * 72
    size = min(9.0, 0.85 * cell / max(style.width_of(f"{counts.max():,}", 1.0), 1.0))
    readable = size >= style.SMALLEST
    note = "" if readable else "counts left out: the cells are too small for them"
    across = all(style.width_of(name, style.TICK) < 0.9 * cell for name in names)

    width = side + longest + _COLOUR_BAR + 0.6
    figure = style.page(width, side + (0.2 if across else longest) + 0.55, title, note)
    axes = figure.add_subplot()
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="viridis", norm=PowerNorm(0.5, vmin=0, vmax=100))
    bar = figure.colorbar(image, ax=axes, label="share of the true class (%)", fraction=0.05, aspect=25)
    bar.set_ticks([0, 1, 5, 10, 20, 50, 100])
    _name(axes.xaxis, "predicted class", names, cell, rotation=0 if across else 90)
    _name(axes.yaxis, "true class", names, cell, rotation=0)
    if readable:
        _write(axes, image.to_rgba(shares)[..., :3], counts, size)
    return figure


def _name(axis: Axis, label: str, names: Sequence[str], cell: float, *, rotation: int) -> None:
    """Put class names on an axis: all, or every n-th if ``cell`` points are too few for a line of text."""
    size = float(np.clip(cell / 1.15, style.SMALLEST, style.TICK))
    every = int(np.ceil(1.15 * size / cell - 1e-9))
    axis.set_ticks(
        range(0, len(names), every),
        [style.plain(name) for name in names[::every]],
        rotation=rotation,
        fontsize=size,
    )
    axis.set_label_text(label if every == 1 else f"{label} (one in {every} is named)")


def _write(axes: Axes, colours: NDArray[np.float64], counts: NDArray[np.int64], size: float) -> None:
    """Write the counts into cells of ``colours`` (C, C, 3): black on what is bright to the eye, else white.

    Where the luminance is 0.179, black and white have the same contrast, 4.58, and nowhere less (WCAG 2.2).
    """
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    bright = linear @ _LUMINANCE > 0.179
    for (row, column), count in np.ndenumerate(counts):
        colour = "black" if bright[row, column] else "white"
        axes.text(column, row, f"{count:,}", ha="center", va="center", fontsize=size, color=colour)
