"""Elementwise functions, sums over a batch and matrix products, block by block on all threads.

A layer states the formula for a whole batch; the kernel applies it to a few examples at a time, so that
intermediate results stay in the cache. Small arrays are not cut.
"""

from collections.abc import Callable

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import threads

BLOCK_VALUES = 1 << 16
"""Values of an array in a block."""

BLOCK_PRODUCTS = 1 << 22
"""Multiplications in a block of a matrix product: with fewer, threads cost more than they save."""

PAIR_PRODUCTS = 1 << 26
"""The most multiplications in two blocks of a matrix product, while there are few blocks."""


def elementwise(function: Callable[..., Array], *arrays: Array) -> Array:
    """Return ``function(*arrays)``, where each value depends only on the values at its own index.

    ``arrays`` have one shape, or all but the first may be 1 long along any axis but the batch's. The result has
    the shape and the dtype of the first.
    """
    first = arrays[0]
    if first.size < 8 * BLOCK_VALUES:
        return function(*arrays)
    out = np.empty(first.shape, first.dtype)

    def compute(block: slice) -> None:
        out[block] = function(*(array[block] for array in arrays))

    threads.each(compute, _blocks(first))
    return out


def channel_sums(function: Callable[..., Array], *arrays: Array) -> Array:
    """Return ``function(*arrays)``, elementwise as above, summed over all axes but the last: shape (C,)."""
    blocks = _blocks(arrays[0])
    channels = arrays[0].shape[-1]
    sums = np.empty((len(blocks), channels), arrays[0].dtype)

    def compute(i: int) -> None:
        values = function(*(array[blocks[i]] for array in arrays)).reshape(-1, channels)
        np.matmul(np.ones(len(values), values.dtype), values, out=sums[i])

    threads.each(compute, range(len(blocks)))
    total: Array = sums.sum(axis=0)
    return total


def image_sums(function: Callable[..., Array], *arrays: Array) -> Array:
    """Return ``function(*arrays)``, elementwise as above on images (N, H, W, C), summed over H and W: (N, C)."""
    first = arrays[0]
    sums = np.empty((len(first), 1, first.shape[-1]), first.dtype)
    ones = np.ones((1, first.shape[1] * first.shape[2]), first.dtype)

    def compute(block: slice) -> None:
        values = function(*(array[block] for array in arrays))
        np.matmul(ones, values.reshape(len(values), ones.size, first.shape[-1]), out=sums[block])

    threads.each(compute, _blocks(first))
    return sums[:, 0]


def matmul(a: Array, b: Array) -> Array:
    """Return ``a @ b`` for matrices (R, S) and (S, T)."""
    (rows, inner), columns = a.shape, b.shape[1]
    products = rows * inner * columns
    if products < 2 * BLOCK_PRODUCTS:
        return a @ b
    out = np.empty((rows, columns), np.result_type(a, b))
    parts = min(2 * -(-products // PAIR_PRODUCTS), 8)

    if rows >= columns:

        def compute(block: slice) -> None:
            np.matmul(a[block], b, out=out[block])
    else:

        def compute(block: slice) -> None:
            np.matmul(a, b[:, block], out=out[:, block])

    longest = max(rows, columns)
    threads.each(compute, threads.pieces(longest, -(-longest // parts)))
    return out


def assign(target: Array, values: Array) -> None:
    """Copy ``values`` into ``target``, of the same shape."""
    if target.size < 8 * BLOCK_VALUES:
        target[...] = values
        return

    def compute(block: slice) -> None:
        target[block] = values[block]

    threads.each(compute, _blocks(target))


def _blocks(x: Array) -> list[slice]:
    """Cut the first axis of x so that each block has about BLOCK_VALUES values."""
    return threads.pieces(len(x), BLOCK_VALUES * len(x) // max(1, x.size))
