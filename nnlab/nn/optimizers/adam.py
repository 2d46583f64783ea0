"""Adam."""

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import updates
from nnlab.nn.optimizers.base import Block, Decay, Mask, Optimizer
from nnlab.registry import OPTIMIZERS
from nnlab.registry.options import NonNegative, Positive, Probability


@OPTIMIZERS.register("adam")
class Adam(Optimizer):
    """Steps scaled by running means of the gradient and of its square.

    ``m <- beta1 m + (1 - beta1) g``, ``v <- beta2 v + (1 - beta2) g^2`` and
    ``w <- w - alpha m' / (sqrt(v') + epsilon)``, where ``m' = m / (1 - beta1^t)`` and
    ``v' = v / (1 - beta2^t)`` undo the bias of beginning at 0, and ``g = dL/dw + weight_decay w``.
    Kingma and Ba (2015), arXiv:1412.6980. Derivation: docs/optimizers.md.

    The state has m as ``mean`` and v as ``square``, both (D,), and t, an integer, as ``steps``.

    Options:
        learning_rate: The step size alpha, which the schedule multiplies by its factor.
        betas: The fractions beta1 and beta2 that the means of the gradient and of its square keep in each step.
        epsilon: Added to the root of the mean square, so that nothing is divided by 0.
        weight_decay: How strongly parameters are drawn towards 0 in each step.
        decay: Which parameters decay: all of them, or weights, without biases and normalization parameters.
    """

    def __init__(
        self,
        weights: Array,
        decayed: Mask,
        *,
        learning_rate: Positive = 1e-3,
        betas: tuple[Probability, Probability] = (0.9, 0.999),
        epsilon: Positive = 1e-8,
        weight_decay: NonNegative = 0.0,
        decay: Decay = "all",
    ) -> None:
        super().__init__(weights, decayed, learning_rate=learning_rate, weight_decay=weight_decay, decay=decay)
        self.betas = betas
        self.epsilon = epsilon
        self.state = {
            "mean": np.zeros_like(weights),
            "square": np.zeros_like(weights),
            "steps": np.zeros(1, np.int64),
        }

    def update(self, weights: Array, gradient: Array, factor: float) -> None:
        self.state["steps"] += 1
        rate = self.learning_rate * factor

        def step(block: Block) -> None:
            part, decay = block
            w = weights[part]
            self._adapt(w, updates.decayed(w, gradient[part], decay), part, rate)

        updates.each_block(step, self.blocks)

    def _adapt(self, w: Array, g: Array, part: slice, rate: float) -> None:
        """Update the weights w of ``part``, and its means, with the gradient g.

        With c = sqrt(1 - beta2^t), ``m' / (sqrt(v') + epsilon) = c / (1 - beta1^t) m / (sqrt(v) + c epsilon)``.
        """
        m, v, t = self.state["mean"][part], self.state["square"][part], int(self.state["steps"][0])
        beta1, beta2 = self.betas
        c = (1 - beta2**t) ** 0.5
        updates.average(m, g, beta1, 1 - beta1)
        updates.average_square(v, g, beta2, 1 - beta2)
        updates.descend_scaled(w, m, v, c * self.epsilon, rate * c / (1 - beta1**t))
