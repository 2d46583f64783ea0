"""The training loop, a generator of records."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from math import isfinite, prod, sqrt

import numpy as np

from nnlab.arrays import Array, Labels
from nnlab.data import Dataset
from nnlab.data.batches import Batches, prepared
from nnlab.errors import DivergedError
from nnlab.nn.losses import Loss
from nnlab.nn.network import Network
from nnlab.nn.optimizers import Optimizer
from nnlab.nn.schedules import Clock, Schedule

_LEAST_AHEAD = 2**17  # numbers in a batch; for fewer, handing it from thread to thread costs what it saves


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What one step did: its number from 1, loss (nats), correct answers, and factor of the learning rate."""

    step: int
    loss: float
    correct: int
    examples: int
    factor: float


@dataclass(frozen=True)
class Trainee:
    """Everything that a step changes, and what it needs for that."""

    network: Network
    loss: Loss
    optimizer: Optimizer
    batches: Batches


def fit(
    trainee: Trainee,
    dataset: Dataset,
    schedule: Schedule,
    clock: Clock,
    *,
    after: int = 0,
    clip_norm: float | None = None,
) -> Generator[StepRecord, None, None]:
    """Train to the end of ``clock``, yielding a record after each step; ``after`` steps are done already.

    The caller may stop reading at any time, and between two records it may save or evaluate what it likes:
    logging, checkpoints, progress and early stopping are its own.

    Raises DivergedError if the loss, the gradient or a parameter is no longer finite.
    """
    steps = range(after + 1, clock.total_steps + 1)
    ahead = dataset.is_costly and trainee.batches.size * prod(dataset.input_shape) >= _LEAST_AHEAD
    with closing(prepared(trainee.batches, dataset.batch, steps, ahead=ahead)) as batches:
        for step, (x, labels) in zip(steps, batches, strict=True):
            factor = schedule.factor(step - 1, clock)
            yield train_step(trainee, x, labels, step=step, factor=factor, clip_norm=clip_norm)


def train_step(
    trainee: Trainee, x: Array, labels: Labels, *, step: int, factor: float, clip_norm: float | None
) -> StepRecord:
    """Take one step down the gradient of the loss on x (N, ...), labels (N,).

    Raises DivergedError if the loss, the gradient or a parameter is no longer finite.
    """
    network, loss = trainee.network, trainee.loss
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        scores, caches = network.forward(x)
        value, cache = loss.forward(scores, labels)
        if not isfinite(value):
            raise DivergedError(f"step {step}: the loss is {value}; {_first_output(network, x)}")
        network.backward(loss.backward(cache), caches)
        if clip_norm is not None:
            norm = sqrt(network.gradient.dot(network.gradient))
            if norm > clip_norm:
                np.multiply(network.gradient, clip_norm / norm, out=network.gradient)
        trainee.optimizer.update(network.weights, network.gradient, factor)
        # What is not finite in the gradient is not in the weights either, by any rule of optimizers.py.
        if not isfinite(float(network.weights.dot(network.weights))):
            _require_finite(network, network.gradient, f"step {step}: the gradient")
            _require_finite(network, network.weights, f"step {step}: after the update the parameter")
    correct = int(np.count_nonzero(loss.classify(scores) == labels))
    return StepRecord(step, value, correct, len(labels), factor)


def _first_output(network: Network, x: Array) -> str:
    """Return where values first cease to be finite on the way from x to the scores."""
    for index, layer in enumerate(network.layers):
        x = layer.predict(x)
        if not np.isfinite(x).all():
            return f"the output of {network.label(index)} is not finite"
    return "all layers' outputs are finite"


def _require_finite(network: Network, vector: Array, what: str) -> None:
    """Raise DivergedError, which names the layer and parameter, unless ``vector`` is finite."""
    if np.isfinite(vector).all():
        return  # only the sum of squares overflowed
    start = 0
    for name, param in network.params.items():
        part = vector[start : start + param.size]
        start += param.size
        if not np.isfinite(part).all():
            index, _, key = name.partition(".")
            count = int(np.count_nonzero(~np.isfinite(part)))
            where = f"{network.label(int(index))} {key}"
            raise DivergedError(f"{what} of {where} is not finite ({count} of {part.size} values)")
