"""Training curves of several runs: means and bands over seeds, settings side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlab.drawing import style
from nnlab.drawing.curves import HIGHEST, LOWEST, described, label, set_scale
from nnlab.drawing.smoothing import Window, running_mean, stacked
from nnlab.runs.curve import Curve

_WINE = "#882255"  # of Tol's colours for the colour-blind, https://sronpersonalpages.nl/~pault/
_COLOURS = (*style.PALETTE[:-1], "black", _WINE)  # yellow lines are hard to see on white
_OTHERS = "0.8"


@dataclass(frozen=True)
class CurveGroup:
    """Runs of one setting, which differ in the seed: a training curve and an evaluation curve of each."""

    label: str
    training: tuple[Curve, ...]
    evaluation: tuple[Curve, ...]
    evaluated_on: str = "validation"


@style.styled()
def curve_groups(
    settings: Sequence[CurveGroup],
    *,
    unit: Literal["step", "epoch"] = "step",
    window: Window | None = None,
    loss_scale: Literal["linear", "log"] = "linear",
    loss_name: str = "loss",
    title: str = "",
    note: str = "",
) -> Figure:
    """Return the mean over seeds of loss and accuracy, with one standard deviation (n - 1) above and below.

    Values stand where all seeds of a setting have a record. Training values are running means over ``window``
    records, centred at each, by default over a fiftieth of those of the longest run, for a short one a tenth, up
    to ten; with ``so far`` over all records up to each. A single setting has training and evaluation in one panel;
    several have a panel for each and a colour for each setting. Of more than eight, those with the lowest loss at
    the end have a colour, and the others are grey. A note after ``note`` explains lines and bands.
    """
    longest = max((len(curve.x) for setting in settings for curve in setting.training), default=0)
    window = max(1, longest // 50, min(10, longest // 10)) if window is None else window
    lines = _one(settings[0]) if len(settings) == 1 else _several(settings)
    labels = list(dict.fromkeys(line.label for line in lines))
    columns = style.columns(labels, style.PAGE)
    height = 4.6 + 0.16 * -(-len(labels) // columns)
    notes = filter(None, [note, _note(settings, unit, window)])
    figure = style.page(style.PAGE, height, title, "; ".join(notes))
    panels = figure.subplots(2, 1 + max(line.column for line in lines), sharex=True, sharey="row", squeeze=False)
    for line in lines:
        _draw(panels[:, line.column], line, window)
    for axes, heading in zip(panels[0], _headings(settings), strict=False):
        axes.set_title(heading if len(settings) > 1 else "")
    label(panels, unit, loss_name)
    figure.align_ylabels(list(panels.flat))
    set_scale(panels[0], loss_scale)
    low, high = panels[1, 0].get_ylim()
    panels[1, 0].set_ylim(max(low, LOWEST), min(high, HIGHEST))
    drawn = {line.get_label(): line for axes in panels[0] for line in axes.lines}
    handles = {text: drawn[text] for text in labels if text in drawn}
    if handles:
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=columns)
    return figure


@dataclass(frozen=True)
class _Line:
    """Curves of one colour: their mean, with a band unless they are grey, in a column of panels."""

    curves: tuple[Curve, ...]
    colour: str
    label: str
    column: int = 0
    smooth: bool = True


def _one(group: CurveGroup) -> list[_Line]:
    """Return the lines of one setting, all in one column."""
    return [
        _Line(group.training, style.BLUE, f"training{_count(group.training)}"),
        _Line(
            _measured(group.evaluation),
            style.VERMILION,
            f"{style.plain(group.evaluated_on)}{_count(group.evaluation)}",
            smooth=False,
        ),
    ]


def _several(settings: Sequence[CurveGroup]) -> list[_Line]:
    """Return the lines of settings, those of training in the first column and of evaluations in the second."""
    names = style.distinct([setting.label for setting in settings], 72 * (style.PAGE - 1.3), style.TICK)
    ranked = sorted(range(len(settings)), key=lambda i: _final_loss(settings[i]))
    best, others = sorted(ranked[: len(_COLOURS)]), ranked[len(_COLOURS) :]
    drawn = [
        (i, colour, f"{style.plain(names[i])}{_count(settings[i].training)}")
        for i, colour in zip(best, _COLOURS, strict=False)
    ]
    rest = "the one whose" if len(others) == 1 else f"the other {len(others)}, whose"
    drawn += [(i, _OTHERS, f"{rest} loss ends higher") for i in others]
    lines = [_Line(settings[i].training, colour, text) for i, colour, text in drawn]
    evaluated = [(_measured(settings[i].evaluation), colour, text) for i, colour, text in drawn]
    return lines + [_Line(each, colour, text, 1, smooth=False) for each, colour, text in evaluated if each]


def _draw(panels: NDArray[Any], line: _Line, window: Window) -> None:
    """Draw the mean of the curves and their standard deviation, clipped to possible values."""
    if not line.curves:
        return
    x, loss, accuracy = stacked(line.curves)
    if not len(x):
        return
    zorder = 1 if line.colour == _OTHERS else 2
    for axes, values, most in zip(panels, (loss, 100 * accuracy), (np.inf, 100), strict=True):
        at, each = running_mean(x, values, window if line.smooth else 1)
        middle = each.mean(axis=0)
        mark = "o" if len(at) <= 50 and zorder == 2 else ""
        axes.plot(at, middle, color=line.colour, lw=1.2, marker=mark, ms=3, label=line.label, zorder=zorder)
        if len(each) > 1 and zorder == 2:
            reach = each.std(axis=0, ddof=1)
            low, high = np.clip([middle - reach, middle + reach], 0, most)
            axes.fill_between(at, low, high, color=line.colour, alpha=0.2, linewidth=0)
            if len(at) == 1:  # of which a band shows nothing
                ends = (middle - low, high - middle)
                axes.errorbar(at, middle, ends, ecolor=line.colour, elinewidth=1, capsize=2, fmt="none")


def _note(settings: Sequence[CurveGroup], unit: str, window: Window) -> str:
    """Return what the lines and bands are."""
    smoothing = _epochs(settings) if unit == "epoch" else f"training: {described(window)}" if window != 1 else ""
    seeds = sorted({len(setting.training) for setting in settings} - {0, 1})
    number = " to ".join(dict.fromkeys(str(each) for each in (seeds[:1] + seeds[-1:])))
    uneven = any(len({tuple(curve.x[-1:]) for curve in setting.training}) > 1 for setting in settings)
    parts = [
        smoothing,
        f"mean ± standard deviation over {number} seeds" if seeds else "",
        "up to the last step that all seeds of a setting have reached" if uneven else "",
    ]
    return "; ".join(filter(None, parts))


def _epochs(settings: Sequence[CurveGroup]) -> str:
    """Return what the training values over epochs are means of."""
    last = max(
        (float(curve.x[-1]) for setting in settings for curve in setting.training if len(curve.x)), default=0.0
    )
    if 0 < last < 1:
        return f"training: mean of the first {last:.2g} epochs, less than one"
    partial = any(curve.x[-1] % 1 for setting in settings for curve in setting.training if len(curve.x))
    return "training: mean of each epoch" + ", the last incomplete" * partial


def _headings(settings: Sequence[CurveGroup]) -> tuple[str, str]:
    return "training", " or ".join(dict.fromkeys(style.plain(setting.evaluated_on) for setting in settings))


def _count(curves: Sequence[Curve]) -> str:
    return f" (n = {len(curves)})" if len(curves) > 1 else ""


def _measured(curves: tuple[Curve, ...]) -> tuple[Curve, ...]:
    """Return ``curves``, none if any has nothing to draw."""
    return curves if all(len(curve.x) for curve in curves) else ()


def _final_loss(setting: CurveGroup) -> float:
    """Return the mean loss at the end, of the evaluations if there are any; infinite if there is none."""
    losses = [curve.loss[-1] for curve in _measured(setting.evaluation) or setting.training if len(curve.x)]
    return float(np.nan_to_num(np.mean(losses), nan=np.inf)) if losses else np.inf
