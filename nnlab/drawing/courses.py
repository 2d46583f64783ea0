"""Loss and accuracy of several trainings: means and bands over seeds, settings side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlab.drawing import style
from nnlab.drawing.curve import Curve, running_mean, stacked
from nnlab.drawing.curves import label, set_scale

_WINE = "#882255"  # of Tol's colours for the colour-blind, https://sronpersonalpages.nl/~pault/
_COLOURS = (*style.PALETTE[:-1], "black", _WINE)  # yellow lines are hard to see on white
_OTHERS = "0.8"


@dataclass(frozen=True)
class Course:
    """Trainings of one setting, which differ in the seed: a curve of training and one of evaluations from each."""

    label: str
    training: tuple[Curve, ...]
    evaluation: tuple[Curve, ...]
    evaluated_on: str = "validation"


@style.styled()
def courses(
    settings: Sequence[Course],
    *,
    unit: Literal["step", "epoch"] = "step",
    window: int | None = None,
    loss_scale: Literal["linear", "log"] = "linear",
    title: str = "",
    note: str = "",
) -> Figure:
    """Return the mean over seeds of loss and accuracy, with one standard deviation (n - 1) above and below.

    Values stand where all seeds of a setting have a record. Training values are running means over the last
    ``window`` records, by default a fiftieth of those of the longest training, of a short one a tenth, up to
    ten. An only setting has training and evaluation in one panel; several have a panel for each and a colour
    for each setting. Of more than eight, those with the lowest loss at the end have a colour, and the others
    are grey. What the lines and bands are is said after the ``note``.
    """
    longest = max((len(curve.x) for setting in settings for curve in setting.training), default=0)
    window = max(1, longest // 50, min(10, longest // 10)) if window is None else window
    lines = _one(settings[0]) if len(settings) == 1 else _several(settings)
    labels = list(dict.fromkeys(line.label for line in lines))
    columns = style.columns(labels, style.PAGE)
    height = 4.6 + 0.16 * -(-len(labels) // columns)
    notes = filter(None, [note, _note(settings, unit, mean_so_far=1 < longest <= window, window=window)])
    figure = style.page(style.PAGE, height, title, "; ".join(notes))
    panels = figure.subplots(2, 1 + max(line.column for line in lines), sharex=True, sharey="row", squeeze=False)
    for line in lines:
        _draw(panels[:, line.column], line, window)
    for axes, heading in zip(panels[0], _headings(settings), strict=False):
        axes.set_title(heading if len(settings) > 1 else "")
    label(panels, unit)
    figure.align_ylabels(list(panels.flat))
    set_scale(panels[0], loss_scale)
    low, high = panels[1, 0].get_ylim()
    panels[1, 0].set_ylim(max(low, -2), min(high, 102))
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


def _one(course: Course) -> list[_Line]:
    """Return the lines of one setting, all in one column."""
    return [
        _Line(course.training, style.BLUE, f"training{_count(course.training)}"),
        _Line(
            _measured(course.evaluation),
            style.VERMILION,
            f"{style.plain(course.evaluated_on)}{_count(course.evaluation)}",
            smooth=False,
        ),
    ]


def _several(settings: Sequence[Course]) -> list[_Line]:
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


def _draw(panels: NDArray[Any], line: _Line, window: int) -> None:
    """Draw the mean of the curves, and their standard deviation, as far as there can be such values."""
    if not line.curves:
        return
    x, loss, accuracy = stacked(line.curves)
    if not len(x):
        return
    zorder = 1 if line.colour == _OTHERS else 2
    for axes, values, most in zip(panels, (loss, 100 * accuracy), (np.inf, 100), strict=True):
        at, each = running_mean(x, values, min(window, len(x)) if line.smooth else 1)
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


def _note(settings: Sequence[Course], unit: str, *, mean_so_far: bool, window: int) -> str:
    """Return what the lines and bands are."""
    if unit == "epoch":
        smoothing = "training: mean of each epoch"
    elif mean_so_far:
        smoothing = "training: mean since the first step"
    else:
        smoothing = f"training: running mean of {window:,} records" if window > 1 else ""
    seeds = sorted({len(setting.training) for setting in settings} - {0, 1})
    number = " to ".join(dict.fromkeys(str(each) for each in (seeds[:1] + seeds[-1:])))
    uneven = any(len({tuple(curve.x[-1:]) for curve in setting.training}) > 1 for setting in settings)
    parts = [
        smoothing,
        f"mean ± standard deviation over {number} seeds" if seeds else "",
        "as far as all seeds of a setting have come" if uneven else "",
    ]
    return "; ".join(filter(None, parts))


def _headings(settings: Sequence[Course]) -> tuple[str, str]:
    return "training", " or ".join(dict.fromkeys(style.plain(setting.evaluated_on) for setting in settings))


def _count(curves: Sequence[Curve]) -> str:
    return f" (n = {len(curves)})" if len(curves) > 1 else ""


def _measured(curves: tuple[Curve, ...]) -> tuple[Curve, ...]:
    """Return ``curves``, none if any has nothing to draw."""
    return curves if all(len(curve.x) for curve in curves) else ()


def _final_loss(setting: Course) -> float:
    """Return the mean loss at the end, of the evaluations if there are any; infinite if there is none."""
    losses = [curve.loss[-1] for curve in _measured(setting.evaluation) or setting.training if len(curve.x)]
    return float(np.nan_to_num(np.mean(losses), nan=np.inf)) if losses else np.inf
