"""How many examples of each class there are."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from nnlab.arrays import Labels
from nnlab.drawing import style

_ROW = 0.19  # inches
_MOST_ROWS = 45
_LONGEST_NAME = 150.0  # points


@style.styled()
def class_counts(labels: Mapping[str, Labels], class_names: Sequence[str], *, title: str = "") -> Figure:
    """Return how many examples each class has, in a panel for each split.

    Shapes: labels (N,) of each split, at least one. Of more than 45 classes the first are shown.
    """
    shown = min(len(class_names), _MOST_ROWS)
    names = style.distinct(class_names, _LONGEST_NAME, style.TICK)[:shown]
    note = f"the first {shown} of {len(class_names)} classes" if shown < len(class_names) else ""
    figure = style.page(style.PAGE, max(1.6, _ROW * shown + 0.6), title, note)
    panels = figure.subplots(1, len(labels), sharey=True, squeeze=False)[0]
    rows = np.arange(shown)
    for axes, (split, each) in zip(panels, labels.items(), strict=True):
        counts = np.bincount(each, minlength=len(class_names))[:shown]
        axes.barh(rows, counts, height=0.72, color=style.BLUE)
        axes.set(title=f"{style.plain(split)} ({len(each):,})", xlabel="examples", ylim=(shown - 0.4, -0.6))
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.tick_params(axis="y", length=0)
    panels[0].set_yticks(rows, [style.plain(name) for name in names])
    return figure
