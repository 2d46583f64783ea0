"""The learning rate in the course of training."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from nnlab.arrays import Array
from nnlab.drawing import style

_MOST_POINTS = 2000  # of which the line is drawn; print shows no more


@style.styled()
def schedule(steps: NDArray[np.int64], learning_rates: Array, *, title: str = "") -> Figure:
    """Return the learning rate over the steps in which it was used.

    Shapes: steps (R,) increasing, learning_rates (R,). Of more than 2,000 steps every so many are drawn.
    """
    figure = style.page(style.PAGE, 2.2, title)
    axes = figure.add_subplot(xlabel="step", ylabel="learning rate")
    chosen = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), _MOST_POINTS)).astype(np.int64))
    mark = "." if len(chosen) <= 50 else ""
    axes.plot(steps[chosen], learning_rates[chosen], color=style.BLUE, linewidth=1.4, marker=mark)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    return figure
