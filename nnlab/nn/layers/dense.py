"""Fully connected layer."""

from math import prod

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.initializers import HeNormal, Initializer, Zeros
from nnlab.nn.kernels.blocks import matmul
from nnlab.nn.layers.base import Layer
from nnlab.registry import LAYERS
from nnlab.registry.options import PositiveInt


@LAYERS.register("dense")
class Dense(Layer):
    """Affine map of each flattened example, ``y = x @ weight + bias``.

    Shapes: x (N, ...) with D values each, weight (D, M), bias (M,), y (N, M), where M is ``units``.
    Gradients: ``dL/dx = dL/dy @ weight.T``, ``dL/dweight = x.T @ dL/dy``, ``dL/dbias = sum_n dL/dy``.
    Derivation: docs/layers/affine.md.

    Options:
        units: The number of output values.
        init: How the weights are drawn before training.
        bias_init: How the biases are set before training.
    """

    affine = True

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,
        *,
        units: PositiveInt,
        init: Initializer = HeNormal(),
        bias_init: Initializer = Zeros(),
    ) -> None:
        super().__init__(input_shape, output_shape=(units,))
        self.params = {"weight": init(rng, (prod(input_shape), units)), "bias": bias_init(rng, (units,))}

    def predict(self, x: Array) -> Array:
        return matmul(rows(x), self.params["weight"]) + self.params["bias"]

    def forward(self, x: Array) -> tuple[Array, Array]:
        return self.predict(x), x

    def backward(self, grad_y: Array, cache: Array) -> tuple[Array, Named]:
        grad_x = matmul(grad_y, self.params["weight"].T)
        return grad_x.reshape(cache.shape), self.gradients(grad_y, cache)

    def gradients(self, grad_y: Array, cache: Array) -> Named:
        return {"weight": matmul(rows(cache).T, grad_y), "bias": grad_y.sum(axis=0)}

    @property
    def multiply_adds(self) -> int:
        return self.params["weight"].size


def rows(x: Array) -> Array:
    """Return x (N, ...) as a matrix of N rows."""
    return x.reshape(len(x), prod(x.shape[1:]))
