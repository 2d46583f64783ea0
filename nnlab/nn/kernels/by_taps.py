"""Sliding inner products, one tap of the filters after the other, where images are small and channels many.

A tap meets only pixels of the image, never its padding: in a 2x2 image with a border of 1, the corners of a
3x3 filter meet one pixel each. Nothing is multiplied by 0, and nothing is copied many times. The threads
share the filters rather than the images, so that each reads its part of a large weight once.
"""

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import threads
from nnlab.nn.kernels.windows import Windows

COLUMNS = 64
"""Least columns of the result in a piece: products with fewer are slow."""


def convolve(x: Array, weight: Array, bias: Array | None, windows: Windows) -> Array:
    """Return the result of ``convolution.convolve``, for windows of stride 1."""
    y = _summed(x, weight, windows)
    if bias is not None:
        y += bias
    return y


def gradients(x: Array, grad_y: Array, weight: Array, windows: Windows) -> tuple[Array, Array, Array]:
    """Return the result of ``convolution.gradients``, for reversible windows of stride 1."""
    turned = weight[::-1, ::-1].transpose(0, 1, 3, 2)
    return _summed(grad_y, turned, windows.reversed), *parameter_gradients(x, grad_y, windows)


def parameter_gradients(x: Array, grad_y: Array, windows: Windows) -> tuple[Array, Array]:
    """Return the result of ``convolution.parameter_gradients``, for windows of stride 1."""
    channels, filters = x.shape[3], grad_y.shape[3]
    grad_weight = np.zeros((*windows.size, channels, filters), np.result_type(x, grad_y))
    overlaps = windows.overlaps

    def compute(i: int) -> None:
        tap, seen, seeing = overlaps[i]
        pixels = np.ascontiguousarray(x[seen]).reshape(-1, channels)
        grads = np.ascontiguousarray(grad_y[seeing]).reshape(-1, filters)
        np.matmul(pixels.T, grads, out=grad_weight[tap])

    threads.each(compute, range(len(overlaps)))
    grads = grad_y.reshape(-1, filters)
    return grad_weight, np.ones(len(grads), grads.dtype) @ grads


def _summed(x: Array, weight: Array, windows: Windows) -> Array:
    """Return the result of ``convolve`` without the bias."""
    channels, filters = weight.shape[2:]
    y = np.zeros(windows.shape(len(x), filters), np.result_type(x, weight))

    def compute(columns: slice) -> None:
        for tap, seen, seeing in windows.overlaps:
            pixels = np.ascontiguousarray(x[seen])
            part = y[(*seeing, columns)]
            products = threads.scratch("products", part.shape, y.dtype)
            out = products.reshape(-1, part.shape[3])
            np.matmul(pixels.reshape(-1, channels), weight[tap][:, columns], out=out)
            part += products

    threads.each(compute, threads.pieces(filters, max(COLUMNS, filters // 4)))
    return y
