"""The learning rate over the steps of training."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from nnlab.arrays import Array
from nnlab.drawing import style

_MOST_POINTS = 2000  # of a line; print shows no more

Rates = tuple[NDArray[np.int64], Array]
"""Steps (R,), increasing, and the learning rates in them (R,)."""


@style.styled()
def schedule(planned: Rates, used: Rates | None = None, *, title: str = "", note: str = "") -> Figure:
    """Return the learning rate that is planned for each step and, as a broad line, the one that was used so far.

    Of more than 2,000 steps every so many are drawn.
    """
    drawn = used is not None and len(used[0]) > 0
    figure = style.page(style.PAGE, 2.4 if drawn else 2.2, title, note)
    axes = figure.add_subplot(xlabel="step", ylabel="learning rate")
    if used is not None and drawn:
        axes.plot(*_thinned(*used), color=style.SKY, linewidth=4, solid_capstyle="butt", label="used so far")
    steps, rates = _thinned(*planned)
    mark = "." if len(steps) <= 50 else ""
    axes.plot(steps, rates, color=style.BLUE, linewidth=1.4, marker=mark, label="planned")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    if drawn:
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _thinned(steps: NDArray[np.int64], rates: Array) -> Rates:
    chosen = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), _MOST_POINTS)).astype(np.int64))
    return steps[chosen], rates[chosen]
