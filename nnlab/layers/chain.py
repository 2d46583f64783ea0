"""Layers in a row, and a plan to run them fast without their knowing.

Where a max pool follows a relu, it goes first: the positive part of the largest value is the largest positive
part, to the bit, and relu then has only the pooled values to see. Neighbours that keep the examples of a
batch apart take one part of the batch after the other, each on one thread through all of them, so that what
they hand on stays in its cache.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import groupby
from typing import Any

import numpy as np

from nnlab.arrays import Array, Named
from nnlab.kernels import threads
from nnlab.layers.base import Layer
from nnlab.layers.maxpool2d import MaxPool2d
from nnlab.layers.relu import Relu

PART_PRODUCTS = 1 << 24
"""How many multiply-adds a part of a batch has at least: with fewer, threads cost more than they save."""

MOST_PARTS = 8
"""How many parts a batch has at most: each part has a gradient of its own, to be added to the others."""

LARGE_WEIGHTS = 1 << 17
"""A layer with so many weights divides its work better itself than by examples, each part reading them all."""

LEAST_REUSE = 64
"""So does a layer that uses its weights for fewer places of an example."""


class Chain:
    """Layers in a row, each fed with what the one before it returns.

    The results are those of the layers one by one on the whole batch, except that sums over the examples
    are rounded otherwise. They do not depend on the number of threads.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._count = len(layers)
        self._stretches = list(_stretches(layers))

    def predict(self, x: Array) -> Array:
        """Return y for x, as at inference."""
        for stretch in self._stretches:
            x = stretch.predict(x)
        return x

    def forward(self, x: Array) -> tuple[Array, list[Any]]:
        """Return y, as in training, and the caches that ``backward`` takes."""
        caches = []
        for stretch in self._stretches:
            x, cache = stretch.forward(x)
            caches.append(cache)
        return x, caches

    def backward(self, grad_y: Array, caches: Sequence[Any]) -> tuple[Array, list[Named]]:
        """Return dL/dx and, layer by layer, dL/dparams."""
        grad_x, grads = self._after_first(grad_y, caches)
        grad_x, first = self._stretches[0].backward(grad_x, caches[0])
        return grad_x, self._by_layer(grads | first)

    def gradients(self, grad_y: Array, caches: Sequence[Any]) -> list[Named]:
        """Return dL/dparams alone, layer by layer."""
        grad_x, grads = self._after_first(grad_y, caches)
        return self._by_layer(grads | self._stretches[0].gradients(grad_x, caches[0]))

    def _after_first(self, grad_y: Array, caches: Sequence[Any]) -> tuple[Array, dict[int, Named]]:
        grads: dict[int, Named] = {}
        for i in range(len(self._stretches) - 1, 0, -1):
            grad_y, found = self._stretches[i].backward(grad_y, caches[i])
            grads |= found
        return grad_y, grads

    def _by_layer(self, grads: dict[int, Named]) -> list[Named]:
        return [grads[i] for i in range(self._count)]


class _Whole:
    """Neighbours that take the whole batch; ``layers`` are in the order of running, with their places."""

    def __init__(self, layers: Sequence[tuple[int, Layer]]) -> None:
        self.layers = layers

    def predict(self, x: Array) -> Array:
        for _, layer in self.layers:
            x = layer.predict(x)
        return x

    def forward(self, x: Array) -> tuple[Array, list[Any]]:
        caches = []
        for _, layer in self.layers:
            x, cache = layer.forward(x)
            caches.append(cache)
        return x, caches

    def backward(self, grad_y: Array, caches: Sequence[Any]) -> tuple[Array, dict[int, Named]]:
        grad_x, grads = self._after_first(grad_y, caches)
        place, layer = self.layers[0]
        grad_x, grads[place] = layer.backward(grad_x, caches[0])
        return grad_x, grads

    def gradients(self, grad_y: Array, caches: Sequence[Any]) -> dict[int, Named]:
        grad_x, grads = self._after_first(grad_y, caches)
        place, layer = self.layers[0]
        grads[place] = layer.gradients(grad_x, caches[0])
        return grads

    def _after_first(self, grad_y: Array, caches: Sequence[Any]) -> tuple[Array, dict[int, Named]]:
        grads: dict[int, Named] = {}
        for i in range(len(self.layers) - 1, 0, -1):
            place, layer = self.layers[i]
            grad_y, grads[place] = layer.backward(grad_y, caches[i])
        return grad_y, grads


class _InParts:
    """The same for neighbours that keep the examples apart, on parts of the batch."""

    def __init__(self, layers: Sequence[tuple[int, Layer]]) -> None:
        self._whole = _Whole(layers)
        self._products = sum(layer.multiply_adds for _, layer in layers)

    def predict(self, x: Array) -> Array:
        return _joined(threads.gather(lambda part: self._whole.predict(x[part]), self._parts(x)))

    def forward(self, x: Array) -> tuple[Array, list[Any]]:
        results = threads.gather(lambda part: self._whole.forward(x[part]), self._parts(x))
        return _joined([y for y, _ in results]), [cache for _, cache in results]

    def backward(self, grad_y: Array, caches: Sequence[Any]) -> tuple[Array, dict[int, Named]]:
        parts = list(zip(self._parts(grad_y), caches, strict=True))
        results = threads.gather(lambda given: self._whole.backward(grad_y[given[0]], given[1]), parts)
        return _joined([grad_x for grad_x, _ in results]), _added([grads for _, grads in results])

    def gradients(self, grad_y: Array, caches: Sequence[Any]) -> dict[int, Named]:
        parts = list(zip(self._parts(grad_y), caches, strict=True))
        return _added(threads.gather(lambda given: self._whole.gradients(grad_y[given[0]], given[1]), parts))

    def _parts(self, x: Array) -> list[slice]:
        parts = max(1, min(MOST_PARTS, len(x) * self._products // PART_PRODUCTS))
        return threads.pieces(len(x), -(-len(x) // parts))


def _stretches(layers: Sequence[Layer]) -> Iterator[_Whole | _InParts]:
    """Yield the layers in the order of running, neighbours of a kind together."""
    order = list(enumerate(layers))
    for i in range(len(order) - 1):
        if isinstance(order[i][1], Relu) and isinstance(order[i + 1][1], MaxPool2d):
            order[i], order[i + 1] = order[i + 1], order[i]
    for apart, group in groupby(order, lambda item: _divisible(item[1])):
        stretch = list(group)
        yield _InParts(stretch) if apart else _Whole(stretch)


def _divisible(layer: Layer) -> bool:
    """Whether parts of a batch are best given to this layer on a thread each."""
    weights = sum(param.size for param in layer.params.values())
    return layer.examples_apart and weights < LARGE_WEIGHTS and layer.multiply_adds >= LEAST_REUSE * weights


def _joined(arrays: list[Array]) -> Array:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _added(grads: list[dict[int, Named]]) -> dict[int, Named]:
    """Return the sums over the parts, in their order."""
    first, *others = grads

    def total(place: int, name: str) -> Array:
        return reduce(np.add, (other[place][name] for other in others), first[place][name])

    return {place: {name: total(place, name) for name in named} for place, named in first.items()}
