"""Squares of zeros."""

from dataclasses import dataclass

import numpy as np

from nnlab.arrays import Array, Rng, Shape
from nnlab.data.augmentation.base import ImageAugmentation
from nnlab.errors import OptionError
from nnlab.registry import AUGMENTATIONS
from nnlab.registry.options import PositiveInt


@AUGMENTATIONS.register("cutout")
@dataclass(frozen=True, kw_only=True)
class Cutout(ImageAugmentation):
    """A square of ``size`` x ``size`` pixels set to 0, around a random pixel, and cut off at the border.

    Shapes: x and y (N, H, W, C). DeVries and Taylor (2017), arXiv:1708.04552.

    Options:
        size: Height and width of the square in pixels.
    """

    size: PositiveInt

    def apply(self, x: Array, rng: Rng) -> Array:
        count, height, width, _ = x.shape
        reach = np.arange(self.size) - self.size // 2
        # Pixels beyond the border are replaced by those at the border, which the square covers anyway.
        rows = np.clip(rng.integers(height, size=(count, 1)) + reach, 0, height - 1)
        columns = np.clip(rng.integers(width, size=(count, 1)) + reach, 0, width - 1)
        x[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]] = 0
        return x

    def check(self, image: Shape) -> None:
        if self.size > max(image[:2]):
            raise OptionError(
                f"a square of {self.size}x{self.size} pixels is larger than a {image[0]}x{image[1]} image",
                option="size",
                hint=f"at most {max(image[:2])}",
            )
