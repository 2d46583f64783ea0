"""What a training leaves behind: metrics, checkpoints and a summary, and reports to whoever watches."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from math import isfinite
from types import TracebackType
from typing import TYPE_CHECKING, Self

from nnlab.config import Experiment
from nnlab.errors import DivergedError, UsageError
from nnlab.evaluation import Metrics, measure, predict_split
from nnlab.runs import Checkpoint, MetricsLog, Run
from nnlab.runs.arrays import weights
from nnlab.runs.ledger import Entry, enter
from nnlab.training.loop import StepRecord
from nnlab.training.state import Trial

if TYPE_CHECKING:
    from nnlab.training.tensorboard import EventFile


@dataclass(frozen=True)
class Report:
    """What whoever watches a training is told after each step.

    ``training`` has the mean loss and accuracy over the last ``log_every`` steps, or is None in between;
    ``evaluation`` those on the split ``evaluated_on`` (None: there is none), if this step was followed by one.
    """

    step: int
    total_steps: int
    steps_per_epoch: int
    examples: int
    seconds: float
    training: dict[str, float] | None
    evaluated_on: str | None
    evaluation: dict[str, float] | None
    improved: bool


Reporter = Callable[[Report], None]


def ignore(report: Report) -> None:
    """Report to nobody."""


def check_logging(config: Experiment) -> None:
    """Raise UsageError if ``config`` asks for logs that only a library which is not installed can write."""
    if config.logging.tensorboard and find_spec("tensorboardX") is None:
        raise UsageError("logging.tensorboard needs tensorboardX: pip install 'nnlab[tensorboard]'")


class Recorder:
    """Writes down the steps of ``trial`` in ``run``; ``keep`` bytes of an earlier metrics log still hold."""

    def __init__(self, trial: Trial, run: Run, report: Reporter, keep: int) -> None:
        training = trial.config.training
        self._trial, self._run, self._report = trial, run, report
        self._evaluate_every = training.evaluate_every or trial.clock.steps_per_epoch
        self._save_every = training.checkpoint_every or self._evaluate_every
        self._log = MetricsLog(run.metrics, keep)
        self._began = time.monotonic() - trial.seconds
        self._events = self._open_events() if trial.config.logging.tensorboard else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._log.close()
        if self._events:
            self._events.close()

    @property
    def save_is_due(self) -> bool:
        """Whether the newest step is one after which the state is saved."""
        return self._trial.step % self._save_every == 0

    def note(self, record: StepRecord) -> None:
        """Log a step, evaluate where it is due, and tell whoever watches."""
        trial = self._trial
        trial.step = record.step
        trial.seconds = time.monotonic() - self._began
        trial.window.add(record, per_example=trial.trainee.loss.reduction == "mean")
        last = record.step == trial.clock.total_steps
        means = None
        if trial.window.steps == trial.config.training.log_every or last:
            means = trial.window.mean()
            self._append("train", means, {"learning_rate": trial.trainee.optimizer.learning_rate * record.factor})
        evaluation, improved = None, False
        if trial.evaluated_on and (record.step % self._evaluate_every == 0 or last):
            evaluation, improved = self._evaluate(trial.evaluated_on)
        if self._report is not ignore:
            self._report(
                Report(
                    step=record.step,
                    total_steps=trial.clock.total_steps,
                    steps_per_epoch=trial.clock.steps_per_epoch,
                    examples=record.examples,
                    seconds=trial.seconds,
                    training=means,
                    evaluated_on=trial.evaluated_on,
                    evaluation=evaluation,
                    improved=improved,
                )
            )

    def save(self) -> None:
        """Save the state after the newest step."""
        self._log.sync()
        if self._events:
            if self._trial.finished:
                self._draw(self._events)
            self._events.flush()
        self._run.checkpoints.save(self._trial.checkpoint(self._log.size), self._trial.best)

    def summarize(self, status: str, reason: str | None = None) -> None:
        """Write what a table needs to know of the run, and the ``reason`` why it could not go on."""
        trial = self._trial
        summary = {
            "status": status,
            "reason": reason,
            "steps": trial.step,
            "epochs": round(trial.step / trial.clock.steps_per_epoch, 4),
            "seconds": round(trial.seconds, 3),
            "parameters": int(trial.trainee.network.weights.size),
            "monitor": trial.monitor.metric,
            "evaluated_on": trial.evaluated_on,
            "best": trial.monitor.best,
            "last": trial.monitor.last,
        }
        self._run.write_json("summary.json", summary)

    def _evaluate(self, split: str) -> tuple[dict[str, float], bool]:
        """Log how the network does on ``split`` now, and return that and whether it never did better."""
        trial, metrics = self._trial, self._measure(split)
        if split == "test":
            every = self._evaluate_every
            enter(self._run.path, Entry(cause="training", step=trial.step, every=every, **metrics.told))
        if not isfinite(metrics.loss):
            raise DivergedError(f"step {trial.step}: the loss on the {split} examples is {metrics.loss}")
        evaluation = {"loss": metrics.loss, "accuracy": metrics.accuracy}
        self._append(split, evaluation, {})
        improved = trial.monitor.improves(trial.step, evaluation)
        if improved:
            arrays = {name: array.copy() for name, array in weights(trial.trainee.network).items()}
            trial.best = Checkpoint(trial.step, arrays)
        return evaluation, improved

    def _measure(self, split: str) -> Metrics:
        trial = self._trial
        predictions = predict_split(trial.trainee.network, trial.trainee.loss, trial.dataset, split)
        return measure(predictions, trial.dataset.class_names)

    def _append(self, split: str, values: dict[str, float], more: dict[str, float]) -> None:
        clock = {"seconds": round(self._trial.seconds, 4)}
        record = {"step": self._trial.step, "split": split, **values, **more, **clock}
        self._log.append(record)
        if self._events:
            self._events.add(record)

    def _open_events(self) -> "EventFile":
        from nnlab.training.tensorboard import EventFile  # noqa: PLC0415 -- an extra, and slow to import

        began = time.time() - self._trial.seconds
        return EventFile(self._run.tensorboard, began=began, after=self._trial.step)

    def _draw(self, events: "EventFile") -> None:
        """Draw what the network has come to."""
        from nnlab.drawing.confusion import confusion  # noqa: PLC0415 -- slow to import
        from nnlab.drawing.filters import filters  # noqa: PLC0415 -- the same

        trial = self._trial
        drawn = {}
        if first := trial.trainee.network.first_weight:
            drawn["filters"] = filters(*first)
        if split := trial.evaluated_on:
            metrics = self._measure(split)
            drawn[f"confusion/{split}"] = confusion(metrics.confusion, metrics.class_names)
        for tag, figure in drawn.items():
            events.draw(tag, figure, step=trial.step, seconds=trial.seconds)
