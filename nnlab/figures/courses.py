"""Curves of one training, of repetitions with other seeds, and of settings side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib.figure import Figure

from nnlab import drawing
from nnlab.config import Experiment, load_config
from nnlab.drawing import Course, Curve, epoch_means
from nnlab.errors import RunError
from nnlab.runs import Run
from nnlab.runs.grouping import group
from nnlab.runs.records import Summary, read_record
from nnlab.runs.sweeps import find_run_or_sweep
from nnlab.training.state import prepare

Unit = Literal["step", "epoch"]
Scale = Literal["linear", "log"]


@dataclass(frozen=True)
class Training:
    """A run, its config, and what was logged so far; ``name`` is what the figure calls the experiment."""

    run: Run
    config: Experiment
    name: str
    records: list[dict[str, Any]]

    @property
    def diverged(self) -> bool:
        """Whether the training ended so, or with a hundred times the loss of its beginning.

        Raises RunError if the run's summary cannot be read.
        """
        summary = self.run.path / "summary.json"
        if summary.is_file() and read_record(summary, Summary).status == "diverged":
            return True
        losses = self.curve("train").loss
        return len(losses) > 0 and not losses[-1] <= 100 * max(losses[0], 1)

    def curve(self, split: str) -> Curve:
        """Return the records of a split, in steps."""
        chosen = [record for record in self.records if record.get("split") == split]
        columns = (np.array([record[key] for record in chosen], np.float64) for key in ("loss", "accuracy"))
        return Curve(np.array([record["step"] for record in chosen], np.int64), *columns)


def find_trainings(address: str, runs_dir: Path) -> tuple[Path, list[Training]]:
    """Return the directory at ``address`` and the trainings there: those of a sweep that have begun, or one run.

    Raises RunError if there is neither, or if config or metrics of a run cannot be read.
    """
    found = find_run_or_sweep(address, runs_dir)
    if isinstance(found, Run):
        return found.path, [read_training(found)]
    begun = [cell.run for cell in found.cells if cell.run.metrics.is_file()]
    if not begun:
        raise RunError(f"no cell of the sweep {found.name} has begun")
    return found.path, [read_training(run, found.variants.get(run, "")) for run in begun]


def read_training(run: Run, name: str = "") -> Training:
    """Return the training of ``run``, called ``name`` or as its config; raises as ``find_trainings`` does."""
    config = load_config(run.config)
    return Training(run, config, name or config.name, run.records())


def draw_curves(
    trainings: Sequence[Training], *, unit: Unit = "step", first_epoch: bool = False, scale: Scale = "linear"
) -> Figure:
    """Return loss and accuracy in the course of one or more trainings.

    Trainings that differ in the seed only are one setting: their mean is drawn, with a band; of those with the
    same seed too, the longest counts. Those that diverged are left out, which a note says, unless all did. In
    epochs, the training values are means over each epoch. ``first_epoch`` shows that epoch alone, with the mean
    of all its steps so far. Both need the data, which say how many steps an epoch has, and raise DataError if
    they are missing.
    """
    begun = [training for training in trainings if training.records] or trainings[:1]
    chosen = [training for training in begun if not training.diverged] or begun
    lost = len(begun) - len(chosen)
    note = f"diverged, left out: {lost} of {len(begun)} runs" if lost else ""
    window = max(len(training.records) for training in chosen) if first_epoch else None
    settings = group([{**each.config.model_dump(mode="json"), "name": each.name} for each in chosen])
    found = [
        _course(setting.label, [chosen[i] for i in setting.members], unit=unit, first_epoch=first_epoch)
        for setting in settings
    ]
    title = ", ".join(filter(None, [_title(chosen), "first epoch" * first_epoch]))
    (first, *others) = found
    if unit == "step" and not others and len(first.training) == 1:
        evaluation = first.evaluation[0] if len(first.evaluation[0].x) else None
        on = first.evaluated_on
        return drawing.curves(
            first.training[0], evaluation, evaluated_on=on, window=window, loss_scale=scale, title=title, note=note
        )
    window = 1 if unit == "epoch" else window
    return drawing.courses(found, unit=unit, window=window, loss_scale=scale, title=title, note=note)


def draw_schedule(training: Training) -> Figure | None:
    """Return the learning rate over the steps of a training so far; None if it was the same all the time."""
    records = [each for each in training.records if isinstance(each.get("learning_rate"), int | float)]
    told = [(each["step"], each["learning_rate"]) for each in records]
    steps, rates = np.array(told, np.float64).reshape(-1, 2).T
    if len(np.unique(rates)) < 2:
        return None
    return drawing.schedule(steps.astype(np.int64), rates, title=f"{training.config.name}, learning rate")


def _title(trainings: Sequence[Training]) -> str:
    """Return the name of the experiment, with that of an only variant; empty if there are several experiments."""
    experiments = dict.fromkeys(training.config.name for training in trainings)
    variants = dict.fromkeys(training.name for training in trainings)
    names = [*experiments, *variants] if len(variants) == 1 else [*experiments]
    return ", ".join(dict.fromkeys(names)) if len(experiments) == 1 else ""


def _course(label: str, trainings: Sequence[Training], *, unit: Unit, first_epoch: bool) -> Course:
    """Return the curves of a setting, one for each seed."""
    longest: dict[int, Training] = {}
    for training in sorted(trainings, key=lambda each: len(each.records)):
        longest[training.config.seed] = training
    config = trainings[0].config
    on = config.training.evaluate_on
    of_training = [each.curve("train") for each in longest.values()]
    of_evaluation = [each.curve(on) for each in longest.values()]
    if unit == "epoch" or first_epoch:
        steps = prepare(config).clock.steps_per_epoch
        if first_epoch:
            of_training, of_evaluation = ([_until(steps, c) for c in cs] for cs in (of_training, of_evaluation))
        if unit == "epoch":
            of_training = [epoch_means(curve, steps) for curve in of_training]
            of_evaluation = [Curve(curve.x / steps, curve.loss, curve.accuracy) for curve in of_evaluation]
    return Course(label, tuple(of_training), tuple(of_evaluation), on)


def _until(step: int, curve: Curve) -> Curve:
    within = curve.x <= step
    return Curve(curve.x[within], curve.loss[within], curve.accuracy[within])
