"""The training loop, a generator of progress."""

import time
from collections.abc import Generator
from contextlib import closing
from math import isfinite

from nnlab.errors import DivergedError
from nnlab.evaluation import measure, predict_split
from nnlab.runs import Checkpoint
from nnlab.runs.checkpoint_arrays import weights
from nnlab.training.progress import Progress, Values
from nnlab.training.state import TrainingState
from nnlab.training.step import StepRecord


def fit(state: TrainingState) -> Generator[Progress, None, None]:
    """Take the steps that are left, evaluate where it is due, and yield the progress after each step.

    The loop ends after the last step, or when early stopping asks for it; ``state.best`` then holds the weights of
    the best evaluation. Between two steps the caller may save ``state`` or stop reading. Nothing is written here.

    Raises DivergedError if the loss, the gradient or a parameter is not finite. Steps that no training record
    covers yet are yielded as a last record first.
    """
    began = time.monotonic() - state.seconds
    with closing(state.steps()) as steps:
        try:
            for record in steps:
                state.step = record.step
                state.seconds = time.monotonic() - began
                state.window.add(record, per_example=state.loss.reduction == "mean")
                progress = _progress(state, record)
                yield progress
                _require_finite(progress)
                if state.finished:
                    return
        except DivergedError:
            if state.window.steps:
                yield _covering(state)
            raise


def _progress(state: TrainingState, record: StepRecord) -> Progress:
    """Evaluate the network if that is due after ``record``, and return what the step did."""
    evaluation, improved = None, False
    if state.evaluated_on and (state.step % state.evaluate_every == 0 or state.step == state.total_steps):
        evaluation = _evaluate(state, state.evaluated_on)
        if isfinite(evaluation["loss"]):
            improved = state.monitor.improves(state.step, evaluation)
        if improved:
            arrays = {name: array.copy() for name, array in weights(state.network).items()}
            state.best = Checkpoint(state.step, arrays)
    complete = state.window.steps == state.config.training.log_every or state.finished
    return _report(
        state,
        examples=record.examples,
        factor=record.factor,
        training=state.window.mean() if complete else None,
        evaluation=evaluation,
        improved=improved,
    )


def _require_finite(progress: Progress) -> None:
    if progress.evaluation and not progress.finite:
        value = progress.evaluation["loss"]
        raise DivergedError(f"step {progress.step}: the loss on the {progress.evaluated_on} examples is {value}")


def _covering(state: TrainingState) -> Progress:
    """Return the training record of the steps since the last one, when no more steps follow."""
    factor = state.schedule.factor(state.step - 1, state.clock)
    return _report(state, examples=0, factor=factor, training=state.window.mean(), evaluation=None, improved=False)


def _report(
    state: TrainingState,
    *,
    examples: int,
    factor: float,
    training: Values | None,
    evaluation: Values | None,
    improved: bool,
) -> Progress:
    return Progress(
        step=state.step,
        total_steps=state.total_steps,
        steps_per_epoch=state.clock.steps_per_epoch,
        examples=examples,
        seconds=state.seconds,
        learning_rate=state.optimizer.learning_rate * factor,
        training=training,
        evaluated_on=state.evaluated_on,
        evaluation=evaluation,
        improved=improved,
    )


def _evaluate(state: TrainingState, split: str) -> Values:
    predictions = predict_split(state.network, state.loss, state.dataset, split)
    metrics = measure(predictions, state.dataset.class_names)
    return {"loss": metrics.loss, "accuracy": metrics.accuracy}
