"""Layers in a row, computed in the fastest order that gives the same results.

Where a max pool follows a relu, it goes first: the positive part of the largest value is the largest positive
part, to the bit, and the gradients are the same too; relu then processes the pooled values alone.
"""

from collections.abc import Sequence
from typing import Any

from nnlab.arrays import Array, Named
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.maxpool2d import MaxPool2d
from nnlab.nn.layers.relu import Relu


class Chain:
    """Layers in a row, each applied to the output of the one before it; without layers, y is x."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        order = list(range(len(layers)))
        for i in order[:-1]:
            if isinstance(layers[order[i]], Relu) and isinstance(layers[order[i + 1]], MaxPool2d):
                order[i], order[i + 1] = order[i + 1], order[i]
        self._order = order
        self._layers = [layers[i] for i in order]

    def predict(self, x: Array) -> Array:
        """Return y for x at inference."""
        for layer in self._layers:
            x = layer.predict(x)
        return x

    def forward(self, x: Array) -> tuple[Array, list[Any]]:
        """Return y in training, and the caches for ``backward``."""
        caches = []
        for layer in self._layers:
            x, cache = layer.forward(x)
            caches.append(cache)
        return x, caches

    def backward(self, grad_y: Array, caches: Sequence[Any]) -> tuple[Array, list[Named]]:
        """Return dL/dx, and dL/dparams for each layer."""
        if not self._layers:
            return grad_y, []
        grad_y, grads = self._after_first(grad_y, caches)
        grad_x, grads[self._order[0]] = self._layers[0].backward(grad_y, caches[0])
        return grad_x, grads

    def gradients(self, grad_y: Array, caches: Sequence[Any]) -> list[Named]:
        """Return dL/dparams for each layer, the same as those of ``backward``."""
        grad_y, grads = self._after_first(grad_y, caches)
        grads[self._order[0]] = self._layers[0].gradients(grad_y, caches[0])
        return grads

    def _after_first(self, grad_y: Array, caches: Sequence[Any]) -> tuple[Array, list[Named]]:
        grads: list[Named] = [{} for _ in self._layers]
        for i in range(len(self._layers) - 1, 0, -1):
            grad_y, grads[self._order[i]] = self._layers[i].backward(grad_y, caches[i])
        return grad_y, grads
