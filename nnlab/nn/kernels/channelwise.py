"""Sliding products of each channel with filters of its own, and their gradients, a few images at a time.

Images x (N, H, W, C), weight (K, L, 1, F), bias (F,), outputs (N, P, Q, F), where F is C times a multiplier m and
channel c of x makes the channels c m to c m + m - 1 of y. Channels do not mix, so there is no matrix product: the
images, moved to each place of the window, are multiplied by the filters' values there and added up. Where windows
are next to each other, a row of them is one run of memory.
"""

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import threads
from nnlab.nn.kernels.patches import padded
from nnlab.nn.kernels.windows import Places, Windows

PIECE_BYTES = 1 << 18
"""Most bytes of the outputs of one piece: they, the inputs and the products stay in the cache of a core."""


def convolve(x: Array, weight: Array, bias: Array | None, windows: Windows) -> Array:
    """Return ``y[n, p, q, f] = sum_ij x_padded[n, p s + i d, q s + j d, f // m] weight[i, j, 0, f] + bias``."""
    filters = weight.shape[3]
    y = np.empty(windows.shape(len(x), filters), np.result_type(x, weight))
    taps, shift = _rows(weight, windows), None if bias is None else _row(bias, windows)

    def compute(images: slice) -> None:
        inputs = _inputs(x[images], windows, filters)
        out = _flat(y[images], windows)
        products = threads.scratch("products", out.shape, y.dtype)
        out[...] = 0 if shift is None else shift
        for place, tap in zip(_places(windows, filters), taps, strict=True):
            out += np.multiply(inputs[place], tap, out=products)

    threads.each(compute, _pieces(y))
    return y


def gradients(x: Array, grad_y: Array, weight: Array, windows: Windows) -> tuple[Array, Array, Array]:
    """Return dL/dx, dL/dweight and dL/dbias of ``convolve``, given x and grad_y = dL/dy."""
    filters, channels = weight.shape[3], x.shape[3]
    grad_x = np.empty(x.shape, np.result_type(grad_y, weight))
    taps, places = _rows(weight, windows), _places(windows, filters)

    def compute(images: slice) -> None:
        grads = _flat(np.ascontiguousarray(grad_y[images]), windows)
        whole = threads.scratch("whole", (len(grads), *windows.padded, filters), grad_x.dtype)
        products = threads.scratch("products", grads.shape, grad_x.dtype)
        whole.fill(0)
        flat = _flat(whole, windows)
        for place, tap in zip(places, taps, strict=True):
            flat[place] += np.multiply(grads, tap, out=products)
        inner = whole[windows.interior]
        if filters > channels:
            inner = inner.reshape(*inner.shape[:3], channels, -1).sum(axis=4)
        grad_x[images] = inner

    threads.each(compute, _pieces(grad_y))
    return grad_x, *parameter_gradients(x, grad_y, windows)


def parameter_gradients(x: Array, grad_y: Array, windows: Windows) -> tuple[Array, Array]:
    """Return dL/dweight and dL/dbias of ``convolve``, given x and grad_y = dL/dy."""
    filters = grad_y.shape[3]
    images, places = _pieces(grad_y), _places(windows, filters)
    sums = np.empty((len(images), len(places) + 1, filters), np.result_type(x, grad_y))

    def compute(i: int) -> None:
        inputs = _inputs(x[images[i]], windows, filters)
        grads = _flat(np.ascontiguousarray(grad_y[images[i]]), windows)
        products = threads.scratch("products", grads.shape, sums.dtype)
        for k, place in enumerate(places):
            sums[i, k] = _channel_sums(np.multiply(inputs[place], grads, out=products), filters)
        sums[i, -1] = _channel_sums(grads, filters)

    threads.each(compute, range(len(images)))
    *weight, bias = sums.sum(axis=0)
    return np.reshape(weight, (*windows.size, 1, filters)), bias


def _channel_sums(values: Array, filters: int) -> Array:
    """Return the sum over all places of values (n, P, ..., F) or (n, P, Q F)."""
    rows = values.reshape(-1, values.shape[-1])
    sums: Array = (np.ones(len(rows), rows.dtype) @ rows).reshape(-1, filters).sum(axis=0)
    return sums


def _inputs(x: Array, windows: Windows, filters: int) -> Array:
    """Return x padded and with a channel for each filter, as ``_places`` slices it; it may be scratch memory."""
    images = np.ascontiguousarray(padded(x, windows, 0))
    multiplier = filters // x.shape[3]
    return _flat(images if multiplier == 1 else images.repeat(multiplier, axis=3), windows)


def _flat(images: Array, windows: Windows) -> Array:
    """Return a view of images (n, H, W, C), as (n, H, W C) if windows are next to each other."""
    if windows.stride[1] > 1:
        return images
    n, rows, columns, channels = images.shape
    return images.reshape(n, rows, columns * channels, copy=False)


def _places(windows: Windows, filters: int) -> tuple[Places, ...]:
    """Return, for each place in a window, where the windows meet it in what ``_flat`` returns."""
    if windows.stride[1] > 1:
        return windows.places
    return tuple((n, rows, slice(q.start * filters, q.stop * filters)) for n, rows, q in windows.places)


def _rows(weight: Array, windows: Windows) -> list[Array]:
    """Return the filters' values at each place in a window, repeated for a row of windows."""
    return [_row(tap, windows) for tap in weight.reshape(-1, weight.shape[3])]


def _row(values: Array, windows: Windows) -> Array:
    """Return values (F,), or (Q F,) if windows are next to each other."""
    return np.tile(values, windows.counts[1]) if windows.stride[1] == 1 else values


def _pieces(y: Array) -> list[slice]:
    """Cut a batch of outputs, unless there are so few that waking a thread costs more than it saves."""
    few = y.nbytes < 4 * PIECE_BYTES
    return threads.pieces(len(y), len(y) if few else PIECE_BYTES // y[:1].nbytes)
