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
    return grad_x, *_collected(x, grad_y, windows, (grad_x, matrix))


def parameter_gradients(x: Array, grad_y: Array, windows: Windows) -> tuple[Array, Array]:
    """Return the result of ``convolution.parameter_gradients``, for windows of one pixel without padding."""
    return _collected(x, grad_y, windows)


def _collected(
    x: Array, grad_y: Array, windows: Windows, inputs: tuple[Array, Array] | None = None
) -> tuple[Array, Array]:
    """Return dL/dweight and dL/dbias; with ``inputs``, which are dL/dx and a matrix, write dL/dx, too."""
    channels, filters, (place,) = x.shape[3], grad_y.shape[3], windows.places
    images = _pieces(x, grad_y, windows)
    weights = np.empty((len(images), channels, filters), np.result_type(x, grad_y))
    biases = np.empty((len(images), filters), grad_y.dtype)

    def write(part: slice, grads: Array, grad_x: Array, matrix: Array) -> None:
        if windows.pointwise:
            np.matmul(grads, matrix, out=grad_x[part].reshape(-1, channels))
        else:
            grad_x[part] = 0
            grad_x[part][place] = (grads @ matrix).reshape((*grad_y[part].shape[:3], channels))

    def compute(i: int) -> None:
        grads = grad_y[images[i]].reshape(-1, filters)
        if inputs is not None:
            write(images[i], grads, *inputs)
        np.matmul(x[images[i]][place].reshape(-1, channels).T, grads, out=weights[i])
        np.matmul(np.ones(len(grads), grads.dtype), grads, out=biases[i])

    threads.each(compute, range(len(images)))
    return weights.sum(axis=0).reshape(1, 1, channels, filters), biases.sum(axis=0)


def _pieces(x: Array, y: Array, windows: Windows) -> list[slice]:
    """Cut the batch by whichever of x and y has more channels."""
    narrow, wide = sorted((x, y), key=lambda array: array.shape[3])
    return pieces(wide, windows, narrow.shape[3])
