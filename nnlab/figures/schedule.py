"""The learning rate over the steps of a config, and as far as a run has used it."""

import numpy as np
from matplotlib.figure import Figure

from nnlab.drawing.schedule import Rates, schedule
from nnlab.evaluation.trained_run import TrainedRun
from nnlab.figures.entry import FigureEntry, Subject
from nnlab.nn.schedules import Clock, Schedule
from nnlab.training.state import batches_of


def plan(subject: Subject) -> Rates:
    """Return the steps of a training run, from 1, and the learning rate of each.

    Raises DataError if a length in epochs takes data that are missing; lengths in steps take none.
    """
    config = subject.config
    rule = config.schedule
    steps = config.training.steps
    epoch = _steps_per_epoch(subject) if steps is None or _counts_epochs(config.schedule) else 1
    total = steps or (config.training.epochs or 0) * epoch
    clock = Clock(total_steps=total, steps_per_epoch=epoch)
    base: float = config.optimizer.learning_rate  # type: ignore[attr-defined]  # every optimizer has it
    factors = np.array([rule.factor(step, clock) for step in range(total)], np.float64)
    return np.arange(1, total + 1), base * factors


def used(run: TrainedRun) -> Rates:
    """Return the steps at which a learning rate was logged, and these rates."""
    records = [each for each in run.records if isinstance(each.get("learning_rate"), int | float)]
    pairs = np.array([(each["step"], each["learning_rate"]) for each in records], np.float64).reshape(-1, 2)
    return pairs[:, 0].astype(np.int64), pairs[:, 1]


def _steps_per_epoch(subject: Subject) -> int:
    if subject.trained:
        return subject.trained.steps_per_epoch
    return batches_of(subject.config, len(subject.dataset.train)).steps_per_epoch


def _counts_epochs(rule: Schedule) -> bool:
    """Return whether a schedule, or one within it, has a duration in epochs."""
    values = [getattr(rule, name) for name in rule.registry.options(rule.type)]
    return getattr(rule, "unit", "steps") == "epochs" or any(
        _counts_epochs(value) for value in values if isinstance(value, Schedule)
    )


def _draw(subject: Subject) -> Figure:
    has_log = subject.trained is not None and subject.trained.run.metrics.is_file()
    so_far = used(subject.run) if has_log else None
    title = f"{subject.config.name}, learning rate"
    return schedule(plan(subject), so_far, title=title, note=f"schedule: {subject.config.schedule.type}")


SCHEDULE = FigureEntry(
    name="schedule",
    section="settings",
    summary="Draw the learning rate over all steps, before or after training.",
    details="The figure of a config goes into the present folder, that of a run into the run. Data are needed "
    "only where a length is in epochs.",
    example="nnlab plot schedule configs/mnist.yaml schedule=cosine",
    caption="The learning rate over the training steps.",
    description="A line: the learning rate over the steps.",
    draw=_draw,
)
