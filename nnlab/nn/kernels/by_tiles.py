"""Sliding inner products by minimal filtering, a few images at a time.

The images of one piece are few enough that their tiles, transformed, stay in the cache of a core.
"""

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import threads
from nnlab.nn.kernels.by_patches import turned
from nnlab.nn.kernels.patches import patches
from nnlab.nn.kernels.winograd import (
    Tiling,
    taps_gradient,
    taps_transformed,
    transform_inputs,
    transform_outputs,
    transform_products,
)

PIECE_BYTES = 1 << 20
"""Most bytes of the transformed inputs and outputs of one piece: those of a common second-level cache."""


def convolve(x: Array, weight: Array, bias: Array | None, tiling: Tiling) -> Array:
    """Return the result of ``convolution.convolve``, for windows of stride 1."""
    filters = weight.shape[3]
    y = np.empty(tiling.windows.shape(len(x), filters), np.result_type(x, weight))
    taps = taps_transformed(weight, tiling)

    def compute(images: slice) -> None:
        part = x[images]
        inputs = threads.scratch("inputs", tiling.inputs_shape(part), x.dtype)
        transform_inputs(part, tiling, inputs)
        _multiply(_rows(inputs, tiling), taps, bias, tiling, y[images])

    threads.each(compute, _pieces(x, tiling, filters))
    return y


def gradients(x: Array, grad_y: Array, weight: Array, backwards: Tiling) -> tuple[Array, Array, Array]:
    """Return the result of ``convolution.gradients``, for tiles of the reversed windows.

    The tiles of dL/dy around the pixels of x give both dL/dx and dL/dweight.
    """
    around = turned(weight)
    collect = _together if backwards.rows.pointwise else _piece_by_piece
    grad_x, grad_taps = collect(x, grad_y, taps_transformed(around, backwards), backwards)
    grads = grad_y.reshape(-1, weight.shape[3])
    grad_bias = np.ones(len(grads), grads.dtype) @ grads
    return grad_x, turned(taps_gradient(grad_taps, backwards, around.shape)), grad_bias


def _piece_by_piece(x: Array, grad_y: Array, taps: Array, tiling: Tiling) -> tuple[Array, Array]:
    """Return dL/dx and dL/dtaps, the latter summed up over the pieces: for few channels."""
    grad_x = np.empty(x.shape, np.result_type(grad_y, taps))
    pieces = _pieces(grad_y, tiling, x.shape[3])
    sums = np.empty((len(pieces), *taps.shape), taps.dtype)

    def compute(i: int) -> None:
        grads, part = grad_y[pieces[i]], x[pieces[i]]
        inputs = threads.scratch("inputs", tiling.inputs_shape(grads), x.dtype)
        transform_inputs(grads, tiling, inputs)
        rows = _rows(inputs, tiling)
        _multiply(rows, taps, None, tiling, grad_x[pieces[i]])
        outputs = threads.scratch("products", tiling.outputs_shape(part), x.dtype)
        transform_outputs(part, tiling, outputs)
        np.matmul(rows.transpose(0, 2, 1), _flat(outputs), out=sums[i])

    threads.each(compute, range(len(pieces)))
    return grad_x, sums.sum(axis=0)


def _together(x: Array, grad_y: Array, taps: Array, tiling: Tiling) -> tuple[Array, Array]:
    """Return dL/dx and dL/dtaps, the latter in one product for all images: for many channels."""
    grad_x = np.empty(x.shape, np.result_type(grad_y, taps))
    inputs = np.empty(tiling.inputs_shape(grad_y), taps.dtype)
    outputs = np.empty(tiling.outputs_shape(x), taps.dtype)
    grad_taps = np.empty_like(taps)

    def compute(images: slice) -> None:
        part = inputs[:, images]
        transform_inputs(grad_y[images], tiling, part)
        _multiply(_flat(part), taps, None, tiling, grad_x[images])
        transform_outputs(x[images], tiling, outputs[:, images])

    def multiply(points: slice) -> None:
        np.matmul(_flat(inputs[points]).transpose(0, 2, 1), _flat(outputs[points]), out=grad_taps[points])

    threads.each(compute, _pieces(grad_y, tiling, x.shape[3]))
    threads.each(multiply, threads.pieces(tiling.points, max(1, tiling.points // 4)))
    return grad_x, grad_taps


def _multiply(rows: Array, taps: Array, bias: Array | None, tiling: Tiling, y: Array) -> None:
    products = threads.scratch("products", tiling.outputs_shape(y), y.dtype)
    np.matmul(rows, taps, out=_flat(products))
    transform_products(products, bias, tiling, y)


def _rows(inputs: Array, tiling: Tiling) -> Array:
    """Return the values that meet the taps of each point, (points, N * tiles, rows * C)."""
    _, _, *grid, channels = inputs.shape
    windows = patches(inputs.reshape(-1, *grid, channels), tiling.rows)
    return windows.reshape(tiling.points, -1, windows.shape[1])


def _flat(values: Array) -> Array:
    """Return values (points, N, *grid, C) as matrices, (points, N * tiles, C)."""
    return values.reshape(len(values), -1, values.shape[-1], copy=False)


def _pieces(x: Array, tiling: Tiling, filters: int) -> list[slice]:
    (a, b), (p, q), rows = tiling.rows.image, tiling.rows.counts, tiling.rows.size[0]
    values = tiling.points * (a * b * x.shape[3] * rows + p * q * filters)
    # Patches of rows are written and read once, so that they need not all be in the cache together.
    size = PIECE_BYTES if rows == 1 else 2 * PIECE_BYTES
    return threads.pieces(len(x), size // (values * x.itemsize))
