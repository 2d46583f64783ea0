"""What a training leaves behind: metrics, checkpoints and a summary, and reports to whoever watches."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from types import TracebackType
from typing import Self

from nnlab.errors import DivergedError
from nnlab.evaluation import measure, predict_split
from nnlab.runs import Checkpoint, MetricsLog, Run
from nnlab.training import StepRecord
from nnlab.trial import Trial, weights


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


class Recorder:
    """Writes down the steps of ``trial`` in ``run``; ``keep`` bytes of an earlier metrics log still hold."""

    def __init__(self, trial: Trial, run: Run, report: Reporter, keep: int) -> None:
        training = trial.config.training
        self._trial, self._run, self._report = trial, run, report
        self._evaluate_every = training.evaluate_every or trial.clock.steps_per_epoch
        self._save_every = training.checkpoint_every or self._evaluate_every
        self._log = MetricsLog(run.metrics, keep)
        self._began = time.monotonic() - trial.seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._log.close()

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
        self._run.checkpoints.save(self._trial.checkpoint(self._log.size), self._trial.best)

    def summarize(self, status: str) -> None:
        """Write what a table needs to know of the run."""
        trial = self._trial
        summary = {
            "status": status,
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
        trial = self._trial
        predictions = predict_split(trial.trainee.network, trial.trainee.loss, trial.dataset, split)
        metrics = measure(predictions, trial.dataset.class_names)
        if not isfinite(metrics.loss):
            raise DivergedError(f"step {trial.step}: the loss on the {split} examples is {metrics.loss}")
        evaluation = {"loss": metrics.loss, "accuracy": metrics.accuracy}
        self._append(split, evaluation, {})
        improved = trial.monitor.improves(trial.step, evaluation)
        if improved:
            arrays = {name: array.copy() for name, array in weights(trial.trainee.network).items()}
            trial.best = Checkpoint(trial.step, arrays)
        return evaluation, improved

    def _append(self, split: str, values: dict[str, float], more: dict[str, float]) -> None:
        clock = {"seconds": round(self._trial.seconds, 4)}
        self._log.append({"step": self._trial.step, "split": split, **values, **more, **clock})
