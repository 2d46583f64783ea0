"""Softmax and cross-entropy in one."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlab.arrays import Array, Labels
from nnlab.nn.losses.base import Loss
from nnlab.nn.losses.targets import one_hot
from nnlab.registry import LOSSES
from nnlab.registry.options import Probability


@LOSSES.register("softmax_cross_entropy")
@dataclass(frozen=True, kw_only=True)
class SoftmaxCrossEntropy(Loss):
    """Negative log-likelihood of the softmax of the scores, ``L = log sum_j exp x_j - sum_j t_j x_j``.

    t is 1 for the true class and 0 elsewhere; with ``label_smoothing`` s, it is ``(1 - s) t + s / M``.
    Gradient: ``dL/dx = softmax(x) - t``. Both subtract the largest score first, so that nothing overflows.
    Label smoothing: Szegedy et al. (2016), arXiv:1512.00567. Derivation: docs/losses.md.

    Options:
        label_smoothing: The share s of each target that is spread evenly over all classes.
    """

    applies = "softmax"

    label_smoothing: Probability = 0.0

    def quantity(self, outputs: int | None) -> str:  # noqa: ARG002 -- the same for all
        return f"loss with label smoothing {self.label_smoothing:g}" if self.label_smoothing else "loss"

    def per_example(self, scores: Array, labels: Labels) -> Array:
        return self.weighted(self._forward(scores, labels)[0], labels)

    def forward(self, scores: Array, labels: Labels) -> tuple[float, Any]:
        losses, cache = self._forward(scores, labels)
        return self.reduce(self.weighted(losses, labels)), (*cache, self.weight(labels, scores))

    def _forward(self, scores: Array, labels: Labels) -> tuple[Array, Any]:
        shifted = scores - scores.max(axis=1, keepdims=True)
        exps = np.exp(shifted)
        total = exps.sum(axis=1, keepdims=True)
        targets = one_hot(labels, scores, self.label_smoothing)
        return np.log(total)[:, 0] - np.vecdot(shifted, targets), (exps, total, targets)

    def backward(self, cache: Any) -> Array:
        exps, total, targets, weight = cache
        grad: Array = exps / total
        grad -= targets
        grad *= weight
        return grad

    def probabilities(self, scores: Array) -> Array:
        return softmax(scores)


def softmax(scores: Array) -> Array:
    """Return the softmax of each row of scores (N, M); the largest score is subtracted first."""
    exps: Array = np.exp(scores - scores.max(axis=1, keepdims=True))
    exps /= exps.sum(axis=1, keepdims=True)
    return exps
