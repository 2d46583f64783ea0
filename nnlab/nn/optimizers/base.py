"""The interface of all optimizers: a rule that moves all weights against their gradient."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
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
        self._decayed = decayed
        self._dtype = weights.dtype
        self.blocks: list[Block] = self._blocks(updates.blocks(weights.size))

    def restrict(self, trained: Mask) -> None:
        """Update only the weights that are True in ``trained`` (D,), from now on; the others never change.

        The state keeps its shape; the entries of weights that are not trained stay as they are.
        """
        edges = np.flatnonzero(np.diff(trained, prepend=False, append=False))
        parts = []
        for start, end in edges.reshape(-1, 2).tolist():
            whole = updates.blocks(end - start)
            parts += [slice(start + part.start, min(start + part.stop, end)) for part in whole]
        self.blocks = self._blocks(parts)

    def _blocks(self, parts: Sequence[slice]) -> list[Block]:
        return [(part, self._strength(self._decayed[part], self._dtype)) for part in parts]

    def _strength(self, decayed: Mask, dtype: np.dtype[Any]) -> float | Array:
        """Return the weight decay of each weight in a block; one number if it is the same for all."""
        if self.decay == "all" or decayed.all():
            return self.weight_decay
        return decayed * np.asarray(self.weight_decay, dtype) if decayed.any() else 0.0

    @abstractmethod
    def update(self, weights: Array, gradient: Array, factor: float) -> None:
        """Take one step in place, with ``learning_rate * factor``; the gradient is left as it is."""
