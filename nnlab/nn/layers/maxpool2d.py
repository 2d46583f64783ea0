"""Max pooling."""

from collections.abc import Mapping
from typing import ClassVar

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.kernels import pooling
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.image_shapes import check_padding, windows_over
from nnlab.registry import LAYERS
from nnlab.registry.options import Offsets, Sizes


@LAYERS.register("maxpool2d")
class MaxPool2d(Layer):
    """The largest value of each window and channel, ``y[n,p,q,c] = max_ij x[n, p s + i - pad, q s + j - pad, c]``.

    Shapes: x (N, H, W, C), y (N, P, Q, C), where ``P = floor((H + 2 padding - size) / stride) + 1``.
    ``stride`` is ``size`` unless given; padding counts as minus infinity. Gradient: dL/dy goes to the
    window's largest value, to the first in row order if several are equal. Raises OptionError if the input is not
    images or smaller than a window, or if padding could fill one. Derivation: docs/layers/pooling.md.

    Options:
        size: Height and width of a window in pixels; one number for both.
        stride: Distance between windows, in pixels; null: the size, so that windows do not overlap.
        padding: Pixels of margin around the image, which count as minus infinity.
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
    ) -> None:
        check_padding(size, padding)
        self.windows = windows_over(input_shape, size, stride or size, padding, what="window", option="size")
        super().__init__(input_shape, output_shape=(*self.windows.counts, input_shape[-1]))

    def predict(self, x: Array) -> Array:
        return pooling.max_pool(x, self.windows)

    def forward(self, x: Array) -> tuple[Array, tuple[Array, Array]]:
        y = self.predict(x)
        return y, (x, y)

    def backward(self, grad_y: Array, cache: tuple[Array, Array]) -> tuple[Array, Named]:
        x, y = cache
        return pooling.max_pool_gradient(grad_y, x, y, self.windows), {}
