"""What training minimizes: losses of a batch of scores against class numbers, in nats.

Every loss is a sum over the classes and one value per example; ``reduction`` then takes the mean or the
sum over the batch. All stay finite for scores of any size. Derivations: docs/losses.md.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from nnlab.arrays import Array, Labels, Shape
from nnlab.errors import OptionError
from nnlab.registry import LOSSES, Component
from nnlab.registry.options import Probability

Reduction: TypeAlias = Literal["mean", "sum"]
"""How the losses of a batch become one number."""


@dataclass(frozen=True, kw_only=True)
class Loss(Component, ABC):
    """A differentiable measure of how wrong scores are.

    Shapes: scores (N, M), where M is the number of classes unless a loss says otherwise; labels (N,).
    What ``backward`` needs travels in the cache that ``forward`` returns, never in the object.
    ``applies`` is the layer whose function the loss takes of the scores itself.
    """

    registry = LOSSES
    applies: ClassVar[str | None] = None

    reduction: Reduction = "mean"

    @abstractmethod
    def per_example(self, scores: Array, labels: Labels) -> Array:
        """Return the loss of each example, (N,)."""

    @abstractmethod
    def forward(self, scores: Array, labels: Labels) -> tuple[float, Any]:
        """Return the loss of the batch, and the cache that ``backward`` takes."""

    @abstractmethod
    def backward(self, cache: Any) -> Array:
        """Return dL/dscores."""

    @abstractmethod
    def probabilities(self, scores: Array) -> Array:
        """Return the probability, 0 .. 1, that each example is of each class, (N, classes)."""

    def classify(self, scores: Array) -> Labels:
        """Return the class that each example most probably is of, (N,)."""
        classes: Labels = scores.argmax(axis=1)
        return classes

    def check(self, output_shape: Shape, classes: int) -> None:
        """Raise OptionError if scores of ``output_shape`` (without the batch axis) do not fit ``classes``."""
        if output_shape != (classes,):
            given = "x".join(str(length) for length in output_shape)
            raise OptionError(
                f"the network ends in {given} value{'s' * (given != '1')}, but the data has {classes} classes",
                hint=f"end the network in {{type: dense, units: {classes}}}",
            )

    def weight(self, examples: int) -> float:
        """Return how much one of ``examples`` counts in the loss of the batch."""
        return 1 / examples if self.reduction == "mean" else 1.0

    def reduce(self, losses: Array) -> float:
        """Return the loss of the batch."""
        return float(losses.sum()) * self.weight(len(losses))


@LOSSES.register("softmax_cross_entropy")
@dataclass(frozen=True, kw_only=True)
class SoftmaxCrossEntropy(Loss):
    """Negative log-likelihood of the softmax of the scores, ``L = log sum_j exp x_j - sum_j t_j x_j``.

    t is 1 for the true class and 0 elsewhere; with ``label_smoothing`` s, it is ``(1 - s) t + s / M``.
    Gradient: ``dL/dx = softmax(x) - t``. Both subtract the largest score first, so that nothing overflows.
    Label smoothing: Szegedy et al. (2016), arXiv:1512.00567.
    """

    applies = "softmax"

    label_smoothing: Probability = 0.0

    def per_example(self, scores: Array, labels: Labels) -> Array:
        losses: Array = self._forward(scores, labels)[0]
        return losses

    def forward(self, scores: Array, labels: Labels) -> tuple[float, Any]:
        losses, cache = self._forward(scores, labels)
        return self.reduce(losses), cache

    def _forward(self, scores: Array, labels: Labels) -> tuple[Array, Any]:
        shifted = scores - scores.max(axis=1, keepdims=True)
        exps = np.exp(shifted)
        total = exps.sum(axis=1, keepdims=True)
        targets = one_hot(labels, scores, self.label_smoothing)
        return np.log(total)[:, 0] - np.vecdot(shifted, targets), (exps, total, targets)

    def backward(self, cache: Any) -> Array:
        exps, total, targets = cache
        grad: Array = exps / total
        grad -= targets
        grad *= self.weight(len(grad))
        return grad

    def probabilities(self, scores: Array) -> Array:
        exps: Array = np.exp(scores - scores.max(axis=1, keepdims=True))
        exps /= exps.sum(axis=1, keepdims=True)
        return exps


@LOSSES.register("cross_entropy")
@dataclass(frozen=True, kw_only=True)
class CrossEntropy(Loss):
    """Negative log-likelihood of probabilities, ``L = -log p_c``, as after a softmax layer.

    Gradient: ``dL/dp_c = -1 / p_c``, 0 for the other classes.
    A p_c below the least normal number (1.2e-38 in float32) counts as that, so that a loss is at most 87.3
    nats (708.4 in float64). Where p_c underflowed to 0 the softmax layer before has no gradient left to
    pass on; ``softmax_cross_entropy`` does not suffer from that.

    Raises OptionError if a p_c is outside of 0 .. 1 by more than 0.001.
    """

    def per_example(self, scores: Array, labels: Labels) -> Array:
        return -np.log(self._likelihoods(scores, labels))

    def forward(self, scores: Array, labels: Labels) -> tuple[float, Any]:
        likelihoods = self._likelihoods(scores, labels)
        return self.reduce(-np.log(likelihoods)), (likelihoods, one_hot(labels, scores))

    def _likelihoods(self, scores: Array, labels: Labels) -> Array:
        likelihoods: Array = scores[np.arange(len(scores)), labels]
        wrong = likelihoods[np.abs(likelihoods - 0.5) > 0.501]
        if wrong.size:
            raise OptionError(
                f"cross_entropy takes probabilities, but the network answered {wrong[0]:.4g}",
                hint="end the network in softmax, or use softmax_cross_entropy",
            )
        return likelihoods.clip(min=np.finfo(scores.dtype).tiny)

    def backward(self, cache: Any) -> Array:
        likelihoods, targets = cache
        grad: Array = targets * (-self.weight(len(targets)) / likelihoods)[:, np.newaxis]
        return grad

    def probabilities(self, scores: Array) -> Array:
        return scores


@LOSSES.register("sigmoid_binary_cross_entropy")
@dataclass(frozen=True, kw_only=True)
class SigmoidBinaryCrossEntropy(Loss):
    """Negative log-likelihood of independent yes-or-no answers, ``L = sum_j log(1 + exp x_j) - t_j x_j``.

    Shapes: scores (N, 1) for two classes, where t is the label and the score speaks for class 1; or
    scores (N, M), one answer per class, where t is 1 for the true class and 0 elsewhere.
    Gradient: ``dL/dx = sigmoid(x) - t``. The probabilities of M answers need not sum to 1.
    """

    applies = "sigmoid"

    def per_example(self, scores: Array, labels: Labels) -> Array:
        losses: Array = np.logaddexp(0, scores).sum(axis=1) - np.vecdot(scores, answers(labels, scores))
        return losses

    def forward(self, scores: Array, labels: Labels) -> tuple[float, Any]:
        return self.reduce(self.per_example(scores, labels)), (scores, labels)

    def backward(self, cache: Any) -> Array:
        scores, labels = cache
        grad = sigmoid(scores)
        grad -= answers(labels, scores)
        grad *= self.weight(len(grad))
        return grad

    def probabilities(self, scores: Array) -> Array:
        if scores.shape[1] == 1:
            return np.concatenate([sigmoid(-scores), sigmoid(scores)], axis=1)
        return sigmoid(scores)

    def classify(self, scores: Array) -> Labels:
        return (scores[:, 0] > 0).astype(np.int64) if scores.shape[1] == 1 else super().classify(scores)

    def check(self, output_shape: Shape, classes: int) -> None:
        if (output_shape, classes) != ((1,), 2):
            super().check(output_shape, classes)


@LOSSES.register("mean_squared_error")
@dataclass(frozen=True, kw_only=True)
class MeanSquaredError(Loss):
    """Squared distance to the one-hot target, averaged over the M outputs: ``L = (1 / M) sum_j (x_j - t_j)^2``.

    There is no factor 1/2, and ``reduction: sum`` sums over the examples, not over the outputs.
    Gradient: ``dL/dx = 2 (x - t) / M``. The probabilities are those nearest to the scores.
    """

    def per_example(self, scores: Array, labels: Labels) -> Array:
        distances = scores - one_hot(labels, scores)
        losses: Array = np.vecdot(distances, distances) / scores.shape[1]
        return losses

    def forward(self, scores: Array, labels: Labels) -> tuple[float, Any]:
        distances = scores - one_hot(labels, scores)
        return self.reduce(np.vecdot(distances, distances)) / scores.shape[1], distances

    def backward(self, cache: Any) -> Array:
        distances = cache
        grad: Array = distances * (2 * self.weight(len(distances)) / distances.shape[1])
        return grad

    def probabilities(self, scores: Array) -> Array:
        return nearest_probabilities(scores)


def one_hot(labels: Labels, scores: Array, smoothing: float = 0.0) -> Array:
    """Return targets of the shape and dtype of ``scores``: 1 for the label's class, 0 elsewhere, then smoothed."""
    return _target_rows(scores.shape[1], scores.dtype, smoothing).take(labels, axis=0)


def answers(labels: Labels, scores: Array) -> Array:
    """Return the target of each answer: the label itself if there is one answer, one-hot if there are more."""
    return labels[:, np.newaxis].astype(scores.dtype) if scores.shape[1] == 1 else one_hot(labels, scores)


@lru_cache(maxsize=16)
def _target_rows(classes: int, dtype: np.dtype[Any], smoothing: float) -> Array:
    """Return the target of every class; kept, because making it costs more than a small network's whole loss."""
    rows: Array = np.eye(classes, dtype=dtype) * (1 - smoothing) + smoothing / classes
    rows.setflags(write=False)
    return rows


def sigmoid(x: Array) -> Array:
    """Return ``1 / (1 + exp(-x))``, to full relative precision for x of any size."""
    return np.asarray(np.exp(-np.logaddexp(0, -x)))


def nearest_probabilities(scores: Array) -> Array:
    """Return, per row, the probabilities at the least Euclidean distance: ``max(x_j - shift, 0)``, summing to 1.

    They keep the order of the scores. Martins and Astudillo (2016), arXiv:1602.02068.
    """
    descending = -np.sort(-scores, axis=1)
    counts = np.arange(1, scores.shape[1] + 1, dtype=scores.dtype)
    shifts = (np.cumsum(descending, axis=1) - 1) / counts
    last = (descending > shifts).sum(axis=1, keepdims=True) - 1
    return np.maximum(scores - np.take_along_axis(shifts, last, axis=1), 0)
