"""Accuracy of each class, with what chance leaves open."""

from dataclasses import replace
from math import ceil, floor

import numpy as np
from matplotlib.figure import Figure

from nnlab.drawing import style
from nnlab.evaluation import Metrics

_ROW = 0.19  # inches
_MOST_ROWS = 45
_LONGEST_NAME = 150.0  # points
_STEP = 2  # percent, at a multiple of which the axis begins and ends


@style.styled()
def classes(metrics: Metrics, *, title: str = "") -> Figure:
    """Return a dot for each class, at the part of its examples that were found, with its 95 % interval.

    The interval is Wilson's, as ``Metrics.interval`` has it. A line stands at the accuracy over all classes. The
    axis is as long as these need, so that classes can be told apart where all are near 100 %.
    Of more than 45 classes those of the lowest accuracy are shown, and a note says so.
    """
    names = style.distinct(metrics.class_names, _LONGEST_NAME, style.TICK)
    tested = np.flatnonzero(metrics.support)
    order = tested[np.argsort(metrics.recall[tested], kind="stable")]
    shown = np.sort(order[:_MOST_ROWS])
    kind = f"the {len(shown)} classes of the lowest accuracy" if len(order) > len(shown) else "classes"
    without = len(names) - len(tested)
    note = [f"{kind}, of {len(names)}" if len(order) > len(shown) else "", "whiskers: 95 % intervals"]
    note += [f"classes without examples, left out: {without}"] if without else []
    figure = style.page(5.2, max(1.6, _ROW * len(shown) + 0.9), title, "; ".join(filter(None, note)))
    axes = figure.add_subplot(xlabel="accuracy of the class (%)", ylim=(len(shown) - 0.4, -0.6))
    recall, intervals = 100 * metrics.recall[shown], 100 * np.array([_interval(metrics, i) for i in shown])
    ends = [*intervals.flat, 100 * metrics.accuracy]
    axes.set_xlim(_STEP * floor(min(ends) / _STEP), _STEP * ceil(max(ends) / _STEP))
    axes.grid(axis="y", color="0.9", linewidth=0.6)  # leads from a name to its dot
    axes.set_axisbelow(True)
    rows = np.arange(len(shown))
    reach = np.abs(intervals.T - recall)
    axes.plot(recall, rows, "o", color=style.BLUE, markersize=4, zorder=3, clip_on=False)
    axes.errorbar(recall, rows, xerr=reach, fmt="none", ecolor="black", elinewidth=0.8, capsize=2, clip_on=False)
    overall = f"all classes: {100 * metrics.accuracy:.2f} %"
    line = axes.axvline(100 * metrics.accuracy, color=style.VERMILION, linewidth=1, linestyle="--", label=overall)
    axes.set_yticks(rows, [style.plain(names[i]) for i in shown])
    axes.tick_params(axis="y", length=0)
    values = axes.secondary_yaxis("right")
    values.set_yticks(
        rows, [f"{value:.1f} % of {metrics.support[i]:,}" for i, value in zip(shown, recall, strict=True)]
    )
    values.tick_params(axis="y", length=0, pad=6)
    values.spines.right.set_visible(False)
    figure.legend(handles=[line], loc="outside lower center")
    return figure


def _interval(metrics: Metrics, label: int) -> tuple[float, float]:
    """Return the interval of the accuracy on the examples of one class alone."""
    alone = np.zeros_like(metrics.confusion)
    alone[label] = metrics.confusion[label]
    return replace(metrics, confusion=alone).interval
