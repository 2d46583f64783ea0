"""Sliding inner products and their gradients, by the algorithm that is fastest for their shape.

Images x (N, H, W, C), weight (K, L, C, F), bias (F,), outputs (N, P, Q, F).

    product         pixels as rows of a matrix: filters of 1x1
    patches         all windows as rows of a matrix: any shape
    taps            one tap of the filters after the other: small images with many channels
    tiles           minimal filtering: fewer multiplications, where channels are many enough
"""

from functools import lru_cache
from math import prod

from nnlab.arrays import Array
from nnlab.nn.kernels import by_patches, by_product, by_taps, by_tiles
from nnlab.nn.kernels.windows import Windows
from nnlab.nn.kernels.winograd import Tiling, best_tiling


def choice(windows: Windows, channels: int, filters: int) -> str:
    """Return the name of the algorithm for this shape, such as ``patches`` or ``tiles of 4x4``."""
    return _name(_algorithm(windows, channels, filters))


def choice_backward(windows: Windows, channels: int, filters: int) -> str:
    """Return the name of the algorithm of ``gradients`` for this shape."""
    algorithm = _algorithm(windows, channels, filters)
    return _name(best_tiling(windows.reversed) if isinstance(algorithm, Tiling) else algorithm)


def saving(windows: Windows, channels: int, filters: int) -> float:
    """Return the multiplications in the formula of ``convolve`` divided by those of its algorithm."""
    algorithm = _algorithm(windows, channels, filters)
    if isinstance(algorithm, str):
        return 1.0
    return prod(windows.size) * prod(windows.counts) / algorithm.multiplications


def convolve(x: Array, weight: Array, bias: Array | None, windows: Windows) -> Array:
    """Return ``y[n, p, q] = sum_ijc x_padded[n, p s + i d, q s + j d, c] weight[i, j, c] + bias`` (None: 0)."""
    match _algorithm(windows, *weight.shape[2:]):
        case Tiling() as tiling:
            return by_tiles.convolve(x, weight, bias, tiling)
        case "taps":
            return by_taps.convolve(x, weight, bias, windows)
        case "product":
            return by_product.convolve(x, weight, bias, windows)
        case _:
            return by_patches.convolve(x, weight, bias, windows)


def parameter_gradients(x: Array, grad_y: Array, windows: Windows) -> tuple[Array, Array]:
    """Return dL/dweight and dL/dbias of ``convolve``, given x and grad_y = dL/dy."""
    match _algorithm(windows, x.shape[3], grad_y.shape[3]):
        case "taps":
            return by_taps.parameter_gradients(x, grad_y, windows)
        case "product":
            return by_product.parameter_gradients(x, grad_y, windows)
        case _:
            return by_patches.parameter_gradients(x, grad_y, windows)


def gradients(x: Array, grad_y: Array, weight: Array, windows: Windows) -> tuple[Array, Array, Array]:
    """Return dL/dx, dL/dweight and dL/dbias of ``convolve``, given x and grad_y = dL/dy."""
    match _algorithm(windows, *weight.shape[2:]):
        case Tiling():
            return by_tiles.gradients(x, grad_y, weight, best_tiling(windows.reversed))
        case "taps":
            return by_taps.gradients(x, grad_y, weight, windows)
        case "product":
            return by_product.gradients(x, grad_y, weight, windows)
        case _:
            return by_patches.gradients(x, grad_y, weight, windows)


@lru_cache(maxsize=256)
def _algorithm(windows: Windows, channels: int, filters: int) -> str | Tiling:
    """Return the algorithm that was fastest in measurements; it depends on the shape alone."""
    few, rows = min(channels, filters), windows.size[0]
    if windows.size == (1, 1) and not windows.bordered:
        return "product"
    if not windows.reversible or few < 16 or rows < 3 or windows.dilation != (1, 1):
        return "patches"
    if max(windows.counts) <= 4:
        return "taps" if few >= 64 else "patches"
    if (windows.size == (3, 3) and few >= 32) or windows.size == (5, 5):
        return best_tiling(windows)
    return "patches"


def _name(algorithm: str | Tiling) -> str:
    return algorithm if isinstance(algorithm, str) else "tiles of {}x{}".format(*algorithm.outputs)
