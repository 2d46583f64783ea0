"""Hyperbolic tangent."""

import numpy as np

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.kernels.blocks import elementwise
from nnlab.nn.layers.base import Layer
from nnlab.registry import LAYERS


@LAYERS.register("tanh")
class Tanh(Layer):
    """The hyperbolic tangent, ``y = tanh(x)``.

    Shapes: x and y (N, ...). Gradient: ``dL/dx = dL/dy (1 - y^2)``. Derivation: docs/layers/activations.md.
    """

    bounds = "between -1 and 1"

    def __init__(self, input_shape: Shape, rng: Rng) -> None:  # noqa: ARG002 -- not random
        super().__init__(input_shape, output_shape=input_shape)

    def predict(self, x: Array) -> Array:
        return elementwise(np.tanh, x)

    def forward(self, x: Array) -> tuple[Array, Array]:
        y = self.predict(x)
        return y, y

    def backward(self, grad_y: Array, cache: Array) -> tuple[Array, Named]:
        return elementwise(lambda grad_y, y: grad_y * (1 - y * y), grad_y, cache), {}
