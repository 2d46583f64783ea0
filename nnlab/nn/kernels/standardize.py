"""Values of each example standardized in groups of channels, and the gradient, a few examples at a time.

Arrays x (N, P, C): N examples with C channels at each of P places. The channels are cut into G groups of
neighbours; a group of an example has R = P C / G values, and examples do not meet.
"""

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import threads

PIECE_BYTES = 1 << 18
"""Most bytes of the values of one piece: they, and arrays of their size, stay in the cache of a core."""


def standardize(x: Array, groups: int, epsilon: float) -> tuple[Array, Array]:
    """Return ``z = (x - mean) factor`` and ``factor = 1 / sqrt(variance + epsilon)``, (N, 1, G or C).

    Mean and variance are those of each group. The last axis of ``factor`` has one value if there is one group,
    else a value for each channel.
    """
    z = np.empty_like(x)
    factor = np.empty((len(x), 1, 1 if groups == 1 else x.shape[2]), x.dtype)

    def compute(part: slice) -> None:
        inputs, out = x[part], z[part]
        np.subtract(inputs, _means(inputs, groups), out=out)
        squares = np.multiply(out, out, out=threads.scratch("products", out.shape, out.dtype))
        factor[part] = 1 / np.sqrt(_means(squares, groups) + epsilon)
        out *= factor[part]

    threads.each(compute, _pieces(x))
    return z, factor


def standardize_gradient(grad_y: Array, scale: Array, z: Array, factor: Array, groups: int) -> Array:
    """Return dL/dx of ``y = scale z`` with ``z, factor = standardize(x, groups, epsilon)``.

    That is ``factor (h - mean(h) - z mean(h z))`` with ``h = scale dL/dy``, scale (C,), and means of each group.
    """
    grad_x = np.empty_like(z)

    def compute(part: slice) -> None:
        out, inputs = grad_x[part], z[part]
        np.multiply(grad_y[part], scale, out=out)
        products = np.multiply(out, inputs, out=threads.scratch("products", out.shape, out.dtype))
        share, along = _means(out, groups), _means(products, groups)
        out -= share
        out -= np.multiply(inputs, along, out=products)
        out *= factor[part]

    threads.each(compute, _pieces(z))
    return grad_x


def _means(values: Array, groups: int) -> Array:
    """Return the means of values (n, P, C) over each group: (n, 1, 1) for one group, else (n, 1, C)."""
    n, places, channels = values.shape
    sums = values if places == 1 else np.ones((1, places), values.dtype) @ values
    size = channels // groups
    means: Array = (sums.reshape(n * groups, size) @ np.full(size, 1 / (places * size), values.dtype)).reshape(
        n, 1, groups
    )
    return means if groups == 1 else means.repeat(size, axis=2)


def _pieces(x: Array) -> list[slice]:
    """Cut a batch, unless there are so few values that waking a thread costs more than it saves."""
    few = x.nbytes < 4 * PIECE_BYTES
    return threads.pieces(len(x), len(x) if few else PIECE_BYTES // x[:1].nbytes)
