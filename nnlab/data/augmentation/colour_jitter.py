"""Random changes of brightness, contrast, saturation and hue."""

from dataclasses import dataclass
from math import pi, sqrt
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nnlab.arrays import Array, Rng, Shape
from nnlab.data.augmentation.base import ImageAugmentation, Share
from nnlab.errors import OptionError
from nnlab.registry import AUGMENTATIONS
from nnlab.registry.options import NonNegative


@AUGMENTATIONS.register("colour_jitter")
@dataclass(frozen=True, kw_only=True)
class ColourJitter(ImageAugmentation):
    """Images with another brightness, contrast, saturation and hue, each drawn uniformly for each image.

    Shapes: x and y (N, H, W, C). With g, the mean of the channels of a pixel (its grey), and m, the mean of the
    image: brightness adds a number to all values, contrast multiplies ``x - m`` and saturation ``x - g`` by a
    factor, and hue turns ``x - g`` about the grey axis by an angle. These changes commute, so they have no
    order. They need no black or white and no limits, and so fit normalized values, which have none. After
    Krizhevsky, Sutskever and Hinton (2012), doi:10.1145/3065386, and Howard (2013), arXiv:1312.5402.

    Options:
        brightness: The largest number that is added or subtracted, in units of the normalized values.
        contrast: The factor of the contrast is at most this far from 1.
        saturation: The factor of the saturation is at most this far from 1; for images of three channels.
        hue: The largest angle in each direction, in degrees; for images of three channels.
    """

    brightness: NonNegative = 0.2
    contrast: Share = 0.2
    saturation: Share = 0.0
    hue: Annotated[float, Field(ge=0, le=180)] = 0.0

    def apply(self, x: Array, rng: Rng) -> Array:
        draws = (2 * rng.random((4, len(x), 1, 1, 1)) - 1).astype(x.dtype)
        if self.brightness or self.contrast:
            mean = x.mean(axis=(1, 2, 3), keepdims=True)
            x -= mean
            x *= 1 + self.contrast * draws[1]
            x += mean + self.brightness * draws[0]
        if self.saturation or self.hue:
            grey = x.mean(axis=3, keepdims=True)
            colour = (x - grey) * (1 + self.saturation * draws[2])
            x = grey + _turned(colour, self.hue * draws[3])
        return x

    def check(self, image: Shape) -> None:
        for option in ("saturation", "hue"):
            if getattr(self, option) and image[2] != 3:
                raise OptionError(
                    f"images of {image[2]} channel{'s' * (image[2] != 1)} have no {option}",
                    option=option,
                    hint="only images of three channels have colours: leave it out",
                )


def _turned(colour: Array, degrees: NDArray[np.floating]) -> Array:
    """Return colours without grey, (N, H, W, 3), turned about the grey axis (Rodrigues' formula)."""
    if not degrees.any():
        return colour
    angles = degrees * (pi / 180)
    across = (np.roll(colour, 1, axis=3) - np.roll(colour, -1, axis=3)) / sqrt(3)
    turned: Array = np.cos(angles) * colour + np.sin(angles) * across
    return turned
