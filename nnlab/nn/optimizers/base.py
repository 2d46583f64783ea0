"""The interface of all optimizers: a rule that moves all weights against their gradient."""

from abc import ABC, abstractmethod
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Array
from nnlab.nn.kernels import updates

Mask: TypeAlias = NDArray[np.bool_]

Decay: TypeAlias = Literal["all", "weights"]
"""Which parameters decay: all of them, or all but biases and normalization parameters."""

Block: TypeAlias = tuple[slice, float | Array]
"""A part of the weights, and the weight decay of each entry in it; one number if it is the same for all."""


class Optimizer(ABC):
    """A rule that moves weights against their gradient.

    Shapes: weights, gradient and ``decayed`` (D,); ``decayed`` is False for biases and normalization
    parameters. An optimizer sees two vectors, all weights and all gradients, however many layers there are.
    ``state`` is the memory of the rule, by name: a checkpoint saves it and restores it in place. The dtype is
    that of the weights.
    """

    def __init__(
        self, weights: Array, decayed: Mask, *, learning_rate: float, weight_decay: float, decay: Decay
    ) -> None:
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.decay = decay
        self.state: dict[str, NDArray[Any]] = {}
        parts = updates.blocks(weights.size)
        self.blocks: list[Block] = [(part, self._strength(decayed[part], weights.dtype)) for part in parts]

    def _strength(self, decayed: Mask, dtype: np.dtype[Any]) -> float | Array:
        """Return the weight decay of each weight in a block; one number if it is the same for all."""
        if self.decay == "all" or decayed.all():
            return self.weight_decay
        return decayed * np.asarray(self.weight_decay, dtype) if decayed.any() else 0.0

    @abstractmethod
    def update(self, weights: Array, gradient: Array, factor: float) -> None:
        """Take one step in place, with ``learning_rate * factor``; the gradient is left as it is."""
