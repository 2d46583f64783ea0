"""Sliding inner products as products of patch matrices, a few images at a time.

The images of one piece are few enough that their patches stay in the cache of a core. Any stride is allowed.
"""

import math

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import threads
from nnlab.nn.kernels.blocks import BLOCK_PRODUCTS
from nnlab.nn.kernels.patches import patches
from nnlab.nn.kernels.windows import Windows

PATCH_BYTES = 1 << 20
"""Most bytes of the patches of one piece: half of a common second-level cache."""


def convolve(x: Array, weight: Array, bias: Array | None, windows: Windows) -> Array:
    """Return the result of ``convolution.convolve``."""
    filters = weight.shape[3]
    matrix = weight.reshape(-1, filters)
    y = np.empty(windows.shape(len(x), filters), np.result_type(x, weight))

    def compute(images: slice) -> None:
        out = y[images].reshape(-1, filters)
        np.matmul(patches(x[images], windows), matrix, out=out)
        if bias is not None:
            out += bias

    threads.each(compute, pieces(x, windows, filters))
    return y


def parameter_gradients(x: Array, grad_y: Array, windows: Windows) -> tuple[Array, Array]:
    """Return the result of ``convolution.parameter_gradients``."""
    channels, filters = x.shape[3], grad_y.shape[3]
    images = pieces(x, windows, filters)
    dtype = np.result_type(x, grad_y)
    weights = np.empty((len(images), math.prod(windows.size) * channels, filters), dtype)
    biases = np.empty((len(images), filters), grad_y.dtype)

    def compute(i: int) -> None:
        grads = grad_y[images[i]].reshape(-1, filters)
        np.matmul(patches(x[images[i]], windows).T, grads, out=weights[i])
        np.matmul(np.ones(len(grads), grads.dtype), grads, out=biases[i])

    threads.each(compute, range(len(images)))
    return weights.sum(axis=0).reshape(*windows.size, channels, filters), biases.sum(axis=0)


def gradients(x: Array, grad_y: Array, weight: Array, windows: Windows) -> tuple[Array, Array, Array]:
    """Return the result of ``convolution.gradients``."""
    if windows.reversible:
        return _gradients_from_reversed(x, grad_y, weight, windows)
    return input_gradient(grad_y, weight, windows), *parameter_gradients(x, grad_y, windows)


def input_gradient(grad_y: Array, weight: Array, windows: Windows) -> Array:
    """Return dL/dx of ``convolve``, given grad_y = dL/dy, for any stride and padding."""
    channels, filters = weight.shape[2:]
    grad_x = np.empty((len(grad_y), *windows.image, channels), np.result_type(grad_y, weight))
    places = windows.places
    taps = weight.reshape(-1, channels, filters)

    def compute(images: slice) -> None:
        grads = grad_y[images]
        padded = threads.scratch("padded", (len(grads), *windows.padded, channels), grad_x.dtype)
        padded.fill(0)
        for place, tap in zip(places, taps, strict=True):
            padded[place] += grads @ tap.T
        grad_x[images] = padded[windows.interior]

    threads.each(compute, pieces(grad_x, windows, filters))
    return grad_x


def _gradients_from_reversed(
    x: Array, grad_y: Array, weight: Array, windows: Windows
) -> tuple[Array, Array, Array]:
    """Return the result of ``gradients``, from the patches of dL/dy around each pixel of x.

    Turned by 180 degrees, the weight maps these patches to dL/dx; multiplied by the pixels they give
    dL/dweight, turned likewise.
    """
    height, width, channels, filters = weight.shape
    matrix = turned(weight).reshape(-1, channels)
    backwards = windows.reversed
    images = pieces(grad_y, backwards, channels)
    grad_x = np.empty(x.shape, np.result_type(grad_y, weight))
    weights = np.empty((len(images), channels, height * width * filters), np.result_type(x, grad_y))
    biases = np.empty((len(images), filters), grad_y.dtype)

    def compute(i: int) -> None:
        around = patches(grad_y[images[i]], backwards)
        np.matmul(around, matrix, out=grad_x[images[i]].reshape(-1, channels))
        np.matmul(x[images[i]].reshape(-1, channels).T, around, out=weights[i])
        grads = grad_y[images[i]].reshape(-1, filters)
        np.matmul(np.ones(len(grads), grads.dtype), grads, out=biases[i])

    threads.each(compute, range(len(images)))
    grad_weight = weights.sum(axis=0).reshape(channels, height, width, filters)
    grad_weight = np.ascontiguousarray(grad_weight[:, ::-1, ::-1].transpose(1, 2, 0, 3))
    return grad_x, grad_weight, biases.sum(axis=0)


def turned(weight: Array) -> Array:
    """Return the weight (K, L, C, F) turned by 180 degrees, (K, L, F, C): it maps dL/dy to dL/dx."""
    return np.ascontiguousarray(weight[::-1, ::-1].transpose(0, 1, 3, 2))


def pieces(x: Array, windows: Windows, filters: int) -> list[slice]:
    """Cut the batch x (N, H, W, C) so that each piece has about PATCH_BYTES of patches.

    Where the weight is larger than that, so are the pieces: reading it, or adding up its gradient, once for
    each piece must stay cheap beside the products. There are at least two pieces if there is work for two threads.
    """
    (p, q), values = windows.counts, math.prod(windows.size) * x.shape[3]
    size = max(PATCH_BYTES, values * x.itemsize * filters) // (p * q * values * x.itemsize)
    if len(x) * p * q * values * filters >= 2 * BLOCK_PRODUCTS:
        size = min(size, len(x) // 2)
    return threads.pieces(len(x), size)
