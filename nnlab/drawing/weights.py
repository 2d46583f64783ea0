"""How large the weights of each layer are, and how large their gradients."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nnlab.arrays import Array
from nnlab.drawing import style

_BINS = 60
_ROWS = 8  # on a page


@dataclass(frozen=True)
class Spread:
    """The weights of a layer under their ``name``, and the gradient of the loss (nats); both of one shape."""

    name: str
    weight: Array
    gradient: Array


@style.styled()
def weights(spreads: Sequence[Spread], *, title: str = "", note: str = "") -> list[Figure]:
    """Return histograms of weights and gradients, a layer in a row, on as many pages as that takes.

    Beside the name stand the standard deviation and, if there are any, the share of values that are exactly 0.
    Values that are not finite are left out. Shares are on a logarithmic scale.
    """
    pages = [spreads[start : start + _ROWS] for start in range(0, len(spreads), _ROWS)]
    return [
        _page(page, f"{title} ({number} of {len(pages)})" if len(pages) > 1 else title, note)
        for number, page in enumerate(pages, start=1)
    ]


def _page(spreads: Sequence[Spread], title: str, note: str) -> Figure:
    figure = style.page(style.PAGE, 0.98 * len(spreads) + 0.4, title, note)
    grid = figure.subplots(len(spreads), 2, squeeze=False)
    for (left, right), spread in zip(grid, spreads, strict=True):
        name = style.fitted(spread.name, 110, style.TICK)
        _draw(left, spread.weight, style.plain(name), style.BLUE)
        _draw(right, spread.gradient, "gradient", style.VERMILION)
        left.set_ylabel("share (%)")
    grid[-1, 0].set_xlabel("weight")
    grid[-1, 1].set_xlabel("gradient of the loss (nats per unit of weight)")
    figure.align_ylabels(grid[:, 0])
    return figure


def _draw(axes: Axes, values: Array, name: str, colour: str) -> None:
    """Draw a histogram of ``values`` and write below the top what they come to."""
    finite = values[np.isfinite(values)].astype(np.float64)
    lost = values.size - len(finite)
    facts = [f"{name}: {values.size:,} values"]
    if len(finite):
        zeros = np.count_nonzero(finite == 0)
        facts.append(f"sd {finite.std():.2g}")
        facts += [f"{style.percent(zeros / len(finite))} are 0"] if zeros else []
        counts, edges = np.histogram(finite, _BINS)
        axes.stairs(100 * counts / len(finite), edges, fill=True, color=colour)
        axes.set_yscale("log")
        axes.set_ylim(0.5 * 100 / len(finite), 200)
        axes.set_yticks([tick for tick in (0.001, 0.1, 1, 10, 100) if tick > 50 / len(finite)][-3:])
        axes.yaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
    facts += [f"not finite: {lost:,}"] if lost else []
    axes.set_title(", ".join(facts), fontsize=style.TICK, loc="left", pad=2)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter("{x:.3g}")
