"""Speed of a step compared with textbook kernels: ``python -m bench.plain``.

Textbook kernels cut out each window of each image and apply a vector-matrix product (convolution) or a maximum
(pooling) to it: the oracles of the tests, in a form that can train.
"""

import contextlib
from collections.abc import Iterator
from typing import Annotated

import numpy as np
import typer

from bench.catalogue import BATCHES, chosen, load
from bench.race import Contender, quartiles, race
from bench.trainings import NnlabTraining, batches_of
from nnlab.arrays import Array
from nnlab.cli.output import print_table
from nnlab.nn.kernels import convolution, pooling, threads
from nnlab.nn.kernels.windows import Places, Windows
from nnlab.training.state import prepare

Place = tuple[int, int, int, Places]


def each_window(count: int, windows: Windows) -> Iterator[Place]:
    """Yield n, p, q and the slices of this window among ``count`` padded images."""
    (rows, columns), (height, width), (down, right) = windows.counts, windows.size, windows.stride
    for n in range(count):
        for p in range(rows):
            for q in range(columns):
                top, left = p * down, q * right
                yield n, p, q, (slice(n, n + 1), slice(top, top + height), slice(left, left + width))


def convolve(x: Array, weight: Array, bias: Array | None, windows: Windows) -> Array:
    """Return the same as ``convolution.convolve``."""
    matrix, images = weight.reshape(-1, weight.shape[3]), bordered(x, windows, 0)
    y = np.empty(windows.shape(len(x), weight.shape[3]), x.dtype)
    for n, p, q, place in each_window(len(x), windows):
        y[n, p, q] = images[place].ravel() @ matrix
    return y if bias is None else y + bias


def parameter_gradients(x: Array, grad_y: Array, windows: Windows) -> tuple[Array, Array]:
    """Return the same as ``convolution.parameter_gradients``."""
    images = bordered(x, windows, 0)
    grad = np.zeros((images[0, : windows.size[0], : windows.size[1]].size, grad_y.shape[3]), x.dtype)
    for n, p, q, place in each_window(len(x), windows):
        grad += np.outer(images[place], grad_y[n, p, q])
    return grad.reshape(*windows.size, x.shape[3], -1), grad_y.sum(axis=(0, 1, 2))


def gradients(x: Array, grad_y: Array, weight: Array, windows: Windows) -> tuple[Array, Array, Array]:
    """Return the same as ``convolution.gradients``."""
    grad_images, matrix = np.zeros_like(bordered(x, windows, 0)), weight.reshape(-1, weight.shape[3])
    for n, p, q, place in each_window(len(x), windows):
        grad_images[place] += (matrix @ grad_y[n, p, q]).reshape(weight.shape[:3])
    return grad_images[windows.interior], *parameter_gradients(x, grad_y, windows)


def max_pool(x: Array, windows: Windows) -> Array:
    """Return the same as ``pooling.max_pool``."""
    images = bordered(x, windows, -np.inf)
    y = np.empty(windows.shape(len(x), x.shape[3]), x.dtype)
    for n, p, q, place in each_window(len(x), windows):
        y[n, p, q] = images[place].max(axis=(0, 1, 2))
    return y


def max_pool_gradient(grad_y: Array, x: Array, y: Array, windows: Windows) -> Array:
    """Return the same as ``pooling.max_pool_gradient``."""
    images = bordered(x, windows, -np.inf)
    grad_images, channels = np.zeros_like(images), np.arange(x.shape[3])
    for n, p, q, place in each_window(len(x), windows):
        window = images[place].reshape(-1, len(channels))
        grads = np.zeros_like(window)
        grads[(window == y[n, p, q]).argmax(axis=0), channels] = grad_y[n, p, q]
        grad_images[place] += grads.reshape(grad_images[place].shape)
    return grad_images[windows.interior]


def bordered(x: Array, windows: Windows, fill: float) -> Array:
    """Return x (N, H, W, C) with its padding."""
    rows, columns = zip(windows.before, windows.after, strict=True)
    return np.pad(x, ((0, 0), rows, columns, (0, 0)), constant_values=fill)


@contextlib.contextmanager
def plain_kernels() -> Iterator[None]:
    """Replace the kernels of the layers by the textbook ones."""
    twins = (
        (convolution, (convolve, parameter_gradients, gradients)),
        (pooling, (max_pool, max_pool_gradient)),
    )
    fast = [(module, twin.__name__, getattr(module, twin.__name__)) for module, ours in twins for twin in ours]
    for module, ours in twins:
        for twin in ours:
            setattr(module, twin.__name__, twin)
    try:
        yield
    finally:
        for module, name, kernel in fast:
            setattr(module, name, kernel)


def main(
    networks: Annotated[str, typer.Option(help="Names, separated by commas.")] = "cifar10_improved",
    rounds: Annotated[int, typer.Option(min=1, help="Steps to time per contender.")] = 5,
    seconds: Annotated[float, typer.Option(min=0, help="Approximate duration per network.")] = 60.0,
) -> None:
    """Time a training step with nnlab's kernels and with textbook kernels, alternately."""
    rows = []
    for name in chosen(networks):
        state = prepare(load(name))
        step = NnlabTraining(state, batches_of(state, BATCHES)).step
        contenders = {"nnlab": Contender(step, threads.compute), "plain": Contender(step, plain_kernels)}
        times = race(contenders, steps=rounds, seconds=seconds)
        ratios = times["plain"].over(times["nnlab"])
        low, high = quartiles(ratios)
        cells = (f"{1e3 * times[who].median:.1f}" for who in contenders)
        rows.append([name, *cells, f"{np.median(ratios):.0f}", f"{low:.0f}-{high:.0f}"])
    print_table(["network", "nnlab ms", "plain ms", "times faster", "quartiles"], rows)


if __name__ == "__main__":
    typer.run(main)
