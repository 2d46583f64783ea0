"""Mean squared error."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlab.arrays import Array, Labels
from nnlab.nn.losses.base import Loss
from nnlab.nn.losses.targets import one_hot
from nnlab.registry import LOSSES


@LOSSES.register("mean_squared_error")
@dataclass(frozen=True, kw_only=True)
class MeanSquaredError(Loss):
    """Squared distance to the one-hot target, averaged over the M outputs: ``L = (1 / M) sum_j (x_j - t_j)^2``.

    There is no factor 1/2, and ``reduction: sum`` sums over the examples, not over the outputs.
    Gradient: ``dL/dx = 2 (x - t) / M``. The probabilities are those nearest to the scores.
    Derivation: docs/losses.md.
    """

    def per_example(self, scores: Array, labels: Labels) -> Array:
        distances = scores - one_hot(labels, scores)
        return self.weighted(np.vecdot(distances, distances) / scores.shape[1], labels)

    def forward(self, scores: Array, labels: Labels) -> tuple[float, Any]:
        distances = scores - one_hot(labels, scores)
        squares = self.weighted(np.vecdot(distances, distances), labels)
        return self.reduce(squares) / scores.shape[1], (distances, self.weight(labels, scores))

    def backward(self, cache: Any) -> Array:
        distances, weight = cache
        grad: Array = distances * (2 * weight / distances.shape[1])
        return grad

    def probabilities(self, scores: Array) -> Array:
        return nearest_probabilities(scores)


def nearest_probabilities(scores: Array) -> Array:
    """Return, per row, the probabilities at the least Euclidean distance: ``max(x_j - shift, 0)``, summing to 1.

    They keep the order of the scores. Martins and Astudillo (2016), arXiv:1602.02068.
    """
    descending = -np.sort(-scores, axis=1)
    counts = np.arange(1, scores.shape[1] + 1, dtype=scores.dtype)
    shifts = (np.cumsum(descending, axis=1) - 1) / counts
    last = (descending > shifts).sum(axis=1, keepdims=True) - 1
    return np.maximum(scores - np.take_along_axis(shifts, last, axis=1), 0)
