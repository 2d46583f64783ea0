"""Sliding inner products with fewer multiplications: Winograd's minimal filtering, tile by tile.

``m`` neighbouring outputs of a filter with ``k`` taps take m k multiplications, but m + k - 1 are enough: the
inputs and the taps are transformed, multiplied value by value, and transformed back. What is multiplied are
channels by filters, a matrix product for each of the m + k - 1 values, so the transforms, which cost the same
for any number of channels, pay where channels are many. Filters are cut along the width alone, their rows
then summed as in ``patches``, or along both axes. For derivations and experiments: Lavin and Gray (2015),
arXiv:1509.09308; for the choice of points: Barabasz et al. (2018), arXiv:1803.10986.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil, prod
from typing import Any

import numpy as np

from nnlab.arrays import Array, Shape
from nnlab.nn.kernels import threads
from nnlab.nn.kernels.patches import padded
from nnlab.nn.kernels.windows import Pair, Windows

POINTS = (0, 1, -1, 2, -2, 1 / 2, -1 / 2)
"""Where polynomials are evaluated, besides infinity: small numbers, whose powers lose the fewest digits."""


@dataclass(frozen=True)
class Transforms:
    """Matrices such that ``y = outputs.T @ ((taps @ g) * (inputs @ d))`` are the m outputs of the filter g on d.

    Shapes: d (t,), g (k,), y (m,), where t = m + k - 1; outputs (t, m), taps (t, k), inputs (t, t).
    """

    outputs: Array
    taps: Array
    inputs: Array


def transforms(outputs: int, taps: int, dtype: np.dtype[Any]) -> Transforms:
    """Return the matrices for ``outputs`` outputs of a filter with ``taps`` taps.

    The product of two polynomials follows from their values at t points. Sliding inner products are the
    transpose of that, so the inverse of the evaluation is transposed and goes to the inputs.
    """
    size = outputs + taps - 1
    values = np.vander(POINTS[: size - 1], size, increasing=True)
    values = np.vstack([values, np.eye(size)[-1]])  # at infinity, the highest coefficient
    parts = values[:, :outputs].copy(), values[:, :taps].copy(), np.linalg.inv(values).T
    parts[0][-1], parts[1][-1] = np.eye(outputs)[-1], np.eye(taps)[-1]
    return Transforms(*(np.ascontiguousarray(part, dtype) for part in parts))


@dataclass(frozen=True)
class Tiling:
    """How the outputs of ``windows``, of stride 1, are cut into tiles of ``outputs`` (vertical, horizontal).

    One output vertically means that rows are not transformed: then a filter's rows are summed afterwards.
    """

    windows: Windows
    outputs: Pair

    @cached_property
    def taps(self) -> Pair:
        """The number of taps of the filter that are transformed along each axis."""
        height, width = self.windows.size
        return (height if self.outputs[0] > 1 else 1), width

    @cached_property
    def tile(self) -> Pair:
        """The number of inputs of a tile, and of values after the transform, along each axis."""
        (a, b), (height, width) = self.outputs, self.taps
        return a + height - 1, b + width - 1

    @cached_property
    def points(self) -> int:
        """The number of values in a tile."""
        return self.tile[0] * self.tile[1]

    @cached_property
    def rows(self) -> Windows:
        """The windows over the grid of transformed tiles that remain to be summed."""
        (p, q), (a, b), left = self.windows.counts, self.outputs, self.windows.size[0] // self.taps[0]
        return Windows((ceil(p / a) + left - 1, ceil(q / b)), (left, 1), (1, 1), (0, 0), (0, 0))

    @cached_property
    def multiplications(self) -> int:
        """The number of multiplications for an image, one channel and one filter."""
        return self.points * prod(self.rows.counts) * prod(self.rows.size)

    def inputs_shape(self, x: Array) -> Shape:
        """Return the shape of the tiles of x (N, H, W, C) after the transform, (points, N, *grid, C)."""
        return self.points, len(x), *self.rows.image, x.shape[3]

    def outputs_shape(self, y: Array) -> Shape:
        """Return the shape of the tiles of y (N, P, Q, F) before the transform, (points, N, *grid, F)."""
        return self.points, len(y), *self.rows.counts, y.shape[3]

    @cached_property
    def covering(self) -> Windows:
        """The windows with as much padding below and to the right as the last tiles need."""
        w = self.windows
        axes = zip(self.rows.image, self.outputs, self.tile, w.image, w.before, strict=True)
        down, right = ((tiles - 1) * step + tile - before - size for tiles, step, tile, size, before in axes)
        return Windows(w.image, w.size, w.stride, w.before, (down, right))

    def whole(self, y: Array) -> Array:
        """Return y (N, P, Q, F) if tiles cut it evenly, else scratch memory of the next larger size."""
        n, height, width, filters = y.shape
        (p, q), (a, b) = self.rows.counts, self.outputs
        if (height, width) == (p * a, q * b):
            return y
        return threads.scratch("whole", (n, p * a, q * b, filters), y.dtype)

    def cut(self, whole: Array) -> Array:
        """Return a view of whole (N, P, Q, F) as tiles (*outputs, N, *grid, F)."""
        (p, q), (a, b) = self.rows.counts, self.outputs
        tiles = whole.reshape(len(whole), p, a, q, b, whole.shape[3], copy=False)
        return tiles.transpose(2, 4, 0, 1, 3, 5)

    def matrices(self, dtype: np.dtype[Any]) -> tuple[Transforms | None, Transforms]:
        """Return the vertical transforms, None if there are none, and the horizontal ones."""
        return self._single if dtype == np.float32 else self._double

    @cached_property
    def _single(self) -> tuple[Transforms | None, Transforms]:
        return self._transforms(np.dtype(np.float32))

    @cached_property
    def _double(self) -> tuple[Transforms | None, Transforms]:
        return self._transforms(np.dtype(np.float64))

    def _transforms(self, dtype: np.dtype[Any]) -> tuple[Transforms | None, Transforms]:
        vertical, horizontal = zip(self.outputs, self.taps, strict=True)
        return transforms(*vertical, dtype) if self.outputs[0] > 1 else None, transforms(*horizontal, dtype)


@lru_cache(maxsize=256)
def best_tiling(windows: Windows) -> Tiling:
    """Return the tiles that take the fewest multiplications: squares for filters of 3x3, else strips of four.

    Larger tiles take fewer, but lose digits: these stay well within 1e-4 in single precision.
    """
    sizes = ((4, 4), (5, 5)) if windows.size == (3, 3) else ((1, 4),)
    return min((Tiling(windows, size) for size in sizes), key=lambda tiling: tiling.multiplications)


def taps_transformed(weight: Array, tiling: Tiling) -> Array:
    """Return the weight (K, L, C, F) after the transform, (points, rows * C, F)."""
    (height, width), (_, _, channels, filters) = tiling.taps, weight.shape
    vertical, horizontal = tiling.matrices(weight.dtype)
    values: Array = np.matmul(horizontal.taps, weight.reshape(-1, width, channels * filters))
    values = values.transpose(1, 0, 2) if vertical is None else vertical.taps @ values.reshape(height, -1)
    return values.reshape(tiling.points, -1, filters)


def taps_gradient(grad: Array, tiling: Tiling, shape: Shape) -> Array:
    """Return dL/dweight of ``shape`` (K, L, C, F), given dL/d of what ``taps_transformed`` returns."""
    vertical, horizontal = tiling.matrices(grad.dtype)
    (t, u), (k, _) = tiling.tile, tiling.taps
    if vertical is not None:
        values: Array = (vertical.taps.T @ grad.reshape(t, -1)).reshape(k, u, -1)
    else:
        values = grad.reshape(u, shape[0], -1).transpose(1, 0, 2)
    gradient: Array = np.matmul(horizontal.taps.T, values).reshape(shape)
    return gradient


def transform_inputs(x: Array, tiling: Tiling, out: Array) -> None:
    """Write the tiles of x (n, H, W, C), transformed, into out (points, n, *grid, C)."""
    n, c = len(x), x.shape[3]
    images = np.ascontiguousarray(padded(x, tiling.covering, 0))
    image, row, pixel, value = images.strides
    strides = (row, pixel, image, tiling.outputs[0] * row, tiling.outputs[1] * pixel, value)
    tiles = threads.scratch("tiles", (*tiling.tile, n, *tiling.rows.image, c), x.dtype)
    tiles[...] = np.ndarray(tiles.shape, x.dtype, images, strides=strides)
    vertical, horizontal = tiling.matrices(x.dtype)
    _transform(None if vertical is None else vertical.inputs, horizontal.inputs, tiles, out)


def transform_outputs(grad_y: Array, tiling: Tiling, out: Array) -> None:
    """Write dL/dproducts into out (points, n, *grid, F), given dL/dy for what ``transform_products`` wrote."""
    whole = tiling.whole(grad_y)
    if whole is not grad_y:
        whole.fill(0)
        whole[:, : grad_y.shape[1], : grad_y.shape[2]] = grad_y
    tiles = threads.scratch("tiles", (*tiling.outputs, *out.shape[1:]), grad_y.dtype)
    tiles[...] = tiling.cut(whole)
    vertical, horizontal = tiling.matrices(grad_y.dtype)
    _transform(None if vertical is None else vertical.outputs, horizontal.outputs, tiles, out)


def transform_products(products: Array, bias: Array | None, tiling: Tiling, y: Array) -> None:
    """Transform products (points, n, *grid, F) back and write them, with ``bias`` added, into y (n, P, Q, F)."""
    vertical, horizontal = tiling.matrices(products.dtype)
    tiles = threads.scratch("tiles", (*tiling.outputs, *products.shape[1:]), products.dtype)
    values = products.reshape(*tiling.tile, *products.shape[1:])
    _transform(None if vertical is None else vertical.outputs.T, horizontal.outputs.T, values, tiles)
    whole = tiling.whole(y)
    if bias is None:
        tiling.cut(whole)[...] = tiles
    else:
        np.add(tiles, bias, out=tiling.cut(whole))
    if whole is not y:
        y[...] = whole[:, : y.shape[1], : y.shape[2]]


def _transform(vertical: Array | None, horizontal: Array, tiles: Array, out: Array) -> None:
    """Write ``vertical @ tile @ horizontal.T`` for all tiles (t, u, ...) into out (t' u', ...)."""
    t, u = tiles.shape[:2]
    height, width = 1 if vertical is None else len(vertical), len(horizontal)
    tiles = tiles.reshape(t, u, -1)
    out = out.reshape(height, width, -1, copy=False)
    if vertical is None:
        np.matmul(horizontal, tiles, out=out)
        return
    across = threads.scratch("across", (t, width, tiles.shape[2]), tiles.dtype)
    np.matmul(horizontal, tiles, out=across)
    np.matmul(vertical, across.transpose(1, 0, 2), out=out.transpose(1, 0, 2))
