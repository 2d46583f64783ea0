"""Gaussian error linear unit."""

from math import pi, sqrt
from typing import Literal

import numpy as np

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.kernels.blocks import elementwise
from nnlab.nn.kernels.normal_distribution import normal_density, normal_distribution
from nnlab.nn.layers.base import Layer
from nnlab.registry import LAYERS

_SCALE, _CUBIC = sqrt(2 / pi), 0.044715
_END = 40  # beyond it tanh is -1 or 1, and powers of x could overflow


@LAYERS.register("gelu")
class Gelu(Layer):
    """The input times the probability that a standard normal variable is below it, ``y = x Phi(x)``.

    ``Phi(x) = (1 + erf(x / sqrt(2))) / 2``. With ``approximate: tanh`` it is ``(1 + tanh(u)) / 2``, where
    ``u = sqrt(2 / pi) (x + 0.044715 x^3)``: within 0.0005 of it. Shapes: x and y (N, ...). Gradient:
    ``dL/dx = dL/dy (Phi(x) + x Phi'(x))`` with ``Phi'(x) = exp(-x^2 / 2) / sqrt(2 pi)``.
    Hendrycks and Gimpel (2016), arXiv:1606.08415. Derivation: docs/layers/activations.md.

    Options:
        approximate: What Phi is: none, the exact distribution function, or tanh, an approximation.
    """

    bounds = "above -0.18"

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,  # noqa: ARG002 -- not random
        *,
        approximate: Literal["none", "tanh"] = "none",
    ) -> None:
        super().__init__(input_shape, output_shape=input_shape)
        self.approximate = approximate
        exact = approximate == "none"
        self._share = normal_distribution if exact else _tanh_share
        self._slope = (lambda x, share: normal_density(x)) if exact else _tanh_slope  # noqa: ARG005

    def predict(self, x: Array) -> Array:
        return elementwise(lambda x: x * self._share(x), x)

    def forward(self, x: Array) -> tuple[Array, tuple[Array, Array]]:
        share = elementwise(self._share, x)
        return elementwise(np.multiply, x, share), (x, share)

    def backward(self, grad_y: Array, cache: tuple[Array, Array]) -> tuple[Array, Named]:
        def grad_x(grad_y: Array, x: Array, share: Array) -> Array:
            return grad_y * (share + x * self._slope(x, share))

        return elementwise(grad_x, grad_y, *cache), {}


def _tanh_share(x: Array) -> Array:
    """Return the approximation of Phi."""
    x = np.clip(x, -_END, _END)
    return 0.5 + 0.5 * np.tanh(_SCALE * (x + _CUBIC * x * x * x))


def _tanh_slope(x: Array, share: Array) -> Array:
    """Return the derivative of the approximation, where ``share`` is its value."""
    x = np.clip(x, -_END, _END)
    return 2 * share * (1 - share) * _SCALE * (1 + 3 * _CUBIC * x * x)
