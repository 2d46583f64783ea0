"""Training curves of one run: loss and accuracy over steps."""

from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from nnlab.arrays import Array
from nnlab.drawing import style
from nnlab.drawing.smoothing import Window, running_mean
from nnlab.runs.curve import Curve

_MOST_RECORDS = 4000  # points of a line; print shows no more
_LEAST_SPAN = 2.0  # percent that the axis of accuracies spans at least

LOWEST, HIGHEST = -2.0, 102.0
"""Ends of the longest axis of accuracies, in percent."""


@style.styled()
def curves(
    training: Curve,
    evaluation: Curve | None = None,
    *,
    evaluated_on: str = "validation",
    window: Window | None = None,
    loss_scale: Literal["linear", "log"] = "linear",
    loss_name: str = "loss",
    title: str = "",
    note: str = "",
) -> Figure:
    """Return loss and accuracy over the steps: each training record, their running mean, the evaluations.

    The running mean is over ``window`` records, centred at each, by default over a fiftieth of them; with
    ``so far`` over all records up to each. Of more than 4,000 records, only the lowest and highest of every few
    are drawn, and the legend says so. The axis of accuracies spans the running mean and the evaluations; single
    records may lie outside it, which a note says. Values that are not finite leave gaps, which are counted after
    the ``note``.
    """
    if window is None:
        window = max(1, len(training.x) // 50)
    figure = style.page(style.PAGE, 4.8)
    panels = figure.subplots(2, sharex=True)
    for axes, name, factor in zip(panels, ("loss", "accuracy"), (1, 100), strict=True):
        _draw_records(axes, training.x, factor * getattr(training, name), window)
        if evaluation is not None:
            _draw_evaluations(axes, evaluation.x, factor * getattr(evaluation, name), evaluated_on)
    label(panels, "step", loss_name)
    figure.align_ylabels(panels)
    set_scale(panels[:1], loss_scale)
    outside = _zoom(panels[1], 100 * training.accuracy, smoothed=window not in {1, "so far"})
    if panels[0].lines:
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    style.head(figure, title, "; ".join(filter(None, [note, _not_finite(training, evaluation), outside])))
    return figure


def _zoom(axes: Axes, records: Array, *, smoothed: bool) -> str:
    """Let the axis of accuracies span the lines, without single records if they are smoothed; return a note."""
    lines = axes.lines[1:] if smoothed else axes.lines
    drawn = np.concatenate([np.asarray(line.get_ydata(), np.float64) for line in lines] or [np.empty(0)])
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return ""
    low, high = float(drawn.min()), float(drawn.max())
    margin = max(0.05 * (high - low), (_LEAST_SPAN - (high - low)) / 2)
    bottom, top = max(low - margin, LOWEST), min(high + margin, HIGHEST)
    axes.set_ylim(bottom, top)
    outside = int(np.count_nonzero((records < bottom) | (records > top)))
    return f"training records outside the axis of accuracies: {outside:,}" if outside else ""


def _draw_records(axes: Axes, steps: NDArray[Any], values: Array, window: Window) -> None:
    """Draw each record thin and their running mean thick."""
    if not len(steps):
        return
    thin_steps, thin_values, every = _thinned(steps, values)
    label = "training" if every == 1 else f"training: lowest and highest of {every:,} records"
    mark = "." if len(steps) <= 50 else ""
    axes.plot(thin_steps, thin_values, color=style.SKY, linewidth=0.5, marker=mark, markersize=4, label=label)
    if window != 1:
        axes.plot(*running_mean(steps, values, window), color=style.BLUE, linewidth=1.6, label=described(window))


def described(window: Window) -> str:
    """Return what a running mean over ``window`` is called."""
    return (
        "mean since the first step" if window == "so far" else f"running mean of {window // 2 * 2 + 1:,} records"
    )


def _draw_evaluations(axes: Axes, steps: NDArray[Any], values: Array, name: str) -> None:
    """Draw evaluations as points that a line joins; very many of them as the line alone."""
    thin_steps, thin_values, every = _thinned(steps, values)
    mark = "o" if len(steps) <= 100 else ""
    label = style.plain(name) if every == 1 else f"{style.plain(name)}: lowest and highest of {every:,}"
    axes.plot(thin_steps, thin_values, color=style.VERMILION, linewidth=1, marker=mark, markersize=3, label=label)


def label(panels: NDArray[Any], unit: Literal["step", "epoch"], loss_name: str = "loss") -> None:
    """Name the axes of panels (2, ...), the losses above the accuracies, over steps or epochs from 0 on."""
    (loss, *_), (accuracy, *_) = np.reshape(panels, (2, -1))
    loss.set_ylabel(f"{loss_name}\n(nats per example)" if loss_name != "loss" else "loss (nats per example)")
    accuracy.set_ylabel("accuracy (%)")
    for axes in np.reshape(panels, (2, -1))[1]:
        axes.set_xlabel(unit)
        axes.set_xlim(left=0)
        parts = unit == "epoch" and axes.get_xlim()[1] < 2
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=not parts, min_n_ticks=1))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}" if parts else "{x:,.0f}"))


def set_scale(panels: NDArray[Any], scale: Literal["linear", "log"]) -> None:
    """Put the losses of panels (...) on one scale, a linear one if no loss is above 0.

    A logarithmic scale ends not far below the lowest line, for a band may reach down to nothing.
    """
    drawn = [np.asarray(line.get_ydata()) for axes in panels.flat for line in axes.lines]
    lowest = min((float(y[y > 0].min(initial=np.inf)) for y in drawn), default=np.inf)
    if scale == "linear" or lowest == np.inf:
        return
    for axes in panels.flat:
        style.logarithmic(axes, lowest / 2)


def _thinned(steps: NDArray[Any], values: Array) -> tuple[NDArray[Any], Array, int]:
    """Return the lowest and the highest of every so many records, in their order, and how many that is.

    Drawn as a line they look like all of them. Values that are not finite become NaN, and so does a group
    of nothing else.
    """
    values = np.where(np.isfinite(values), values, np.nan)
    every = 2 * -(-len(values) // _MOST_RECORDS)
    if len(values) <= _MOST_RECORDS:
        return steps, values, 1
    groups = np.full((-(-len(values) // every), every), np.nan)
    groups.flat[: len(values)] = values
    lowest = np.where(np.isnan(groups), np.inf, groups).argmin(axis=1)
    highest = np.where(np.isnan(groups), -np.inf, groups).argmax(axis=1)
    picked = np.sort([lowest, highest], axis=0) + every * np.arange(len(groups))
    order = picked.T.ravel()
    return steps[order], values[order], every


def _not_finite(training: Curve, evaluation: Curve | None) -> str:
    """Return how many losses cannot be drawn, if any."""
    losses = [curve.loss for curve in (training, evaluation) if curve is not None]
    count = sum(int(np.count_nonzero(~np.isfinite(loss))) for loss in losses)
    return f"losses that are not finite, left out: {count:,}" if count else ""
