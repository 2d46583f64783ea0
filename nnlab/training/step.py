"""One training step: forward, loss, backward, update."""

from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from nnlab.arrays import Array, Labels
from nnlab.errors import DivergedError
from nnlab.nn.network import Network
from nnlab.nn.optimizers import Optimizer
from nnlab.training.backpropagation import Backpropagation

_BLOCK = 2**16  # values whose squares are summed at a time in float64


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What one step did: its number from 1, loss (nats), correct answers, and factor of the learning rate."""

    step: int
    loss: float
    correct: int
    examples: int
    factor: float


def train_step(
    network: Network,
    backpropagate: Backpropagation,
    optimizer: Optimizer,
    x: Array,
    labels: Labels,
    *,
    step: int,
    factor: float = 1.0,
    clip_norm: float | None = None,
) -> StepRecord:
    """Take one step down the gradient of the loss.

    ``factor`` multiplies the learning rate. A gradient whose Euclidean norm exceeds ``clip_norm`` is scaled to
    that norm. Shapes: x (N, *input_shape), labels (N,).

    Raises DivergedError if the loss, the gradient or a parameter is not finite.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        result = backpropagate(x, labels, step)
        if not isfinite(result.loss):
            raise DivergedError(f"step {step}: the loss is {result.loss}; {_first_output(network, x)}")
        if clip_norm is not None:
            _clip(network, clip_norm, step)
        optimizer.update(network.weights, network.gradient, factor)
        # If the gradient is not finite, the weights are not either, by every rule in nn/optimizers.
        if not isfinite(float(network.weights.dot(network.weights))):
            _require_finite(network, network.gradient, f"step {step}: the gradient")
            _require_finite(network, network.weights, f"step {step}: after the update the parameter")
    return StepRecord(step, result.loss, result.correct, len(labels), factor)


def _clip(network: Network, clip_norm: float, step: int) -> None:
    """Scale the gradient to the norm ``clip_norm`` if it is longer."""
    norm = _norm(network.gradient)
    if not isfinite(norm):
        _require_finite(network, network.gradient, f"step {step}: the gradient")
    if norm > clip_norm:
        np.multiply(network.gradient, clip_norm / norm, out=network.gradient)


def _norm(vector: Array) -> float:
    """Return the Euclidean norm of a float32 or float64 vector; squares are added in float64, in fixed blocks."""
    total = 0.0
    for start in range(0, vector.size, _BLOCK):
        block = vector[start : start + _BLOCK].astype(np.float64)
        total += float(block.dot(block))
    return sqrt(total) if isfinite(total) else total


def _first_output(network: Network, x: Array) -> str:
    """Return the first layer whose output is not finite, in words."""
    for index, layer in enumerate(network.layers):
        x = layer.predict(x)
        if not np.isfinite(x).all():
            return f"the output of {network.label(index)} is not finite"
    return "all layers' outputs are finite"


def _require_finite(network: Network, vector: Array, what: str) -> None:
    """Raise DivergedError, which names the layer and the parameter, unless ``vector`` is finite."""
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
