"""What a training run writes: sinks that take the progress of each step.

LedgerSink        test-ledger.jsonl, before a result on test data is written anywhere else
MetricsSink       metrics.jsonl
TensorBoardSink   tensorboard/, if the config asks for it
ReporterSink      a callable, such as the display of the terminal
CheckpointSink    checkpoints/, after all others have made durable what they took
SummarySink       summary.json, when the training run ends
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from nnlab.config import Experiment
from nnlab.errors import UsageError
from nnlab.evaluation import measure, predict_split
from nnlab.runs import MetricsLog, Run
from nnlab.runs.ledger import LedgerEntry, enter
from nnlab.training.progress import Beginning, Progress
from nnlab.training.state import TrainingState

if TYPE_CHECKING:
    from nnlab.training.tensorboard import EventFile

Reporter: TypeAlias = Callable[[Progress], None]
"""A callable that is given the progress after each step."""

Announcer: TypeAlias = Callable[[Beginning], None]
"""A callable that is given what is about to be trained."""


def unannounced(beginning: Beginning) -> None:
    """Announce nothing."""


def ignore(progress: Progress) -> None:
    """Report nothing."""


def check_logging(config: Experiment) -> None:
    """Raise UsageError if ``config`` asks for logs that need a library which is not installed."""
    if config.logging.tensorboard and find_spec("tensorboardX") is None:
        raise UsageError("logging.tensorboard needs tensorboardX: pip install 'nnlab[tensorboard]'")


S = TypeVar("S", bound="Sink")


class Sink:
    """Something that a training run writes to; here every method does nothing.

    All methods raise SystemFault if the machine refuses to write.
    """

    def take(self, progress: Progress) -> None:
        """Take the progress of a step."""

    def save(self) -> None:
        """Make durable what was taken so far: the state after the newest step is about to be saved."""

    def end(self, status: str, reason: str | None) -> None:
        """Record that training ends with ``status``, and the ``reason`` if it could not go on."""

    def close(self) -> None:
        """Release files; called once, after an error too."""


class LedgerSink(Sink):
    """Enters evaluations on test data into the run's ledger."""

    def __init__(self, state: TrainingState, run: Run) -> None:
        self._every, self._run = state.evaluate_every, run

    def take(self, progress: Progress) -> None:
        if progress.evaluated_on == "test" and progress.evaluation:
            loss = progress.evaluation["loss"] if progress.finite else None
            accuracy = progress.evaluation["accuracy"]
            entry = LedgerEntry(
                cause="training", step=progress.step, every=self._every, accuracy=accuracy, loss=loss
            )
            enter(self._run.path, entry)


class MetricsSink(Sink):
    """Appends records to metrics.jsonl, of which the first ``keep`` bytes are kept.

    ``size`` is its length in bytes.
    """

    def __init__(self, run: Run, keep: int) -> None:
        self._log = MetricsLog(run.metrics, keep)

    @property
    def size(self) -> int:
        """Bytes written, those kept included."""
        return self._log.size

    def take(self, progress: Progress) -> None:
        for record in progress.records():
            self._log.append(record)

    def save(self) -> None:
        self._log.sync()

    def close(self) -> None:
        self._log.close()


class TensorBoardSink(Sink):
    """Writes scalars, and at the end the filters and the confusion matrix, as TensorBoard events."""

    def __init__(self, state: TrainingState, run: Run) -> None:
        from nnlab.training.tensorboard import EventFile  # noqa: PLC0415 -- an extra, and slow to import

        self._state = state
        began = time.time() - state.seconds
        self._events = EventFile(run.tensorboard, began=began, after=state.step)

    def take(self, progress: Progress) -> None:
        for record in progress.records():
            self._events.add(record)

    def save(self) -> None:
        if self._state.finished:
            _draw(self._events, self._state)
        self._events.flush()

    def close(self) -> None:
        self._events.close()


class ReporterSink(Sink):
    """Passes the progress of each step to a callable."""

    def __init__(self, report: Reporter) -> None:
        self._report = report

    def take(self, progress: Progress) -> None:
        self._report(progress)


class CheckpointSink(Sink):
    """Saves the state of the training run, together with the length that ``metrics`` has then."""

    def __init__(self, state: TrainingState, run: Run, metrics: MetricsSink) -> None:
        self._state, self._run, self._metrics = state, run, metrics

    def save(self) -> None:
        state = self._state
        self._run.checkpoints.save(state.checkpoint(self._metrics.size), state.best)


class SummarySink(Sink):
    """Writes summary.json, which holds the numbers that tables show."""

    def __init__(self, state: TrainingState, run: Run) -> None:
        self._state, self._run = state, run

    def end(self, status: str, reason: str | None) -> None:
        self._run.write_json("summary.json", summary_of(self._state, status, reason))


def summary_of(state: TrainingState, status: str, reason: str | None) -> dict[str, Any]:
    """Return what summary.json says of a training run that ends in ``state``."""
    return {
        "status": status,
        "reason": reason,
        "steps": state.step,
        "epochs": round(state.step / state.clock.steps_per_epoch, 4),
        "steps_per_epoch": state.clock.steps_per_epoch,
        "examples": state.batches.examples_in(state.step),
        "seconds": round(state.seconds, 3),
        "parameters": int(state.network.weights.size),
        "monitor": state.monitor.metric,
        "evaluated_on": state.evaluated_on,
        "best": state.monitor.best,
        "last": state.monitor.last,
    }


def open_sinks(stack: ExitStack, state: TrainingState, run: Run, report: Reporter, *, keep: int) -> list[Sink]:
    """Return the sinks of a training run, in the order in which they take progress; ``stack`` closes them.

    ``keep`` bytes of an earlier metrics log still hold.
    """

    def opened(sink: S) -> S:
        stack.callback(sink.close)
        return sink

    metrics = MetricsSink(run, keep)
    sinks: list[Sink] = [opened(LedgerSink(state, run)), opened(metrics)]
    if state.config.logging.tensorboard:
        sinks.append(opened(TensorBoardSink(state, run)))
    if report is not ignore:
        sinks.append(opened(ReporterSink(report)))
    return [*sinks, opened(CheckpointSink(state, run, metrics)), opened(SummarySink(state, run))]


def _draw(events: "EventFile", state: TrainingState) -> None:
    """Draw the filters of the first layer and the confusion matrix of the evaluated split."""
    from nnlab.drawing.confusion import confusion  # noqa: PLC0415 -- slow to import
    from nnlab.drawing.filters import filters  # noqa: PLC0415

    drawn = {}
    if first := state.network.first_weight:
        drawn["filters"] = filters(*first)
    if split := state.evaluated_on:
        metrics = measure(
            predict_split(state.network, state.loss, state.dataset, split), state.dataset.class_names
        )
        drawn[f"confusion/{split}"] = confusion(metrics.confusion, metrics.class_names)
    for tag, figure in drawn.items():
        events.draw(tag, figure, step=state.step, seconds=state.seconds)
