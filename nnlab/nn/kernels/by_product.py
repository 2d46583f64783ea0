"""Inner products with windows of a single pixel as plain matrix products, a few images at a time.

A filter of 1x1 does not slide: each pixel is a row of the product, whatever its place. Nothing is copied; with a
stride, only the pixels that the filters meet are.
"""

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import threads
from nnlab.nn.kernels.by_patches import pieces
from nnlab.nn.kernels.windows import Windows


def convolve(x: Array, weight: Array, bias: Array | None, windows: Windows) -> Array:
    """Return the result of ``convolution.convolve``, for windows of one pixel without padding."""
    channels, filters = weight.shape[2:]
    matrix, (place,) = weight.reshape(channels, filters), windows.places
    y = np.empty(windows.shape(len(x), filters), np.result_type(x, weight))

    def compute(images: slice) -> None:
        out = y[images].reshape(-1, filters)
        np.matmul(x[images][place].reshape(-1, channels), matrix, out=out)
        if bias is not None:
            out += bias

    threads.each(compute, _pieces(x, y, windows))
    return y


def gradients(x: Array, grad_y: Array, weight: Array, windows: Windows) -> tuple[Array, Array, Array]:
    """Return the result of ``convolution.gradients``, for windows of one pixel without padding."""
    matrix = np.ascontiguousarray(weight.reshape(weight.shape[2:]).T)
    grad_x = np.empty(x.shape, np.result_type(grad_y, weight))
    return grad_x, *_collected(x, grad_y, windows, grad_x, matrix)


def parameter_gradients(x: Array, grad_y: Array, windows: Windows) -> tuple[Array, Array]:
    """Return the result of ``convolution.parameter_gradients``, for windows of one pixel without padding."""
    return _collected(x, grad_y, windows)


def _collected(
    x: Array, grad_y: Array, windows: Windows, grad_x: Array | None = None, matrix: Array | None = None
) -> tuple[Array, Array]:
    """Return dL/dweight and dL/dbias, and write ``grad_y @ matrix`` into ``grad_x`` if it is given."""
    channels, filters, (place,) = x.shape[3], grad_y.shape[3], windows.places
    images = _pieces(x, grad_y, windows)
    weights = np.empty((len(images), channels, filters), np.result_type(x, grad_y))
    biases = np.empty((len(images), filters), grad_y.dtype)

    def compute(i: int) -> None:
        grads = grad_y[images[i]].reshape(-1, filters)
        if grad_x is not None and windows.pointwise:
            np.matmul(grads, matrix, out=grad_x[images[i]].reshape(-1, channels))
        elif grad_x is not None:
            part = grad_x[images[i]]
            part.fill(0)
            part[place] = (grads @ matrix).reshape(part[place].shape)
        np.matmul(x[images[i]][place].reshape(-1, channels).T, grads, out=weights[i])
        np.matmul(np.ones(len(grads), grads.dtype), grads, out=biases[i])

    threads.each(compute, range(len(images)))
    return weights.sum(axis=0).reshape(1, 1, channels, filters), biases.sum(axis=0)


def _pieces(x: Array, y: Array, windows: Windows) -> list[slice]:
    """Cut the batch by whichever of x and y has more channels."""
    narrow, wide = sorted((x, y), key=lambda array: array.shape[3])
    return pieces(wide, windows, narrow.shape[3])
