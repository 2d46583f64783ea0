"""Turns by a random angle."""

from dataclasses import dataclass
from math import pi
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nnlab.arrays import Array, Rng
from nnlab.data.augmentation.base import ImageAugmentation
from nnlab.registry import AUGMENTATIONS

_DIGITS = 6  # of a position in pixels: a turn by a right angle then meets the pixels exactly


@AUGMENTATIONS.register("rotation")
@dataclass(frozen=True, kw_only=True)
class Rotation(ImageAugmentation):
    """Images turned about their centre by an angle between ``-degrees`` and ``degrees``, uniformly distributed.

    Shapes: x and y (N, H, W, C). A positive angle turns counterclockwise. A pixel of y is interpolated linearly
    between the four pixels of x around the place that it comes from; outside of x there is a reflection of the
    image or, with ``fill: zero``, zero.

    Options:
        degrees: The largest angle in each direction.
        fill: What comes in at the corners: a reflection of the image, or zero.
    """

    degrees: Annotated[float, Field(gt=0, le=180)]
    fill: Literal["reflect", "zero"] = "reflect"

    def apply(self, x: Array, rng: Rng) -> Array:
        return rotated(x, self.degrees * (2 * rng.random(len(x)) - 1), self.fill)


def rotated(x: Array, degrees: NDArray[np.float64], fill: Literal["reflect", "zero"]) -> Array:
    """Return the images x (N, H, W, C), each turned counterclockwise by its angle in ``degrees`` (N,)."""
    height, width = x.shape[1:3]
    angles = (degrees * pi / 180)[:, np.newaxis, np.newaxis]
    down = np.arange(height)[:, np.newaxis] - (height - 1) / 2
    right = np.arange(width) - (width - 1) / 2
    rows = np.cos(angles) * down + np.sin(angles) * right + (height - 1) / 2
    columns = np.cos(angles) * right - np.sin(angles) * down + (width - 1) / 2
    (top, below), (left, beside) = _places(rows, height, fill), _places(columns, width, fill)
    if fill == "zero":
        x = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    image = np.arange(len(x))[:, np.newaxis, np.newaxis]
    share_below, share_beside = (each.astype(x.dtype)[..., np.newaxis] for each in (below, beside))
    bottom, right_of = _next(top, x.shape[1]), _next(left, x.shape[2])
    upper, lower = (
        x[image, row, left] * (1 - share_beside) + x[image, row, right_of] * share_beside for row in (top, bottom)
    )
    turned: Array = upper * (1 - share_below) + lower * share_below
    return turned


def _places(
    positions: NDArray[np.float64], length: int, fill: Literal["reflect", "zero"]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the pixel before each position on an axis, and the share, 0 .. 1, of the pixel after it.

    With zeros around the image, pixels are those of an image with a margin of 1.
    """
    positions = np.round(positions, _DIGITS)
    if fill == "zero":
        positions = np.clip(positions, -1, length) + 1
    else:
        span = max(1, 2 * (length - 1))
        positions = np.abs(positions) % span
        positions = np.clip(np.minimum(positions, span - positions), 0, length - 1)
    before = positions.astype(np.int64)
    return before, positions - before


def _next(pixels: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Return the pixels after ``pixels``; the last one, which has no next, stays."""
    return np.minimum(pixels + 1, length - 1)
