"""Adam with decoupled weight decay."""

from nnlab.arrays import Array
from nnlab.nn.kernels import updates
from nnlab.nn.optimizers.adam import Adam
from nnlab.nn.optimizers.base import Block, Decay, Mask
from nnlab.registry import OPTIMIZERS
from nnlab.registry.options import NonNegative, Positive, Probability


@OPTIMIZERS.register("adamw")
class AdamW(Adam):
    """Adam, with the weight decay beside the gradient's step, not in it: ``w <- (1 - alpha weight_decay) w``.

    All weights decay at the same rate, however large their gradients. The rest is as in ``adam``, with
    g = dL/dw. Loshchilov and Hutter (2019), arXiv:1711.05101. Derivation: docs/optimizers.md.
    """

    def __init__(
        self,
        weights: Array,
        decayed: Mask,
        *,
        learning_rate: Positive = 1e-3,
        betas: tuple[Probability, Probability] = (0.9, 0.999),
        epsilon: Positive = 1e-8,
        weight_decay: NonNegative = 0.01,
        decay: Decay = "all",
    ) -> None:
        super().__init__(
            weights,
            decayed,
            learning_rate=learning_rate,
            betas=betas,
            epsilon=epsilon,
            weight_decay=weight_decay,
            decay=decay,
        )

    def update(self, weights: Array, gradient: Array, factor: float) -> None:
        self.state["steps"] += 1
        rate = self.learning_rate * factor

        def step(block: Block) -> None:
            part, decay = block
            w = weights[part]
            updates.shrink(w, decay, rate)
            self._adapt(w, gradient[part], part, rate)

        updates.each_block(step, self.blocks)
