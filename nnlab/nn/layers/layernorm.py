"""Layer normalization."""

from collections.abc import Mapping
from math import prod
from typing import ClassVar

import numpy as np

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.kernels.blocks import channel_sums, elementwise
from nnlab.nn.kernels.standardize import standardize, standardize_gradient
from nnlab.nn.layers.base import Layer, Role
from nnlab.registry import LAYERS
from nnlab.registry.options import Positive


@LAYERS.register("layernorm")
class LayerNorm(Layer):
    """Values normalized over the channels: ``y = gamma z + beta``, ``z = (x - mean) / sqrt(variance + epsilon)``.

    Shapes: x, y and z (N, ..., C); gamma and beta (C,); mean and variance (N, ..., 1), over the last axis: the
    values of a row, or the channels of a pixel. (``groupnorm`` with one group takes them over a whole image.)
    Examples do not meet, so that inference is as training. Gradients: ``dL/dx = (h - mean(h) - z mean(h z)) /
    sqrt(variance + epsilon)`` with ``h = gamma dL/dy``, ``dL/dgamma = sum dL/dy z``, ``dL/dbeta = sum dL/dy``.
    Ba, Kiros and Hinton (2016), arXiv:1607.06450. Derivation: docs/layers/normalization.md.

    Options:
        epsilon: Added to the variance, so that nothing is divided by 0.
    """

    roles: ClassVar[Mapping[str, Role]] = {"gamma": "scale", "beta": "bias"}

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,  # noqa: ARG002 -- not random
        *,
        epsilon: Positive = 1e-5,
    ) -> None:
        super().__init__(input_shape, output_shape=input_shape)
        self.epsilon, self.groups = epsilon, 1
        channels = input_shape[-1:]
        self.params = {"gamma": np.ones(channels, np.float32), "beta": np.zeros(channels, np.float32)}

    def predict(self, x: Array) -> Array:
        return self.forward(x)[0]

    def forward(self, x: Array) -> tuple[Array, tuple[Array, Array]]:
        z, factor = standardize(self._grouped(x), self.groups, self.epsilon)
        gamma, beta = self.params["gamma"], self.params["beta"]
        return elementwise(lambda z: gamma * z + beta, z).reshape(x.shape), (z, factor)

    def backward(self, grad_y: Array, cache: tuple[Array, Array]) -> tuple[Array, Named]:
        z, factor = cache
        grads = self._grouped(grad_y)
        grad_x = standardize_gradient(grads, self.params["gamma"], z, factor, self.groups)
        return grad_x.reshape(grad_y.shape), self.gradients(grad_y, cache)

    def gradients(self, grad_y: Array, cache: tuple[Array, Array]) -> Named:
        grads = self._grouped(grad_y)
        gamma = channel_sums(lambda grad_y, z: grad_y * z, grads, cache[0])
        return {"gamma": gamma, "beta": channel_sums(lambda grad_y: grad_y, grads)}

    def _grouped(self, x: Array) -> Array:
        """Return x as (N', P, C), where the values of one N' are normalized together."""
        channels = self.input_shape[-1]
        return x.reshape(x.size // channels, 1, channels)

    @property
    def multiply_adds(self) -> int:
        return 2 * prod(self.input_shape)  # the variance, then scale and shift
