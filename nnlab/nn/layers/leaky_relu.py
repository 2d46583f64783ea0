"""Leaky rectified linear unit."""

import numpy as np

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.kernels.blocks import elementwise
from nnlab.nn.layers.base import Layer
from nnlab.registry import LAYERS
from nnlab.registry.options import NonNegative


@LAYERS.register("leaky_relu")
class LeakyRelu(Layer):
    """``y = x`` where x > 0, else ``slope x``.

    Shapes: x and y (N, ...). Gradient: ``dL/dx = dL/dy`` where x > 0, else ``slope dL/dy``. Maas, Hannun and
    Ng (2013), https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf.
    Derivation: docs/layers/activations.md.

    Options:
        slope: The factor of negative values.
    """

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,  # noqa: ARG002 -- not random
        *,
        slope: NonNegative = 0.01,
    ) -> None:
        super().__init__(input_shape, output_shape=input_shape)
        self.slope = slope

    def predict(self, x: Array) -> Array:
        return elementwise(lambda x: np.where(x > 0, x, self.slope * x), x)

    def forward(self, x: Array) -> tuple[Array, Array]:
        return self.predict(x), x

    def backward(self, grad_y: Array, cache: Array) -> tuple[Array, Named]:
        return elementwise(lambda grad_y, x: np.where(x > 0, grad_y, self.slope * grad_y), grad_y, cache), {}
