"""The scalar function that a gradient check differentiates: layers in a row, and one number at their end."""

import contextlib
import copy
import inspect
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from nnlab import seeding
from nnlab.arrays import Array, Labels, Named
from nnlab.errors import UsageError
from nnlab.nn.layers import Layer
from nnlab.nn.losses import Loss

Gradients: TypeAlias = dict[str, tuple[Array, ...]]
"""Gradients by name, each computed in one way or in several ways that have to agree."""


class Head(Protocol):
    """A function from the last layer's output to one number."""

    def value(self, y: Array) -> float:
        """Return the number."""

    def gradient(self, y: Array) -> Array:
        """Return its gradient with respect to y."""


@dataclass(frozen=True)
class LossHead:
    """The loss of a batch."""

    loss: Loss
    labels: Labels

    def value(self, y: Array) -> float:
        """Return the loss of the scores y."""
        return self.loss.forward(y, self.labels)[0]

    def gradient(self, y: Array) -> Array:
        """Return dL/dy as the loss computes it."""
        return self.loss.backward(self.loss.forward(y, self.labels)[1])


@dataclass(frozen=True)
class InnerProduct:
    """The inner product with a fixed array, whose gradient is that array."""

    cotangent: Array

    def value(self, y: Array) -> float:
        """Return the sum of the products."""
        return float((self.cotangent * y).sum())

    def gradient(self, y: Array) -> Array:  # noqa: ARG002 -- the same for all y
        """Return the cotangent."""
        return self.cotangent.copy()


def in_float64(layers: Iterable[Layer]) -> list[Layer]:
    """Return copies of ``layers`` with parameters in float64, which share nothing with the originals."""
    copies = []
    for layer in layers:
        copies.append(copy.deepcopy(layer))
        copies[-1].bind({name: param.astype(np.float64) for name, param in layer.params.items()})
    return copies


@dataclass(frozen=True)
class Failure:
    """A method of a layer or loss that raised an exception: its name, and where and what it raised."""

    method: str
    reason: str


def _failure(component: object, method: str, error: Exception) -> Failure:
    """Return the failure with the deepest line of the component's own file, or else the deepest line."""
    file = ""
    with contextlib.suppress(TypeError, OSError):  # a class that was defined in no file
        file = inspect.getfile(type(component))
    frames = traceback.extract_tb(error.__traceback__)[1:]  # without the line that calls the method
    frame = ([each for each in frames if each.filename == file] or frames)[-1]
    return Failure(method, f"{frame.filename}:{frame.lineno}: {type(error).__name__}: {error}")


class Objective:
    """A scalar function of a batch and of the parameters of ``layers``, in training mode.

    ``inputs[i]`` is the input of layer i, the last one that of ``head``. Random streams are reset before every
    evaluation, so that the same masks are drawn each time. The objective changes its layers: their running
    statistics, and temporarily their parameters.

    If the backward pass of a layer raises an exception, the function for the layers before it is the inner product
    of that layer's input and a random array instead, so that they can still be checked.
    """

    def __init__(self, layers: Sequence[Layer], x: Array, head: Head) -> None:
        self._heads: dict[int, InnerProduct] = {}
        self.layers = tuple(layers)
        self.head = head
        self._streams = [
            [(stream, seeding.saved(stream)) for stream in layer.streams.values()] for layer in layers
        ]
        self.inputs: list[Array] = [np.array(x, np.float64)]
        self._caches: list[Any] = []
        for layer in self.layers:
            # Copies, so that moving an input leaves the caches alone.
            y, cache = layer.forward(self.inputs[-1].copy())
            self.inputs.append(y.copy())
            self._caches.append(cache)

    def _rewind(self, index: int) -> None:
        for stream, position in self._streams[index]:
            seeding.restore(stream, position)

    def value(self, start: int) -> float:
        """Return the value for ``inputs[start]`` and the parameters as they are now, from layer ``start`` on."""
        y: Array = self.inputs[start]
        for i, layer in enumerate(self.layers[start:], start):
            self._rewind(i)
            y, _ = layer.forward(y)
            if i + 1 in self._heads:
                return self._heads[i + 1].value(y)
        return self.head.value(y)

    def disagreement(self, index: int) -> tuple[Array, Array] | Failure | None:
        """Return what ``predict`` and ``forward`` of a layer return for the same input, or how ``predict`` fails.

        None if the layer declares that they differ.
        """
        layer = self.layers[index]
        if not layer.predicts_as_in_training:
            return None
        try:
            return layer.predict(self.inputs[index].copy()), self.inputs[index + 1]
        except Exception as error:  # noqa: BLE001 -- the layer may be the user's own, with any fault
            return _failure(layer, "predict", error)

    def gradients(self) -> list[Gradients | Failure]:
        """Return what the backward passes compute for each of ``inputs`` and for the parameters of each layer.

        An exception that a backward pass raises is returned as a Failure. Raises UsageError if a layer omits a
        gradient or returns a wrong shape.
        """
        computed: list[Gradients | Failure] = []
        try:
            grad_x = self.head.gradient(self.inputs[-1])
            computed.append({"scores": (grad_x,)})
        except Exception as error:  # noqa: BLE001 -- the loss may be the user's own
            computed.append(_failure(getattr(self.head, "loss", self.head), "backward", error))
            grad_x = self._cut(len(self.layers))
        for i, layer in reversed(list(enumerate(self.layers))):
            cache, kind = self._caches[i], type(layer).__name__
            try:
                alone = layer.gradients(grad_x.copy(), cache)
                grad_x, grads = layer.backward(grad_x.copy(), cache)
            except Exception as error:  # noqa: BLE001 -- the layer may be the user's own
                computed.insert(0, _failure(layer, "backward", error))
                grad_x = self._cut(i)
                continue
            _require_shapes(f"{kind}.backward", self.arrays(i), {**grads, "x": grad_x})
            _require_shapes(f"{kind}.gradients", layer.params, alone)
            computed.insert(0, {name: (grads[name], alone[name]) for name in layer.params} | {"x": (grad_x,)})
        return computed

    def _cut(self, index: int) -> Array:
        """Let the function end at ``inputs[index]``, and return its gradient there."""
        cotangent = np.random.default_rng(index).standard_normal(self.inputs[index].shape)
        self._heads[index] = InnerProduct(cotangent)
        return cotangent

    def arrays(self, index: int) -> Named:
        """Return the arrays on which the value depends in layer ``index``, or in the head after the last layer."""
        if index == len(self.layers):
            return {"scores": self.inputs[index]}
        return {**self.layers[index].params, "x": self.inputs[index]}


def _require_shapes(method: str, arrays: Named, gradients: Named) -> None:
    for name, array in arrays.items():
        if name not in gradients:
            raise UsageError(f"{method} returns no gradient for {name!r}")
        shape = gradients[name].shape
        if shape != array.shape:
            raise UsageError(f"{method} returns the shape {shape} for {name!r}, which is {array.shape}")
