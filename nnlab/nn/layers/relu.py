"""Rectified linear unit."""

import numpy as np

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.kernels.blocks import elementwise
from nnlab.nn.layers.base import Layer
from nnlab.registry import LAYERS


@LAYERS.register("relu")
class Relu(Layer):
    """The positive part, ``y = max(x, 0)``.

    Shapes: x and y (N, ...). Gradient: ``dL/dx = dL/dy`` where x > 0, else 0 (at x = 0 too). Nair and Hinton
    (2010), https://icml.cc/Conferences/2010/papers/432.pdf. Derivation: docs/layers/activations.md.
    """

    bounds = "at or above 0"

    def __init__(self, input_shape: Shape, rng: Rng) -> None:  # noqa: ARG002 -- not random
        super().__init__(input_shape, output_shape=input_shape)

    def predict(self, x: Array) -> Array:
        return elementwise(lambda x: np.maximum(x, 0), x)

    def forward(self, x: Array) -> tuple[Array, Array]:
        y = self.predict(x)
        return y, y

    def backward(self, grad_y: Array, cache: Array) -> tuple[Array, Named]:
        return elementwise(lambda grad_y, y: grad_y * (y > 0), grad_y, cache), {}
