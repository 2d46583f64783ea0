"""Logistic sigmoid."""

import numpy as np

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.kernels.blocks import elementwise
from nnlab.nn.layers.base import Layer
from nnlab.registry import LAYERS


@LAYERS.register("sigmoid")
class Sigmoid(Layer):
    """The logistic function, ``y = 1 / (1 + exp(-x))``.

    Shapes: x and y (N, ...). Gradient: ``dL/dx = dL/dy y (1 - y)``. Derivation: docs/layers/activations.md.
    """

    bounds = "between 0 and 1"

    def __init__(self, input_shape: Shape, rng: Rng) -> None:  # noqa: ARG002 -- not random
        super().__init__(input_shape, output_shape=input_shape)

    def predict(self, x: Array) -> Array:
        return elementwise(logistic, x)

    def forward(self, x: Array) -> tuple[Array, Array]:
        y = self.predict(x)
        return y, y

    def backward(self, grad_y: Array, cache: Array) -> tuple[Array, Named]:
        return elementwise(lambda grad_y, y: grad_y * y * (1 - y), grad_y, cache), {}


def logistic(x: Array) -> Array:
    """Return ``1 / (1 + exp(-x))``, with no exponent above 0, which could overflow."""
    decay = np.exp(-np.abs(x))
    numerator = np.maximum(decay, x >= 0)  # 1 for x >= 0, else decay; np.where takes longer than the exponential
    y: Array = numerator / (1 + decay)
    return y
