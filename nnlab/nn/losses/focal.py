"""Focal loss: a cross-entropy that counts examples less the more certain the network is of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlab.arrays import Array, Labels
from nnlab.nn.losses.base import Loss
from nnlab.nn.losses.softmax_cross_entropy import softmax
from nnlab.nn.losses.targets import one_hot
from nnlab.registry import LOSSES
from nnlab.registry.options import NonNegative


@LOSSES.register("focal")
@dataclass(frozen=True, kw_only=True)
class Focal(Loss):
    """Cross-entropy times a power of the error, ``L = -(1 - p)^gamma log p``, p the softmax of the true class.

    With ``gamma`` 0 it is ``softmax_cross_entropy``. The alpha of the source is ``class_weights``.
    Gradient: ``dL/dx = k (softmax(x) - t)`` with ``k = (1 - p)^gamma - gamma p (1 - p)^(gamma - 1) log p``,
    where t is 1 for the true class and 0 elsewhere. The largest score is subtracted first, so that nothing
    overflows, and 1 - p is the sum of the other probabilities, so that it is precise where p is almost 1. Lin,
    Goyal, Girshick, He and Dollár (2017), arXiv:1708.02002. Derivation: docs/losses.md.

    Options:
        gamma: The power of 1 - p; the larger, the less well-classified examples count.
    """

    applies = "softmax"

    gamma: NonNegative = 2.0

    def quantity(self, outputs: int | None) -> str:  # noqa: ARG002 -- the same for all
        return f"focal loss with gamma {self.gamma:g}" if self.gamma else "loss"

    def per_example(self, scores: Array, labels: Labels) -> Array:
        return self.weighted(self._forward(scores, labels)[0], labels)

    def forward(self, scores: Array, labels: Labels) -> tuple[float, Any]:
        losses, cache = self._forward(scores, labels)
        return self.reduce(self.weighted(losses, labels)), (*cache, self.weight(labels, scores))

    def _forward(self, scores: Array, labels: Labels) -> tuple[Array, Any]:
        shifted = scores - scores.max(axis=1, keepdims=True)
        exps = np.exp(shifted)
        total = exps.sum(axis=1, keepdims=True)
        targets = one_hot(labels, scores)
        logs = np.vecdot(shifted, targets)[:, np.newaxis] - np.log(total)
        errors = np.vecdot(exps, 1 - targets)[:, np.newaxis] / total
        return (-(errors**self.gamma) * logs)[:, 0], (exps / total, targets, logs, errors)

    def backward(self, cache: Any) -> Array:
        probabilities, targets, logs, errors, weight = cache
        least = np.finfo(errors.dtype).tiny  # of a power of 0 below 0 no product is left
        slopes = self.gamma * np.exp(logs) * logs * np.maximum(errors, least) ** (self.gamma - 1)
        grad: Array = (errors**self.gamma - slopes) * (probabilities - targets)
        grad *= weight
        return grad

    def probabilities(self, scores: Array) -> Array:
        return softmax(scores)
