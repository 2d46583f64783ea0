"""Training curves of one run, of repetitions with other seeds, and of settings side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.figure import Figure

from nnlab.config import Experiment
from nnlab.drawing import curve_groups, curves
from nnlab.drawing.curve_groups import CurveGroup
from nnlab.drawing.smoothing import Window
from nnlab.evaluation.trained_run import TrainedRun
from nnlab.figures.entry import FigureEntry, Subject
from nnlab.runs.curve import epoch_means
from nnlab.runs.grouping import group

Unit = Literal["step", "epoch"]
Scale = Literal["linear", "log"]


@dataclass(frozen=True)
class NamedRun:
    """A run, what a figure calls its setting (the variant of a sweep, else the experiment's name), and its config.

    The config is apart, because one that was read without its data is enough.
    """

    run: TrainedRun
    name: str
    config: Experiment


def draw_curves(
    runs: Sequence[NamedRun], *, unit: Unit = "step", first_epoch: bool = False, scale: Scale = "linear"
) -> Figure:
    """Return loss and accuracy of one or more runs over steps or epochs.

    Runs that differ in the seed only are one setting: their mean is drawn, with a band; of several with the same
    seed, the longest counts. Those that diverged are left out, which a note says, unless all did. In epochs, the
    training values are means over each epoch. ``first_epoch`` shows that epoch alone, with the mean of all its
    steps so far. Raises RunError if a config, log or summary cannot be read, and DataError if the number of
    steps in an epoch takes data that are missing.
    """
    begun = [each for each in runs if each.run.records] or runs[:1]
    chosen = [each for each in begun if not each.run.diverged] or begun
    lost = len(begun) - len(chosen)
    note = f"diverged, left out: {lost} of {len(begun)} runs" if lost else ""
    window: Window | None = "so far" if first_epoch else None
    settings = group([{**each.config.model_dump(mode="json"), "name": each.name} for each in chosen])
    groups = [
        _group(setting.label, [chosen[i] for i in setting.members], unit=unit, first_epoch=first_epoch)
        for setting in settings
    ]
    title = ", ".join(filter(None, [_title(chosen), "first epoch" * first_epoch]))
    names = dict.fromkeys(each.config.loss_name for each in chosen)
    loss_name = next(iter(names)) if len(names) == 1 else "loss (of several kinds)"
    (first, *others) = groups
    if unit == "step" and not others and len(first.training) == 1:
        evaluation = first.evaluation[0] if len(first.evaluation[0].x) else None
        on = first.evaluated_on
        return curves.curves(
            first.training[0],
            evaluation,
            evaluated_on=on,
            window=window,
            loss_scale=scale,
            loss_name=loss_name,
            title=title,
            note=note,
        )
    window = 1 if unit == "epoch" else window
    return curve_groups.curve_groups(
        groups, unit=unit, window=window, loss_scale=scale, loss_name=loss_name, title=title, note=note
    )


def _title(runs: Sequence[NamedRun]) -> str:
    """Return the name of the experiment, with that of a single variant; empty if there are several experiments."""
    experiments = dict.fromkeys(each.config.name for each in runs)
    variants = dict.fromkeys(each.name for each in runs)
    names = [*experiments, *variants] if len(variants) == 1 else [*experiments]
    return ", ".join(dict.fromkeys(names)) if len(experiments) == 1 else ""


def _group(label: str, runs: Sequence[NamedRun], *, unit: Unit, first_epoch: bool) -> CurveGroup:
    """Return the curves of a setting, one for each seed."""
    longest: dict[int, TrainedRun] = {}
    for each in sorted(runs, key=lambda each: len(each.run.records)):
        longest[each.config.seed] = each.run
    on = runs[0].config.training.evaluate_on
    training = [run.curve("train") for run in longest.values()]
    evaluation = [run.curve(on) for run in longest.values()]
    if unit == "epoch" or first_epoch:
        steps = runs[0].run.steps_per_epoch
        if first_epoch:
            training, evaluation = ([curve.until(steps) for curve in each] for each in (training, evaluation))
        if unit == "epoch":
            training = [epoch_means(curve, steps) for curve in training]
            evaluation = [curve.in_epochs(steps) for curve in evaluation]
    return CurveGroup(label, tuple(training), tuple(evaluation), on)


def _draw(subject: Subject) -> Figure:
    return draw_curves([NamedRun(subject.run, subject.config.name, subject.config)])


def _applies(subject: Subject) -> str | None:
    return None if subject.run.records else f"nothing is logged yet in {subject.run.name}"


def _caption(subject: Subject) -> str:
    return f"Loss and accuracy during training, on training and {subject.config.training.evaluate_on} examples."


CURVES = FigureEntry(
    name="curves",
    section="training",
    summary="Draw loss and accuracy in the course of training.",
    details="Of several runs, those that differ in the seed only become a mean with a band of one standard "
    "deviation; settings that differ are compared.",
    example="nnlab plot curves latest",
    needs=frozenset({"records"}),
    applies=_applies,
    caption=_caption,
    description="Two panels over the training steps: the loss above, the accuracy below.",
    question="Was it trained long enough, and does it overfit?",
    draw=_draw,
)
