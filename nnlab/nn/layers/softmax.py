"""Softmax."""

import numpy as np

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.layers.base import Layer
from nnlab.registry import LAYERS


@LAYERS.register("softmax")
class Softmax(Layer):
    """Probabilities from scores, ``y_i = exp(x_i) / sum_j exp(x_j)`` along the last axis.

    Shapes: x and y (N, ..., C). Gradient: ``dL/dx = J dL/dy`` with the Jacobian ``J = diag(y) - y y^T``, that
    is ``y (dL/dy - y . dL/dy)``. Use it before the loss cross_entropy; softmax_cross_entropy takes scores and
    includes the softmax. Derivation: docs/layers/activations.md.
    """

    gives_probabilities = True

    def __init__(self, input_shape: Shape, rng: Rng) -> None:  # noqa: ARG002 -- not random
        super().__init__(input_shape, output_shape=input_shape)

    def predict(self, x: Array) -> Array:
        # The largest score is subtracted, which cancels in the quotient: no exponent is above 0.
        y: Array = np.exp(x - x.max(axis=-1, keepdims=True))
        y /= y.sum(axis=-1, keepdims=True)
        return y

    def forward(self, x: Array) -> tuple[Array, Array]:
        y = self.predict(x)
        return y, y

    def backward(self, grad_y: Array, cache: Array) -> tuple[Array, Named]:
        y = cache
        return y * (grad_y - (y * grad_y).sum(axis=-1, keepdims=True)), {}
