"""Draw step times and ratios."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from bench.results import Comparison, Ratio, Report
from nnlab.drawing import style

_ROW = 0.24
"""Height of a row in inches, unless there are many."""

_MOST = 8.5
"""Maximum height of all rows in inches, so that the figure fits a page."""


@dataclass(frozen=True)
class _Row:
    """A timed network or kernel; ``form`` is the form of PyTorch that it is compared with."""

    label: str
    comparison: Comparison
    form: str | None

    @property
    def ratio(self) -> Ratio | None:
        return self.comparison.ratios[self.form] if self.form else None


@style.styled()
def comparison_figure(report: Report) -> Figure:
    """Return the times in ``report`` and, if PyTorch was timed too, the ratios of its times to nnlab's."""
    networks = [_Row(f"{r.name} ({r.batch_size})", r.comparison, r.form) for r in report.networks]
    kernels = [_Row(f"{r.name}, {r.shape}: {r.verb}", r.comparison, r.comparison.fastest) for r in report.kernels]
    rows = networks + kernels
    title = f"{report.environment['cpu']}, {report.threads} threads"
    figure = style.page(style.PAGE, 0.8 + min(_MOST, _ROW * len(rows)), title)
    if report.torch is None:
        _draw_times(figure.subplots(), rows)
        return figure
    times, ratios = figure.subplots(1, 2, sharey=True)
    _draw_times(times, rows)
    _draw_ratios(ratios, rows)
    figure.legend(*times.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _draw_times(axes: Axes, rows: Sequence[_Row]) -> None:
    """Draw a dot for each time on a logarithmic scale, joined by a line within a row."""
    places = np.arange(len(rows))
    mine = [1e3 * row.comparison.nnlab.median for row in rows]
    theirs = [1e3 * row.comparison.torch[row.form].median if row.form else np.nan for row in rows]
    axes.hlines(places, mine, theirs, color="0.7", linewidth=1, zorder=1)
    axes.plot(mine, places, "o", color=style.BLUE, markersize=5, label="nnlab", zorder=3)
    axes.plot(theirs, places, "s", color=style.ORANGE, markersize=5, label="PyTorch")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("median time of a step (ms)")
    axes.set_yticks(places, [style.plain(row.label) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)


def _draw_ratios(axes: Axes, rows: Sequence[_Row]) -> None:
    """Draw a bar from 1 to each ratio on a logarithmic scale, with its quartiles and value."""
    known = [(place, row.ratio) for place, row in enumerate(rows) if row.ratio]
    for place, ratio in known:
        color = style.BLUE if ratio.median >= 1 else style.ORANGE
        axes.barh(place, ratio.median - 1, left=1, height=0.55, color=color)
        axes.hlines(place, ratio.quarter, ratio.three_quarters, color="black", linewidth=0.8)
    low, high = (pick(ratio.median for _, ratio in known) for pick in (min, max))
    axes.set_xscale("log", base=2)
    axes.set_xlim(min(0.5, low / 1.2), max(2.0, high * 1.2))
    numbers = axes.get_yaxis_transform()
    for place, ratio in known:
        text = f"{ratio.median:.2f}{' ?' if rows[place].comparison.disturbed else ''}"
        axes.annotate(text, (1.02, place), xycoords=numbers, va="center", fontsize=style.TICK)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("PyTorch's time / nnlab's")
