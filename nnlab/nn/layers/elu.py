"""Exponential linear unit."""

import numpy as np

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.kernels.blocks import elementwise
from nnlab.nn.layers.base import Layer
from nnlab.registry import LAYERS
from nnlab.registry.options import NonNegative


@LAYERS.register("elu")
class Elu(Layer):
    """``y = x`` where x > 0, else ``alpha (exp(x) - 1)``.

    Shapes: x and y (N, ...). Gradient: ``dL/dx = dL/dy`` where x > 0, else ``(y + alpha) dL/dy``. Clevert,
    Unterthiner and Hochreiter (2016), arXiv:1511.07289. Derivation: docs/layers/activations.md.

    Options:
        alpha: The size of the value that y approaches for large negative x.
    """

    bounds = "above -alpha"

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,  # noqa: ARG002 -- not random
        *,
        alpha: NonNegative = 1.0,
    ) -> None:
        super().__init__(input_shape, output_shape=input_shape)
        self.alpha = alpha

    def predict(self, x: Array) -> Array:
        def bent(x: Array) -> Array:
            # exp(x) - 1 = 2 t / (1 - t) with t = tanh(x / 2): all digits near 0, in half the time of np.expm1.
            t = np.tanh(0.5 * np.minimum(x, 0))
            y: Array = np.maximum(x, 0) + self.alpha * (2 * t / (1 - t))
            return y

        return elementwise(bent, x)

    def forward(self, x: Array) -> tuple[Array, Array]:
        y = self.predict(x)
        return y, y

    def backward(self, grad_y: Array, cache: Array) -> tuple[Array, Named]:
        def grad_x(grad_y: Array, y: Array) -> Array:
            straight = y > 0  # just where x > 0
            slope = (np.minimum(y, 0) + self.alpha) * ~straight + straight
            return grad_y * slope

        return elementwise(grad_x, grad_y, cache), {}
