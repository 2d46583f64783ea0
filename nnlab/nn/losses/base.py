"""The interface of all losses: a measure of how wrong scores are, and its derivative."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

import numpy as np
from pydantic import Field

from nnlab.arrays import Array, Labels, Shape
from nnlab.errors import OptionError
from nnlab.registry import LOSSES, Component
from nnlab.registry.options import Positive

Reduction: TypeAlias = Literal["mean", "sum"]
"""How the losses of a batch become one number."""

ClassWeights: TypeAlias = Literal["balanced"] | Annotated[tuple[Positive, ...], Field(min_length=1)]
"""A factor for the loss of the examples of each class, in the order of the classes, or how to choose them."""


@dataclass(frozen=True, kw_only=True)
class Loss(Component, ABC):
    """A differentiable measure of how wrong scores are.

    Shapes: scores (N, M), where M is the number of classes unless a loss says otherwise; labels (N,).
    What ``backward`` needs travels in the cache that ``forward`` returns, never in the object.
    ``applies`` names the layer whose function the loss applies to the scores itself, if any;
    ``takes_probabilities`` says whether the network must end in a layer that gives probabilities.

    With class weights the loss of an example is multiplied by the weight of its class. ``reduction: mean`` still
    divides by the number of examples, not by the sum of their weights. A subclass applies the weights by
    ``weighted`` and ``weight``. Derivation: docs/losses.md.

    Options:
        reduction: Whether the loss of a batch is the mean or the sum over its examples.
        class_weights: A factor for each class, or balanced, inverse to its training examples; null: all 1.
    """

    registry = LOSSES
    applies: ClassVar[str | None] = None
    takes_probabilities: ClassVar[bool] = False

    reduction: Reduction = "mean"
    class_weights: ClassWeights | None = None

    @abstractmethod
    def per_example(self, scores: Array, labels: Labels) -> Array:
        """Return the loss of each example, (N,)."""

    @abstractmethod
    def forward(self, scores: Array, labels: Labels) -> tuple[float, Any]:
        """Return the loss of the batch, and the cache for ``backward``."""

    @abstractmethod
    def backward(self, cache: Any) -> Array:
        """Return dL/dscores."""

    @abstractmethod
    def probabilities(self, scores: Array) -> Array:
        """Return the probability, 0 .. 1, of each class for each example, (N, classes)."""

    def classify(self, scores: Array) -> Labels:
        """Return the most probable class of each example, (N,)."""
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

    def check_weights(self, classes: int) -> None:
        """Raise OptionError unless there is one weight for each of ``classes``, or none at all."""
        if isinstance(self.class_weights, tuple) and len(self.class_weights) != classes:
            count = len(self.class_weights)
            raise OptionError(
                f"{count} weight{'s' * (count != 1)} for {classes} classes",
                option="class_weights",
                hint="give one for each class, in their order, or balanced",
            )

    def fitted(self, labels: Labels, classes: int) -> Self:
        """Return the loss with the balanced weights of the training examples ``labels`` as numbers.

        A class of n of N examples, in which M' classes occur, has the weight ``N / (M' n)``, one without examples
        the weight 1. King and Zeng (2001), doi:10.1093/oxfordjournals.pan.a004868.
        """
        if self.class_weights != "balanced":
            return self
        counts = np.bincount(labels, minlength=classes)
        shares = counts * np.count_nonzero(counts) / max(1, len(labels))
        return replace(self, class_weights=tuple((1 / np.where(counts, shares, 1)).tolist()))

    def quantity(self, outputs: int | None) -> str:  # noqa: ARG002 -- some losses need them
        """Return what the loss of an example is called, given the number of ``outputs`` if it is known.

        It is ``loss`` for a plain cross-entropy; other names say what it contains besides.
        """
        return "loss"

    def weighted(self, losses: Array, labels: Labels) -> Array:
        """Return the losses (N,) of the examples, each times the weight of its class."""
        return losses if self.class_weights is None else losses * self._of_classes(labels, losses)

    def weight(self, labels: Labels, like: Array) -> float | Array:
        """Return the factor of each example in the gradient: one number, or (N, 1) of the type of ``like``."""
        share = self.share(len(labels))
        return share if self.class_weights is None else share * self._of_classes(labels, like)[:, np.newaxis]

    def reduce(self, losses: Array) -> float:
        """Return the loss of the batch, given those of the examples, weighted."""
        return float(losses.sum()) * self.share(len(losses))

    def share(self, examples: int) -> float:
        """Return the factor of one of ``examples`` in the loss of the batch."""
        return 1 / examples if self.reduction == "mean" else 1.0

    def _of_classes(self, labels: Labels, like: Array) -> Array:
        if self.class_weights == "balanced":
            raise OptionError("balanced class weights need the training examples", hint="Loss.fitted counts them")
        return np.asarray(self.class_weights, like.dtype)[labels]
