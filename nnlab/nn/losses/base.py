"""The interface of all losses: a measure of how wrong scores are, and its derivative."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

from nnlab.arrays import Array, Labels, Shape
from nnlab.errors import OptionError
from nnlab.registry import LOSSES, Component

Reduction: TypeAlias = Literal["mean", "sum"]
"""How the losses of a batch become one number."""


@dataclass(frozen=True, kw_only=True)
class Loss(Component, ABC):
    """A differentiable measure of how wrong scores are.

    Shapes: scores (N, M), where M is the number of classes unless a loss says otherwise; labels (N,).
    What ``backward`` needs travels in the cache that ``forward`` returns, never in the object.
    ``applies`` names the layer whose function the loss applies to the scores itself, if any;
    ``takes_probabilities`` says whether the network must end in a layer that gives probabilities.

    Options:
        reduction: Whether the loss of a batch is the mean or the sum over its examples.
    """

    registry = LOSSES
    applies: ClassVar[str | None] = None
    takes_probabilities: ClassVar[bool] = False

    reduction: Reduction = "mean"

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

    def quantity(self, outputs: int | None) -> str:  # noqa: ARG002 -- some losses need them
        """Return what the loss of an example is called, given the number of ``outputs`` if it is known.

        It is ``loss`` for a plain cross-entropy; other names say what it contains besides.
        """
        return "loss"

    def weight(self, examples: int) -> float:
        """Return the weight of one of ``examples`` in the loss of the batch."""
        return 1 / examples if self.reduction == "mean" else 1.0

    def reduce(self, losses: Array) -> float:
        """Return the loss of the batch."""
        return float(losses.sum()) * self.weight(len(losses))
