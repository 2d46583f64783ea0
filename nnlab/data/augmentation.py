"""Augmentations: random changes of training images, so that a network sees each of them in many forms.

An augmentation takes a whole batch of normalized images, in which 0 is the mean of the training images (with most
normalizations; see docs/augmentation.md), and may overwrite it. It has no state: all randomness comes from the
stream it is given.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from pydantic import Field

from nnlab.arrays import Array, Rng, Shape
from nnlab.errors import OptionError
from nnlab.registry import AUGMENTATIONS, Component
from nnlab.registry.options import PositiveInt

Share = Annotated[float, Field(ge=0, le=1)]
"""A share of the images, 0 .. 1."""


class Augmentation(Component, ABC):
    """A random change of images."""

    registry = AUGMENTATIONS

    @abstractmethod
    def apply(self, x: Array, rng: Rng) -> Array:
        """Return the images x (N, H, W, C), each changed independently of the others; x may be overwritten."""

    def check(self, image: Shape) -> None:
        """Raise OptionError unless images of shape ``image`` (H, W, C) can be augmented this way."""


@AUGMENTATIONS.register("flip")
@dataclass(frozen=True, kw_only=True)
class Flip(Augmentation):
    """A mirror image with the given ``probability``, ``y[h, w] = x[h, W - 1 - w]``.

    Shapes: x and y (N, H, W, C).

    Options:
        probability: The probability that an image is mirrored.
    """

    probability: Share = 0.5

    def apply(self, x: Array, rng: Rng) -> Array:
        chosen = np.flatnonzero(rng.random(len(x)) < self.probability)
        x[chosen] = mirrored(x[chosen])
        return x


@AUGMENTATIONS.register("shift")
@dataclass(frozen=True, kw_only=True)
class Shift(Augmentation):
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


@AUGMENTATIONS.register("cutout")
@dataclass(frozen=True, kw_only=True)
class Cutout(Augmentation):
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


def mirrored(x: Array) -> Array:
    """Return a view of the images x (N, H, W, C) with left and right exchanged."""
    return x[:, :, ::-1]
