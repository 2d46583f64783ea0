"""Global average pooling."""

from math import prod

import numpy as np

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.image_shapes import image_shape
from nnlab.registry import LAYERS


@LAYERS.register("global_avgpool")
class GlobalAvgPool(Layer):
    """The mean of each channel, ``y = sum_hw x / (H W)``.

    Shapes: x (N, H, W, C), y (N, C). Gradient: ``dL/dx[n,h,w,c] = dL/dy[n,c] / (H W)``. Raises OptionError if
    the input is not images. Lin, Chen and Yan (2013), arXiv:1312.4400. Derivation: docs/layers/pooling.md.
    """

    def __init__(self, input_shape: Shape, rng: Rng) -> None:  # noqa: ARG002 -- not random
        super().__init__(input_shape, output_shape=image_shape(input_shape)[2:])

    def predict(self, x: Array) -> Array:
        y: Array = x.mean(axis=(1, 2))
        return y

    def forward(self, x: Array) -> tuple[Array, None]:
        return self.predict(x), None

    def backward(self, grad_y: Array, cache: None) -> tuple[Array, Named]:  # noqa: ARG002 -- it is linear
        share = grad_y[:, None, None, :] / prod(self.input_shape[:2])
        return np.tile(share, (1, *self.input_shape[:2], 1)), {}
