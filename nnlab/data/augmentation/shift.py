"""Random crops of the image with a margin."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nnlab.arrays import Array, Rng, Shape
from nnlab.data.augmentation.base import ImageAugmentation
from nnlab.errors import OptionError
from nnlab.registry import AUGMENTATIONS
from nnlab.registry.options import PositiveInt


@AUGMENTATIONS.register("shift")
@dataclass(frozen=True, kw_only=True)
class Shift(ImageAugmentation):
    """Images moved by -p .. p ``pixels`` in each direction, ``y[h, w] = x[h + dh, w + dw]``: a random crop.

    Shapes: x and y (N, H, W, C). The result is a crop of (H, W) at a random place of the image with a margin of
    p ``pixels``, filled with a reflection of the image or, with ``fill: zero``, with zeros.

    Options:
        pixels: The largest shift in each direction.
        fill: What comes in at the border: a reflection of the image, or zero.
    """

    pixels: PositiveInt
    fill: Literal["reflect", "zero"] = "reflect"

    def apply(self, x: Array, rng: Rng) -> Array:
        count, height, width, channels = x.shape
        places = 2 * self.pixels + 1
        margin = (self.pixels, self.pixels)
        mode: Literal["reflect", "constant"] = "constant" if self.fill == "zero" else "reflect"
        padded = np.pad(x, ((0, 0), margin, margin, (0, 0)), mode)
        # Rows of numbers are copied several times faster than pixels of a few channels.
        rows = padded.reshape(count, height + places - 1, (width + places - 1) * channels)
        crops = sliding_window_view(rows, (height, width * channels), (1, 2))
        top, left = rng.integers(places, size=(2, count))
        y: Array = crops[np.arange(count), top, left * channels].reshape(x.shape)
        return y

    def check(self, image: Shape) -> None:
        if self.pixels >= min(image[:2]):
            raise OptionError(
                f"a shift by {self.pixels} pixels leaves nothing of a {image[0]}x{image[1]} image",
                option="pixels",
                hint=f"at most {min(image[:2]) - 1}",
            )
