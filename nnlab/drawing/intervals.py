"""Accuracies of settings side by side, with what chance leaves open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnlab.drawing import style

_ROW = 0.13  # inches for each accuracy of a setting
_HIGHEST = 8.4  # inches for all rows
_LONGEST_NAME = 170.0  # points
_COLOURS = (style.BLUE, style.VERMILION)
_MARKS = ("o", "s")


@dataclass(frozen=True)
class Measured:
    """An accuracy (0-1) of a setting: of each of its runs; ``interval``: the 95 % one of their mean, if known."""

    values: tuple[float, ...]
    interval: tuple[float, float] | None

    @property
    def mean(self) -> float:
        """The mean over the runs."""
        return sum(self.values) / len(self.values)


@style.styled()
def intervals(
    names: Sequence[str], measured: Mapping[str, Sequence[Measured | None]], *, title: str = "", note: str = ""
) -> Figure:
    """Return a row for each setting: a mark at the mean of its runs, its 95 % interval, and a dot for each run.

    ``measured`` has up to two accuracies of all settings, by what they are called, such as ``validation``; they
    share the axis. Of more settings than fit a page those of the highest first accuracy are shown; a note says so.
    """
    first, *_ = measured.values()
    order = sorted(range(len(names)), key=lambda i: -1.0 if (found := first[i]) is None else found.mean)
    row_height = _ROW * (len(measured) + 0.6)
    shown = sorted(order[-int(_HIGHEST / row_height) :])
    part = f"the {len(shown)} settings of the highest accuracy, of {len(names)}" if len(shown) < len(names) else ""
    key = "small dots: single runs; whiskers: 95 % intervals"
    labels = style.distinct(names, _LONGEST_NAME, style.TICK)
    height = max(1.3, row_height * len(shown) + 0.9)
    figure = style.page(style.PAGE - 1, height, title, "; ".join(filter(None, [note, part, key])))
    axes = figure.add_subplot(xlabel="accuracy (%)", ylim=(len(shown) - 0.4, -0.6))
    axes.set_yticks(range(len(shown)), [style.plain(labels[i]) for i in shown])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    for number, found in enumerate(measured.values()):
        shift = 0.28 * (2 * number - len(measured) + 1)
        for row, i in enumerate(shown):
            if each := found[i]:
                _draw(axes, row + shift, each, _COLOURS[number], _MARKS[number])
    low, high = axes.get_xlim()
    axes.set_xlim(max(low, -2), min(high, 102))
    handles = [
        Line2D([], [], color=colour, marker=mark, linestyle="none", markersize=5, label=style.plain(name))
        for name, colour, mark in zip(measured, _COLOURS, _MARKS, strict=False)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _draw(axes: Axes, y: float, found: Measured, colour: str, mark: str) -> None:
    """Draw one accuracy of a setting; a single run, whose interval is not over seeds, has a hollow mark."""
    mean, values = 100 * found.mean, [100 * value for value in found.values]
    if found.interval:
        axes.plot([100 * end for end in found.interval], [y, y], "-", color=colour, lw=1, zorder=2, clip_on=False)
    if len(values) > 1:
        axes.plot(values, [y] * len(values), ".", color="0.35", markersize=3, zorder=4, clip_on=False)
    inside = colour if len(values) > 1 else "white"
    axes.plot(
        [mean], [y], mark, color=colour, markerfacecolor=inside, alpha=0.9, markersize=5, zorder=3, clip_on=False
    )
