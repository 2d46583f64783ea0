"""Dropout."""

import numpy as np

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.layers.base import Layer
from nnlab.registry import LAYERS
from nnlab.registry.options import Probability


@LAYERS.register("dropout")
class Dropout(Layer):
    """Random values set to 0 in training, and the others scaled to keep the mean: ``y = x mask``.

    Shapes: x, mask and y (N, ...). The mask is 0 with probability ``rate``, else ``1 / (1 - rate)``, drawn for
    every batch from the stream ``mask``. Inference leaves x unchanged. Gradient: ``dL/dx = dL/dy mask``.
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014),
    https://jmlr.org/papers/v15/srivastava14a.html.
    Derivation: docs/layers/regularization.md.

    Options:
        rate: The probability that a value is set to 0 in training.
    """

    def __init__(self, input_shape: Shape, rng: Rng, *, rate: Probability = 0.5) -> None:
        super().__init__(input_shape, output_shape=input_shape)
        self.rate = rate
        self.streams = {"mask": rng}

    @property
    def predicts_as_in_training(self) -> bool:
        return False

    def predict(self, x: Array) -> Array:
        return x

    def forward(self, x: Array) -> tuple[Array, Array]:
        kept = self.streams["mask"].random(x.shape, np.float32) >= self.rate
        mask = kept.astype(x.dtype) / (1 - self.rate)
        return x * mask, mask

    def backward(self, grad_y: Array, cache: Array) -> tuple[Array, Named]:
        mask = cache
        return grad_y * mask, {}
