"""Accuracy of each class, with what chance leaves open."""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from nnlab.evaluation import Metrics
from nnlab.figures import style

_ROW = 0.19  # inches
_MOST_ROWS = 45
_LONGEST_NAME = 150.0  # points


@style.styled()
def classes(metrics: Metrics, *, title: str = "") -> Figure:
    """Return a bar for each class, the part of its examples that were found, with its 95 % interval.

    The interval is Wilson's, as ``Metrics.interval`` has it. A line stands at the accuracy over all classes.
    Of more than 45 classes those of the lowest accuracy are shown, and a note says so.
    """
    names = style.distinct(metrics.class_names, _LONGEST_NAME, style.TICK)
    tested = np.flatnonzero(metrics.support)
    order = tested[np.argsort(metrics.recall[tested], kind="stable")]
    shown = np.sort(order[:_MOST_ROWS])
    kind = f"the {len(shown)} classes of the lowest accuracy" if len(order) > len(shown) else "classes"
    without = len(names) - len(tested)
    note = [f"{kind}, of {len(names)}" if len(order) > len(shown) else "", "bars: 95 % interval"]
    note += [f"classes without examples, left out: {without}"] if without else []
    figure = style.page(5.2, max(1.6, _ROW * len(shown) + 0.9), title, "; ".join(filter(None, note)))
    axes = figure.add_subplot(xlabel="accuracy of the class (%)", xlim=(0, 100), ylim=(len(shown) - 0.4, -0.6))
    recall, intervals = 100 * metrics.recall[shown], 100 * np.array([_interval(metrics, i) for i in shown])
    rows = np.arange(len(shown))
    axes.barh(rows, recall, height=0.72, color=style.SKY)
    reach = np.abs(intervals.T - recall)
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
