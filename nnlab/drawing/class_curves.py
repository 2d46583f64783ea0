"""One curve for each class in one panel, told apart however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnlab.arrays import Array
from nnlab.drawing import style

_COLOURS = (*style.PALETTE[:-1], "black", "#882255")  # yellow is hard to see on white; the last is Tol's wine
_DASHES = ("-", "--")
_OTHERS = "0.8"
_MOST_POINTS = 500  # of a line; print shows no more
_LONGEST_NAME = 110.0  # points


@dataclass(frozen=True)
class ClassCurve:
    """A curve in the unit square and the ``area`` under it, NaN if there is none; shapes: x and y (P,)."""

    x: Array
    y: Array
    area: float


@style.styled()
def class_curves(
    curves: Sequence[ClassCurve],
    class_names: Sequence[str],
    *,
    axes_names: tuple[str, str],
    drawstyle: str = "default",
    title: str = "",
    note: str = "",
) -> tuple[Figure, Axes]:
    """Return a figure of a curve for each class, in percent, with areas in the legend, and its axes.

    Up to 16 classes have a colour and dashes of their own. Of more, the eight with the smallest areas do, and the
    others are grey, with the range of their areas. Classes without an area are left out, which a note says.
    """
    drawn = [label for label, curve in enumerate(curves) if not np.isnan(curve.area)]
    ranked = sorted(drawn, key=lambda label: curves[label].area)
    styles = [(colour, dashes) for dashes in _DASHES for colour in _COLOURS]
    own = sorted(ranked if len(ranked) <= len(styles) else ranked[: len(_COLOURS)])
    others = sorted(set(drawn) - set(own))
    names = [style.plain(name) for name in style.distinct(class_names, _LONGEST_NAME, style.TICK)]
    labels = [f"{names[label]}: {curves[label].area:.3f}" for label in own]
    if others:
        low, high = (curves[ranked[end]].area for end in (len(own), -1))
        labels.append(f"the other {len(others)} classes: {low:.3f} to {high:.3f}")
    columns = style.columns(labels, 5.0) if labels else 1
    without = f"classes without an area, left out: {len(curves) - len(drawn)}" if len(drawn) < len(curves) else ""
    heading = "; ".join(filter(None, [note, without]))
    figure = style.page(5.0, 4.3 + 0.16 * -(-len(labels) // columns), title, heading)
    axes = figure.add_subplot(xlabel=axes_names[0], ylabel=axes_names[1], xlim=(-1, 101), ylim=(-1, 101))
    axes.set_box_aspect(0.9)
    for label, text, (colour, dashes) in zip(own, labels, styles, strict=False):
        x, y = _thinned(curves[label])
        axes.plot(100 * x, 100 * y, color=colour, linestyle=dashes, lw=1.1, drawstyle=drawstyle, label=text)
    for label in others:
        x, y = _thinned(curves[label])
        once = labels[-1] if label == others[-1] else None
        axes.plot(100 * x, 100 * y, color=_OTHERS, lw=1.1, drawstyle=drawstyle, label=once, zorder=1)
    if labels:
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=columns)
    return figure, axes


def _thinned(curve: ClassCurve) -> tuple[Array, Array]:
    """Return up to 500 points at about equal distances along the curve, its ends among them."""
    if len(curve.x) <= _MOST_POINTS:
        return curve.x, curve.y
    length = np.append(0, np.cumsum(np.abs(np.diff(curve.x)) + np.abs(np.diff(curve.y))))
    chosen = np.searchsorted(length, np.linspace(0, length[-1], _MOST_POINTS - 1))
    chosen = np.unique(np.append(chosen, len(curve.x) - 1))
    return curve.x[chosen], curve.y[chosen]
