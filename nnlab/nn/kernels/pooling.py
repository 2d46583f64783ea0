"""Maxima and sums over windows, and their gradients, a few images at a time.

Images x (N, H, W, C), outputs (N, P, Q, C).
"""

from collections.abc import Callable
from functools import reduce

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import threads
from nnlab.nn.kernels.patches import padded
from nnlab.nn.kernels.windows import Places, Windows

PIECE_BYTES = 1 << 19
"""Most bytes of the images of one piece: they, and arrays of their size, stay in the cache of a core."""


def max_pool(x: Array, windows: Windows) -> Array:
    """Return the largest value of each window; padding counts as minus infinity."""
    return _folded(np.maximum, x, windows, -np.inf)


def sum_pool(x: Array, windows: Windows) -> Array:
    """Return the sum of each window; padding counts as 0."""
    return _folded(np.add, x, windows, 0)


def max_pool_gradient(grad_y: Array, x: Array, y: Array, windows: Windows) -> Array:
    """Return dL/dx of ``y = max_pool(x)``: each window's gradient goes to its first largest value, row by row."""
    grad_x = np.empty(x.shape, grad_y.dtype)

    def compute(images: slice) -> None:
        inputs, tops, grads = padded(x[images], windows, -np.inf), y[images], grad_y[images]
        # Of equal maxima in a window, only the first gets the gradient.
        left, won = threads.scratch("won", (2, *tops.shape), np.bool_)
        left.fill(True)

        def share(place: Places, out: Array) -> None:
            np.equal(inputs[place], tops, out=won)
            np.logical_and(won, left, out=won)
            np.not_equal(left, won, out=left)
            np.multiply(grads, won, out=out)

        _scatter(share, grad_x[images], windows)

    threads.each(compute, _pieces(x))
    return grad_x


def sum_pool_gradient(grad_y: Array, windows: Windows) -> Array:
    """Return dL/dx of ``sum_pool``: each pixel gets the gradients of all windows that contain it."""
    grad_x = np.empty((len(grad_y), *windows.image, grad_y.shape[3]), grad_y.dtype)

    def compute(images: slice) -> None:
        _scatter(lambda _, out: np.copyto(out, grad_y[images]), grad_x[images], windows)

    threads.each(compute, _pieces(grad_x))
    return grad_x


def _folded(combine: np.ufunc, x: Array, windows: Windows, neutral: float) -> Array:
    """Combine the values of each window, first down its columns, then along the row that remains."""
    y = np.empty(windows.shape(len(x), x.shape[3]), x.dtype)

    def compute(images: slice) -> None:
        inputs = padded(x[images], windows, neutral)
        n, _, width, channels = inputs.shape
        row: Array = threads.scratch("row", (n, windows.counts[0], width, channels), x.dtype)
        _fold(combine, [inputs[:, place] for place in windows.along(0)], row)
        _fold(combine, [row[:, :, place] for place in windows.along(1)], y[images])

    threads.each(compute, _pieces(x))
    return y


def _fold(combine: np.ufunc, arrays: list[Array], out: Array) -> None:
    if len(arrays) == 1:
        out[...] = arrays[0]
    else:
        reduce(lambda a, b: combine(a, b, out=out), arrays)


def _scatter(share: Callable[[Places, Array], None], grad_x: Array, windows: Windows) -> None:
    """Write into ``grad_x`` what ``share`` gives each place of the windows, summed over the windows."""
    if windows.partition:
        for place in windows.places:
            share(place, grad_x[place])
        return
    whole = threads.scratch("whole", (len(grad_x), *windows.padded, grad_x.shape[3]), grad_x.dtype)
    part = threads.scratch("part", windows.shape(len(grad_x), grad_x.shape[3]), grad_x.dtype)
    whole.fill(0)
    for place in windows.places:
        share(place, part)
        whole[place] += part
    grad_x[...] = whole[windows.interior]


def _pieces(x: Array) -> list[slice]:
    """Cut a batch of images, unless there are so few of them that waking a thread costs more than it saves."""
    few = x.nbytes < 4 * PIECE_BYTES
    return threads.pieces(len(x), len(x) if few else PIECE_BYTES // x[:1].nbytes)
