"""Average pooling."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.kernels import pooling
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.image_shapes import check_padding, windows_over
from nnlab.registry import LAYERS
from nnlab.registry.options import Offsets, Sizes


@LAYERS.register("avgpool2d")
class AvgPool2d(Layer):
    """The mean of each window and channel, ``y[n,p,q,c] = sum_ij x[n, p s + i - pad, q s + j - pad, c] / count``.

    Shapes: x (N, H, W, C), y (N, P, Q, C), where ``P = floor((H + 2 padding - size) / stride) + 1``.
    ``stride`` is ``size`` unless given. ``count`` is the size of the window, its padding included, or with
    ``count_include_pad: false`` the number of its pixels that lie in the image. Gradient: each pixel gets
    ``dL/dy / count`` from every window that contains it. Raises OptionError if the input is not images or
    smaller than a window, or if padding could fill one. Derivation: docs/layers/pooling.md.

    Options:
        size: Height and width of a window in pixels; one number for both.
        stride: Distance between windows, in pixels; null: the size, so that windows do not overlap.
        padding: Pixels of margin around the image, which count as 0.
        count_include_pad: Whether the mean also counts the pixels of the margin.
    """

    null_means: ClassVar[Mapping[str, str]] = {"stride": "size"}

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,  # noqa: ARG002 -- not random
        *,
        size: Sizes,
        stride: Sizes | None = None,
        padding: Offsets = (0, 0),
        count_include_pad: bool = True,
    ) -> None:
        check_padding(size, padding)
        self.windows = windows_over(input_shape, size, stride or size, padding, what="window", option="size")
        super().__init__(input_shape, output_shape=(*self.windows.counts, input_shape[-1]))
        image = np.ones((1, *self.windows.image, 1), np.float32)
        in_image = pooling.sum_pool(image, self.windows)
        self.count = np.full_like(in_image, size[0] * size[1]) if count_include_pad else in_image

    def predict(self, x: Array) -> Array:
        return pooling.sum_pool(x, self.windows) / self.count

    def forward(self, x: Array) -> tuple[Array, None]:
        return self.predict(x), None

    def backward(self, grad_y: Array, cache: None) -> tuple[Array, Named]:  # noqa: ARG002 -- it is linear
        return pooling.sum_pool_gradient(grad_y / self.count, self.windows), {}
