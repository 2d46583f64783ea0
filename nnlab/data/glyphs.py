"""Digits drawn from matplotlib's fonts: a data set for machines without a network connection."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnlab import seeding
from nnlab.arrays import Array, Labels, Rng
from nnlab.data.cache import remembered
from nnlab.data.outlines import SIZE, SPAN, digit_distances
from nnlab.data.source import Source, Split
from nnlab.data.synthetic import Seed
from nnlab.registry import DATASETS
from nnlab.registry.options import PositiveInt

SIDE = 28
_PIXELS = SIDE * SIDE
_CHUNK = 500  # examples drawn at a time
_RECIPE = 1  # part of a cached file's name; increase it when the images change


def draw(rng: Rng, labels: Labels, distances: Array) -> NDArray[np.uint8]:
    """Return distorted images (N, 28, 28, 1) of the digits ``labels`` (N,), given ``digit_distances()``.

    Only uniform draws and single, correctly rounded operations are used (no sine, no sums whose order depends on
    the machine), so the same stream gives the same bytes on every machine.
    """
    count = len(labels)

    def uniform(low: float, high: float) -> Array:
        return (low + (high - low) * rng.random((count, 1))).astype(np.float32)

    font = rng.integers(len(distances), size=count)
    height, aspect = uniform(15, 22), uniform(0.8, 1.25)
    half_turn, shear = uniform(-0.16, 0.16), uniform(-0.3, 0.3)
    shift_x, shift_y = uniform(-3, 3), uniform(-3, 3)
    stroke, softness = uniform(-0.01, 0.05), uniform(0.7, 1.5)
    paper, ink, noise = uniform(0, 50), uniform(140, 255), uniform(0.02, 0.16)

    # The position of each pixel on its map: shifted back, turned (given tan(angle / 2)), sheared and scaled.
    norm = 1 + half_turn * half_turn
    cos, sin = (1 - half_turn * half_turn) / norm, 2 * half_turn / norm
    ticks = np.arange(SIDE, dtype=np.float32) - np.float32((SIDE - 1) / 2)
    right, down = np.tile(ticks, SIDE) - shift_x, np.repeat(ticks, SIDE) - shift_y
    x, y = cos * right + sin * down, cos * down - sin * right
    inside = stroke + _interpolate(
        distances, font * 10 + labels, x=(x + shear * y) / (height * aspect), y=y / height
    )
    coverage = np.clip(inside * height / softness + np.float32(0.5), 0, 1)
    grain = rng.integers(256, size=(count, _PIXELS, 4), dtype=np.uint8).sum(axis=2, dtype=np.int16) - np.int16(510)
    values = np.rint(np.clip(paper + (ink - paper) * coverage + noise * grain, 0, 255))
    pixels: NDArray[np.uint8] = values.astype(np.uint8)
    return pixels.reshape(count, SIDE, SIDE, 1)


def _interpolate(maps: Array, which: Labels, x: Array, y: Array) -> Array:
    """Return the values of map ``which`` (N,) at the points x, y (N, P), bilinearly between the map's points."""
    scale = np.float32(SIZE / SPAN)
    middle = np.float32((SIZE - 1) / 2)
    column = np.clip(x * scale + middle, 0, np.float32(SIZE - 1.001))
    row = np.clip(y * scale + middle, 0, np.float32(SIZE - 1.001))
    j, i = column.astype(np.int32), row.astype(np.int32)
    column -= j
    row -= i
    corner = which[:, np.newaxis] * (SIZE * SIZE) + i * SIZE + j
    values = maps.ravel()
    top = values[corner] * (1 - column) + values[corner + 1] * column
    bottom = values[corner + SIZE] * (1 - column) + values[corner + SIZE + 1] * column
    interpolated: Array = top * (1 - row) + bottom * row
    return interpolated


def generate(seed: int, name: str, count: int, distances: Array) -> Split:
    """Return ``count`` images and their labels from the stream ``name`` of ``seed``."""
    rng = seeding.stream(seed, "glyphs", name)
    labels = rng.integers(10, size=count)
    inputs = np.empty((count, SIDE, SIDE, 1), np.uint8)
    for start in range(0, count, _CHUNK):
        part = slice(start, start + _CHUNK)
        inputs[part] = draw(rng, labels[part], distances)
    return Split(inputs, labels)


@DATASETS.register("glyphs")
class Glyphs(Source):
    """Grey 28 x 28 images of digits in 22 fonts, shifted, turned, scaled, sheared, bolder or finer, with noise.

    They are drawn in a second or two, are the same for the same seed, and are kept in the user's cache.

    Options:
        train: The number of training examples.
        test: The number of test examples.
        seed: Determines the examples; the same seed gives the same ones.
    """

    input_shape = (SIDE, SIDE, 1)
    class_names = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")

    def __init__(self, *, train: PositiveInt = 10_000, test: PositiveInt = 2_000, seed: Seed = 0) -> None:
        self.train = self.train_examples = train
        self.test = test
        self.seed = seed

    def load(self, root: Path | None) -> tuple[Split, Split]:  # noqa: ARG002 -- no files of the user's
        return remembered("glyphs", f"{_RECIPE}-{self.seed}-{self.train}-{self.test}", self._drawn)

    def _drawn(self) -> tuple[Split, Split]:
        distances = digit_distances()
        return (
            generate(self.seed, "train", self.train, distances),
            generate(self.seed, "test", self.test, distances),
        )
