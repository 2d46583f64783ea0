"""RMSprop."""

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import updates
from nnlab.nn.optimizers.base import Block, Decay, Mask, Optimizer
from nnlab.registry import OPTIMIZERS
from nnlab.registry.options import NonNegative, Positive, Probability


@OPTIMIZERS.register("rmsprop")
class RmsProp(Optimizer):
    """Steps scaled by the root of a running mean of the squared gradient.

    ``v <- beta v + (1 - beta) g^2`` and ``w <- w - alpha g / (sqrt(v) + epsilon)``, where
    ``g = dL/dw + weight_decay w``. With momentum mu, ``b <- mu b + g / (sqrt(v) + epsilon)`` and
    ``w <- w - alpha b``. ``centered`` takes the variance ``v - m^2`` for v, with ``m <- beta m + (1 - beta) g``.
    Tieleman and Hinton (2012), https://www.cs.toronto.edu/~hinton/coursera/lecture6/lec6.pdf; centered: Graves
    (2013), arXiv:1308.0850. Derivation: docs/optimizers.md.

    The state has v as ``square``, m as ``mean`` and b as ``momentum``, each (D,), as far as they are needed.

    Options:
        learning_rate: The step size alpha, which the schedule multiplies by its factor.
        beta: The fraction that the mean of the squared gradient keeps in each step; alpha in PyTorch.
        momentum: The fraction mu of the former steps that is kept; 0: no momentum.
        centered: Whether the steps are scaled by the variance of the gradient instead of its mean square.
        epsilon: Added to the root, so that nothing is divided by 0.
        weight_decay: How strongly parameters are drawn towards 0 in each step.
        decay: Which parameters decay: all of them, or weights, without biases and normalization parameters.
    """

    def __init__(
        self,
        weights: Array,
        decayed: Mask,
        *,
        learning_rate: Positive = 1e-2,
        beta: Probability = 0.99,
        momentum: Probability = 0.0,
        centered: bool = False,
        epsilon: Positive = 1e-8,
        weight_decay: NonNegative = 0.0,
        decay: Decay = "all",
    ) -> None:
        super().__init__(weights, decayed, learning_rate=learning_rate, weight_decay=weight_decay, decay=decay)
        self.beta, self.momentum, self.epsilon = beta, momentum, epsilon
        kept = {"square": True, "mean": centered, "momentum": momentum > 0}
        self.state = {name: np.zeros_like(weights) for name, needed in kept.items() if needed}

    def update(self, weights: Array, gradient: Array, factor: float) -> None:
        rate = self.learning_rate * factor

        def step(block: Block) -> None:
            part, decay = block
            w, state = weights[part], {name: vector[part] for name, vector in self.state.items()}
            g = updates.decayed(w, gradient[part], decay)
            updates.average_square(state["square"], g, self.beta, 1 - self.beta)
            scale = state["square"]
            if "mean" in state:
                updates.average(state["mean"], g, self.beta, 1 - self.beta)
                scale = updates.variance(scale, state["mean"])
            if "momentum" in state:
                updates.accumulate_scaled(state["momentum"], g, scale, self.epsilon, self.momentum)
                updates.descend(w, state["momentum"], rate)
            else:
                updates.descend_scaled(w, g, scale, self.epsilon, rate)

        updates.each_block(step, self.blocks)
