"""Batch normalization."""

from collections.abc import Mapping
from math import prod
from typing import ClassVar

import numpy as np

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.errors import OptionError
from nnlab.nn.kernels.blocks import channel_sums, elementwise
from nnlab.nn.layers.base import Layer, Role
from nnlab.registry import LAYERS
from nnlab.registry.options import Positive, Probability


@LAYERS.register("batchnorm")
class BatchNorm(Layer):
    """Channels normalized over the batch: ``y = gamma z + beta``, ``z = (x - mean) / sqrt(variance + epsilon)``.

    Shapes: x, y and z (N, ..., C); gamma, beta, mean and variance (C,), over all axes but the last, R values
    each. Training takes them from the batch and moves running averages by the fraction ``momentum`` towards
    them, the variance with the divisor R - 1; inference takes the running averages. Gradients:
    ``dL/dx = gamma (dL/dy - dL/dbeta / R - z dL/dgamma / R) / sqrt(variance + epsilon)``,
    ``dL/dgamma = sum dL/dy z``, ``dL/dbeta = sum dL/dy``. Raises OptionError for a batch with one value per
    channel. Ioffe and Szegedy (2015), arXiv:1502.03167. Derivation: docs/layers/regularization.md.

    Options:
        momentum: The fraction by which the running averages move towards those of each batch.
        epsilon: Added to the variance, so that nothing is divided by 0.
    """

    roles: ClassVar[Mapping[str, Role]] = {"gamma": "scale", "beta": "bias"}

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,  # noqa: ARG002 -- not random
        *,
        momentum: Probability = 0.1,
        epsilon: Positive = 1e-5,
    ) -> None:
        super().__init__(input_shape, output_shape=input_shape)
        self.momentum, self.epsilon = momentum, epsilon
        zeros, ones = np.zeros(input_shape[-1:], np.float32), np.ones(input_shape[-1:], np.float32)
        self.params = {"gamma": ones, "beta": zeros}
        self.state = {"running_mean": zeros.copy(), "running_variance": ones.copy()}

    def predict(self, x: Array) -> Array:
        mean, factor = self.state["running_mean"], 1 / np.sqrt(self.state["running_variance"] + self.epsilon)
        gamma, beta = self.params["gamma"], self.params["beta"]
        return elementwise(lambda x: gamma * ((x - mean) * factor) + beta, x)

    def forward(self, x: Array) -> tuple[Array, tuple[Array, Array]]:
        values = x.size // x.shape[-1]
        if values < 2:
            raise OptionError("batch normalization needs two examples or more in a training batch")
        mean = channel_sums(lambda x: x, x) / values
        variance = channel_sums(lambda x: (x - mean) ** 2, x) / values
        factor = 1 / np.sqrt(variance + self.epsilon)
        z = elementwise(lambda x: (x - mean) * factor, x)
        for name, batch in ("mean", mean), ("variance", variance * values / (values - 1)):
            running = self.state[f"running_{name}"]
            running += self.momentum * (batch - running)
        gamma, beta = self.params["gamma"], self.params["beta"]
        return elementwise(lambda z: gamma * z + beta, z), (z, factor)

    def backward(self, grad_y: Array, cache: tuple[Array, Array]) -> tuple[Array, Named]:
        z, factor = cache
        beta = channel_sums(lambda grad_y: grad_y, grad_y)
        gamma = channel_sums(lambda grad_y, z: grad_y * z, grad_y, z)
        mean_y, mean_z = beta / (z.size // z.shape[-1]), gamma / (z.size // z.shape[-1])
        scale = self.params["gamma"] * factor
        grad_x = elementwise(lambda grad_y, z: scale * (grad_y - mean_y - z * mean_z), grad_y, z)
        return grad_x, {"gamma": gamma, "beta": beta}

    @property
    def predicts_as_in_training(self) -> bool:
        return False  # running averages, not those of the batch

    @property
    def mixes_examples(self) -> bool:
        return True

    @property
    def least_batch(self) -> int:
        return 2 if prod(self.input_shape[:-1]) < 2 else 1  # two values per channel

    @property
    def multiply_adds(self) -> int:
        return prod(self.input_shape)
