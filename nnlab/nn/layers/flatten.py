"""Flattening."""

from math import prod

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.dense import rows
from nnlab.registry import LAYERS


@LAYERS.register("flatten")
class Flatten(Layer):
    """Each example's values in one row, in the order of memory: ``y[n] = x[n].ravel()``.

    Shapes: x (N, ...) with D values each, y (N, D). Gradient: ``dL/dy`` in the shape of x. A dense layer
    flattens its input by itself. Derivation: docs/layers/affine.md.
    """

    reshapes = True

    def __init__(self, input_shape: Shape, rng: Rng) -> None:  # noqa: ARG002 -- not random
        super().__init__(input_shape, output_shape=(prod(input_shape),))

    def predict(self, x: Array) -> Array:
        return rows(x)

    def forward(self, x: Array) -> tuple[Array, None]:
        return rows(x), None

    def backward(self, grad_y: Array, cache: None) -> tuple[Array, Named]:  # noqa: ARG002 -- shapes suffice
        return grad_y.reshape(-1, *self.input_shape), {}
