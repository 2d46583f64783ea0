"""AdaGrad."""

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import updates
from nnlab.nn.optimizers.base import Block, Decay, Mask, Optimizer
from nnlab.registry import OPTIMIZERS
from nnlab.registry.options import NonNegative, Positive


@OPTIMIZERS.register("adagrad")
class Adagrad(Optimizer):
    """Steps scaled by the root of the sum of all squared gradients so far.

    ``v <- v + g^2`` and ``w <- w - alpha g / (sqrt(v) + epsilon)``, where ``g = dL/dw + weight_decay w``. The
    steps of a weight shrink with the gradients that it has had. Duchi, Hazan and Singer (2011),
    https://jmlr.org/papers/v12/duchi11a.html. Derivation: docs/optimizers.md.

    The state has v as ``square``, (D,).

    Options:
        learning_rate: The step size alpha, which the schedule multiplies by its factor.
        initial_square: The value at which v begins, for every weight; more than 0 shortens the first steps.
        epsilon: Added to the root of v, so that nothing is divided by 0.
        weight_decay: How strongly parameters are drawn towards 0 in each step.
        decay: Which parameters decay: all of them, or weights, without biases and normalization parameters.
    """

    def __init__(
        self,
        weights: Array,
        decayed: Mask,
        *,
        learning_rate: Positive = 1e-2,
        initial_square: NonNegative = 0.0,
        epsilon: Positive = 1e-10,
        weight_decay: NonNegative = 0.0,
        decay: Decay = "all",
    ) -> None:
        super().__init__(weights, decayed, learning_rate=learning_rate, weight_decay=weight_decay, decay=decay)
        self.epsilon = epsilon
        self.state = {"square": np.full_like(weights, initial_square)}

    def update(self, weights: Array, gradient: Array, factor: float) -> None:
        rate = self.learning_rate * factor

        def step(block: Block) -> None:
            part, decay = block
            w, v = weights[part], self.state["square"][part]
            g = updates.decayed(w, gradient[part], decay)
            updates.add_square(v, g)
            updates.descend_scaled(w, g, v, self.epsilon, rate)

        updates.each_block(step, self.blocks)
