"""What a network makes of the plane of two features."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlab.arrays import Array, Labels
from nnlab.drawing import style

_MOST_POINTS = 1000
_STRONGEST = 0.5  # how much of a class's colour stands where it is certain


@style.styled()
def boundary(
    probabilities: Array,
    extent: tuple[float, float, float, float],
    points: NDArray[Any],
    labels: Labels,
    class_names: Sequence[str],
    *,
    title: str = "",
) -> Figure:
    """Return the plane in the colour of the class that each place is taken for, the stronger the more probable.

    Shapes: probabilities (Y, X, C) on a grid, whose first and last columns and rows are at ``extent``; points
    (N, 2) and their labels (N,). The first 1,000 points are drawn, and a note says of how many. Black lines are
    where the two most probable classes are equally so. Classes from the seventh on share a grey.
    """
    classes = probabilities.shape[2]
    colours = np.array([to_rgb(style.PALETTE[c] if c < len(style.PALETTE) - 1 else "0.4") for c in range(classes)])
    drawn = min(len(labels), _MOST_POINTS)
    points_note = f"{drawn:,} of {len(labels):,} examples" if drawn < len(labels) else f"{drawn:,} examples"
    strength = "" if classes == 2 else "; the paler, the less certain"
    names = [style.plain(name) for name in style.distinct(class_names, 100, style.TICK)]
    columns = style.columns(names, 4.6)
    rows = -(-min(classes, len(style.PALETTE)) // columns)
    figure = style.page(5.2, 4.2 + 0.16 * rows, title, f"points: {points_note}{strength}")
    axes = figure.add_subplot(xlabel="feature 0", ylabel="feature 1")
    shades = _shades(probabilities, colours)
    axes.imshow(shades, origin="lower", extent=extent, aspect="auto", interpolation="bilinear")
    _draw_lines(axes, extent, probabilities)
    _draw_points(axes, points[:drawn], labels[:drawn], names, colours)
    axes.set(xlim=extent[:2], ylim=extent[2:])
    if classes == 2:
        scale = LinearSegmentedColormap.from_list("", _shades(_certainty(np.linspace(0, 1, 65)), colours).tolist())
        bar = figure.colorbar(ScalarMappable(cmap=scale), ax=axes, fraction=0.05, aspect=25)
        bar.set_label(f"probability of {names[1]} (%)")
        bar.set_ticks([0, 0.25, 0.5, 0.75, 1], labels=["0", "25", "50", "75", "100"])
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=columns, markerscale=1.5)
    return figure


def _certainty(share: Array) -> Array:
    """Return the probabilities (N, 2) of two classes, of which the second has ``share`` (N,)."""
    return np.stack([1 - share, share], axis=-1)


def _shades(probabilities: Array, colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the colour (..., 3) of each place: that of the class that leads, the paler the less it does."""
    classes = probabilities.shape[-1]
    top = probabilities.max(axis=-1, keepdims=True).astype(np.float64)
    lead = _STRONGEST * np.clip((top - 1 / classes) / (1 - 1 / classes), 0, 1)
    shades: NDArray[np.float64] = 1 - lead + lead * colours[probabilities.argmax(axis=-1)]
    return shades


def _draw_lines(axes: Axes, extent: tuple[float, float, float, float], probabilities: Array) -> None:
    """Draw where one class becomes more probable than all others; of two classes once."""
    rows, columns, classes = probabilities.shape
    xs, ys = np.linspace(*extent[:2], columns), np.linspace(*extent[2:], rows)
    for label in range(1 if classes == 2 else classes):
        others = np.delete(probabilities, label, axis=2).max(axis=2)
        lead = probabilities[..., label] - others
        if lead.min() < 0 < lead.max():
            axes.contour(xs, ys, lead, levels=[0], colors="black", linewidths=1)


def _draw_points(
    axes: Axes, points: NDArray[Any], labels: Labels, names: Sequence[str], colours: NDArray[np.float64]
) -> None:
    """Draw the points of each class in its colour; those of the classes without one as one group."""
    most = len(style.PALETTE) - 1
    shown = np.minimum(labels, most)
    for label, name in enumerate(names[: most + 1]):
        told = name if label < most or len(names) == most + 1 else f"the other {len(names) - most} classes"
        x, y = points[shown == label].T
        axes.scatter(
            x, y, s=7, color=[colours[label]], edgecolors="white", linewidths=0.3, label=told, rasterized=True
        )
