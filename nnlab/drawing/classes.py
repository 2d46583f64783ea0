"""Accuracy of each class, with its interval."""

from collections.abc import Sequence
from math import ceil, floor

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlab.arrays import Array
from nnlab.drawing import style

_ROW = 0.19  # inches
_MOST_ROWS = 45
_LONGEST_NAME = 150.0  # points
_STEP = 2  # percent, at a multiple of which the axis begins and ends


@style.styled()
def classes(
    recall: Array,
    intervals: Array,
    support: NDArray[np.int64],
    accuracy: float,
    class_names: Sequence[str],
    *,
    title: str = "",
) -> Figure:
    """Return a dot for each class at the accuracy on its examples, its recall, with a 95 % interval.

    Shapes: recall (C,) and intervals (C, 2), 0-1; support (C,) examples. A line marks the ``accuracy`` (0-1) over
    all classes. The axis spans what is drawn, so that classes can be told apart where all are near 100 %.
    Of more than 45 classes those of the lowest accuracy are shown, and a note says so.
    """
    names = style.distinct(class_names, _LONGEST_NAME, style.TICK)
    tested = np.flatnonzero(support)
    order = tested[np.argsort(recall[tested], kind="stable")]
    shown = np.sort(order[:_MOST_ROWS])
    kind = f"the {len(shown)} classes of the lowest accuracy" if len(order) > len(shown) else "classes"
    without = len(names) - len(tested)
    note = [f"{kind}, of {len(names)}" if len(order) > len(shown) else "", "whiskers: 95 % intervals"]
    note += [f"classes without examples, left out: {without}"] if without else []
    figure = style.page(5.2, max(1.6, _ROW * len(shown) + 0.9), title, "; ".join(filter(None, note)))
    axes = figure.add_subplot(xlabel="accuracy of the class (%)", ylim=(len(shown) - 0.4, -0.6))
    shares, limits = 100 * recall[shown], 100 * intervals[shown]
    ends = [*limits.flat, 100 * accuracy]
    axes.set_xlim(_STEP * floor(min(ends) / _STEP), _STEP * ceil(max(ends) / _STEP))
    axes.grid(axis="y", color="0.9", linewidth=0.6)  # leads from a name to its dot
    axes.set_axisbelow(True)
    rows = np.arange(len(shown))
    reach = np.abs(limits.T - shares)
    axes.plot(shares, rows, "o", color=style.BLUE, markersize=4, zorder=3, clip_on=False)
    axes.errorbar(shares, rows, xerr=reach, fmt="none", ecolor="black", elinewidth=0.8, capsize=2, clip_on=False)
    overall = f"all classes: {100 * accuracy:.2f} %"
    line = axes.axvline(100 * accuracy, color=style.VERMILION, linewidth=1, linestyle="--", label=overall)
    axes.set_yticks(rows, [style.plain(names[i]) for i in shown])
    axes.tick_params(axis="y", length=0)
    values = axes.secondary_yaxis("right")
    values.set_yticks(rows, [f"{value:.1f} % of {support[i]:,}" for i, value in zip(shown, shares, strict=True)])
    values.tick_params(axis="y", length=0, pad=6)
    values.spines.right.set_visible(False)
    figure.legend(handles=[line], loc="outside lower center")
    return figure
