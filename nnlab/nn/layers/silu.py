"""Sigmoid-weighted linear unit."""

import numpy as np

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.kernels.blocks import elementwise
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.sigmoid import logistic
from nnlab.registry import LAYERS


@LAYERS.register("silu")
class Silu(Layer):
    """The input times its logistic sigmoid, ``y = x s`` with ``s = 1 / (1 + exp(-x))``; also known as swish.

    Shapes: x, s and y (N, ...). Gradient: ``dL/dx = dL/dy (s + y (1 - s))``. Hendrycks and Gimpel (2016),
    arXiv:1606.08415; Elfwing, Uchibe and Doya (2018), arXiv:1702.03118.
    Derivation: docs/layers/activations.md.
    """

    bounds = "above -0.28"

    def __init__(self, input_shape: Shape, rng: Rng) -> None:  # noqa: ARG002 -- not random
        super().__init__(input_shape, output_shape=input_shape)

    def predict(self, x: Array) -> Array:
        return elementwise(lambda x: x * logistic(x), x)

    def forward(self, x: Array) -> tuple[Array, tuple[Array, Array]]:
        s = elementwise(logistic, x)
        return elementwise(np.multiply, x, s), (x, s)

    def backward(self, grad_y: Array, cache: tuple[Array, Array]) -> tuple[Array, Named]:
        return elementwise(lambda grad_y, x, s: grad_y * (s + x * s * (1 - s)), grad_y, *cache), {}
