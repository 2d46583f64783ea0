"""Rectangles of zeros or noise."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nnlab.arrays import Array, Rng
from nnlab.data.augmentation.base import ImageAugmentation, Share
from nnlab.errors import OptionError
from nnlab.registry import AUGMENTATIONS

_Part = Annotated[float, Field(gt=0, le=1)]


@AUGMENTATIONS.register("random_erasing")
@dataclass(frozen=True, kw_only=True)
class RandomErasing(ImageAugmentation):
    """A rectangle of noise or zeros, of random area, shape and place, in the share ``probability`` of the images.

    Shapes: x and y (N, H, W, C). The area is uniform between the two shares ``area`` of the image; the logarithm
    of height over width is uniform between those of ``aspect`` and 1 / ``aspect``, as far as such a rectangle
    fits into the image; its place is uniform. Lengths are rounded to pixels, and are at least 1. Zhong, Zheng,
    Kang, Li and Yang (2020), arXiv:1708.04896, who draw again until a rectangle fits.

    Options:
        probability: The probability that a part of an image is erased.
        area: The least and the largest share of the image that is erased.
        aspect: The least height over width, and width over height.
        fill: What the rectangle is filled with: noise, standard normal in each value, or zero.
    """

    probability: Share = 0.5
    area: tuple[_Part, _Part] = (0.02, 0.4)
    aspect: _Part = 0.3
    fill: Literal["noise", "zero"] = "noise"

    def __post_init__(self) -> None:
        if self.area[0] > self.area[1]:
            raise OptionError("the least area is larger than the largest", option="area", hint="area: [0.02, 0.4]")

    def apply(self, x: Array, rng: Rng) -> Array:
        count, height, width, channels = x.shape
        heights, widths = self._sizes(rng.random((2, count)), height, width)
        rows = _within(rng.random((count,)), heights, height) & (rng.random((count, 1)) < self.probability)
        columns = _within(rng.random((count,)), widths, width)
        hidden = rows[:, :, np.newaxis] & columns[:, np.newaxis]
        x[hidden] = rng.standard_normal((int(hidden.sum()), channels)) if self.fill == "noise" else 0
        return x

    def _sizes(
        self, draws: NDArray[np.float64], height: int, width: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the heights and widths of the rectangles, given two numbers, 0 .. 1, for each."""
        areas = (self.area[0] + (self.area[1] - self.area[0]) * draws[0]) * height * width
        ratios = self.aspect ** (1 - 2 * draws[1])
        ratios = np.clip(ratios, areas / width**2, height**2 / areas)
        sizes = np.sqrt(areas * ratios), np.sqrt(areas / ratios)
        heights, widths = (np.maximum(1, np.rint(each).astype(np.int64)) for each in sizes)
        return np.minimum(heights, height), np.minimum(widths, width)


def _within(draws: NDArray[Any], lengths: NDArray[np.int64], whole: int) -> NDArray[np.bool_]:
    """Return which of ``whole`` pixels are in a stretch of each length, placed by a number 0 .. 1: (N, whole)."""
    starts = np.floor(draws * (whole - lengths + 1)).astype(np.int64)[:, np.newaxis]
    pixels = np.arange(whole)
    inside: NDArray[np.bool_] = (starts <= pixels) & (pixels < starts + lengths[:, np.newaxis])
    return inside
