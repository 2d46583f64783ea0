"""Sigmoid and binary cross-entropy in one."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlab.arrays import Array, Labels, Shape
from nnlab.errors import OptionError
from nnlab.nn.losses.base import Loss
from nnlab.nn.losses.targets import answers
from nnlab.registry import LOSSES


@LOSSES.register("sigmoid_binary_cross_entropy")
@dataclass(frozen=True, kw_only=True)
class SigmoidBinaryCrossEntropy(Loss):
    """Negative log-likelihood of independent yes-or-no answers, ``L = sum_j log(1 + exp x_j) - t_j x_j``.

    Shapes: scores (N, 1) for two classes, where t is the label and the score is that of class 1; or
    scores (N, M), one answer per class, where t is 1 for the true class and 0 elsewhere.
    Gradient: ``dL/dx = sigmoid(x) - t``. The probabilities of M answers need not sum to 1.
    Derivation: docs/losses.md.
    """

    applies = "sigmoid"

    def quantity(self, outputs: int | None) -> str:
        if outputs == 1:
            return "loss"
        return "loss, a sum over " + ("the outputs" if outputs is None else f"{outputs} outputs")

    def per_example(self, scores: Array, labels: Labels) -> Array:
        losses: Array = np.logaddexp(0, scores).sum(axis=1) - np.vecdot(scores, answers(labels, scores))
        return self.weighted(losses, labels)

    def forward(self, scores: Array, labels: Labels) -> tuple[float, Any]:
        return self.reduce(self.per_example(scores, labels)), (scores, labels)

    def backward(self, cache: Any) -> Array:
        scores, labels = cache
        grad = sigmoid(scores)
        grad -= answers(labels, scores)
        grad *= self.weight(labels, scores)
        return grad

    def probabilities(self, scores: Array) -> Array:
        if scores.shape[1] == 1:
            return np.concatenate([sigmoid(-scores), sigmoid(scores)], axis=1)
        return sigmoid(scores)

    def classify(self, scores: Array) -> Labels:
        return (scores[:, 0] > 0).astype(np.int64) if scores.shape[1] == 1 else super().classify(scores)

    def check(self, output_shape: Shape, classes: int) -> None:
        if classes == 1:
            raise OptionError(
                "a sigmoid answers a question of two classes, but the data has one class",
                hint="label two classes, 0 and 1",
            )
        if (output_shape, classes) != ((1,), 2):
            super().check(output_shape, classes)


def sigmoid(x: Array) -> Array:
    """Return ``1 / (1 + exp(-x))``, to full relative precision for x of any size."""
    return np.asarray(np.exp(-np.logaddexp(0, -x)))
