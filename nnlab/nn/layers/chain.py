"""Layers in a row, computed in the fastest order that gives the same results.

Where a max pool follows a relu, it goes first: the positive part of the largest value is the largest positive
part, to the bit, and the gradients are the same too; relu then processes the pooled values alone.
"""

from collections.abc import Collection, Sequence
from typing import Any

from nnlab.arrays import Array, Named
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.maxpool2d import MaxPool2d
from nnlab.nn.layers.relu import Relu


class Chain:
    """Layers in a row, each applied to the output of the one before it; without layers, y is x.

    The layers ``frozen``, by index, are not trained. Below the lowest trained layer they compute as at inference,
    and ``gradients`` goes no further down than that layer.
    """

    def __init__(self, layers: Sequence[Layer], frozen: Collection[int] = ()) -> None:
        order = list(range(len(layers)))
        for i in order[:-1]:
            if isinstance(layers[order[i]], Relu) and isinstance(layers[order[i + 1]], MaxPool2d):
                order[i], order[i + 1] = order[i + 1], order[i]
        self._order = order
        self._layers = [layers[i] for i in order]
        trained = [place for place, i in enumerate(order) if i not in frozen and layers[i].params]
        self._lowest = trained[0] if frozen and trained else 0
        self._inferring = [i in frozen and place < self._lowest for place, i in enumerate(order)]

    def predict(self, x: Array) -> Array:
        """Return y for x at inference."""
        for layer in self._layers:
            x = layer.predict(x)
        return x

    def forward(self, x: Array) -> tuple[Array, list[Any]]:
        """Return y in training, and the caches for ``backward``."""
        caches: list[Any] = []
        for layer, infers in zip(self._layers, self._inferring, strict=True):
            if infers:
                x, cache = layer.predict(x), None
            else:
                x, cache = layer.forward(x)
            caches.append(cache)
        return x, caches

    def backward(self, grad_y: Array, caches: Sequence[Any]) -> tuple[Array, list[Named]]:
        """Return dL/dx, and dL/dparams for each layer."""
        if not self._layers:
            return grad_y, []
        grad_y, grads = self._above(0, grad_y, caches)
        grad_x, grads[self._order[0]] = self._layers[0].backward(grad_y, caches[0])
        return grad_x, grads

    def gradients(self, grad_y: Array, caches: Sequence[Any]) -> list[Named]:
        """Return dL/dparams for each layer from the lowest trained one on, the same as those of ``backward``."""
        lowest = self._lowest
        grad_y, grads = self._above(lowest, grad_y, caches)
        grads[self._order[lowest]] = self._layers[lowest].gradients(grad_y, caches[lowest])
        return grads

    def _above(self, lowest: int, grad_y: Array, caches: Sequence[Any]) -> tuple[Array, list[Named]]:
        """Return dL/dy of the layer at place ``lowest``, and dL/dparams for the layers after it."""
        grads: list[Named] = [{} for _ in self._layers]
        for i in range(len(self._layers) - 1, lowest, -1):
            grad_y, grads[self._order[i]] = self._layers[i].backward(grad_y, caches[i])
        return grad_y, grads
