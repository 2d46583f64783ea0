"""Normalization of raw inputs: affine maps fitted on the training examples."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Array
from nnlab.data.inputs import Examples, chunks
from nnlab.registry import NORMALIZATIONS, Component
from nnlab.registry.options import Positive

_CHUNK = 2**15  # numbers converted to float64 at a time: 256 KiB, which stays in the processor's cache


@dataclass(frozen=True, eq=False)
class Affine:
    """The map ``y = (x - shift) * gain``, computed in float32.

    Shapes: shift and gain () or (D,) for inputs of D values each.
    """

    shift: Array
    gain: Array

    def apply(self, inputs: NDArray[Any]) -> Array:
        """Return y as a new float32 array of the shape of ``inputs`` (N, ...)."""
        x = inputs.reshape(len(inputs), prod(inputs.shape[1:]))
        if self.shift.ndim == 0 and self.shift == 0:
            y: Array = np.multiply(x, self.gain, dtype=np.float32)
        else:
            y = np.subtract(x, self.shift, dtype=np.float32)
            y *= self.gain
        return y.reshape(inputs.shape)

    def invert(self, y: Array) -> Array:
        """Return the raw inputs (N, ...) of which y is the image; where all have one image, the shift."""
        values = y.reshape(len(y), prod(y.shape[1:]))
        x = np.divide(values, self.gain, out=np.zeros_like(values), where=self.gain != 0)
        x += self.shift
        return x.reshape(y.shape)


class Normalization(Component, ABC):
    """A rule that fits an ``Affine`` map to training inputs.

    Statistics are accumulated in float64, which is exact for pixels, a few examples at a time and in one pass
    over them. A *channel* is an index of the last axis: a colour of an image, or a feature.
    """

    registry = NORMALIZATIONS

    @abstractmethod
    def fit(self, inputs: Examples) -> Affine:
        """Return the map for ``inputs`` (N, ...), uint8 or float32, in memory or not."""


@NORMALIZATIONS.register("none")
@dataclass(frozen=True, kw_only=True)
class Unchanged(Normalization):
    """Raw values as floats, ``y = x``."""

    def fit(self, inputs: Examples) -> Affine:  # noqa: ARG002 -- nothing to fit
        return Affine(_float32(0), _float32(1))


@NORMALIZATIONS.register("scale")
@dataclass(frozen=True, kw_only=True)
class Scale(Normalization):
    """``y = x / divide``: pixels become 0..1.

    Options:
        divide: The number that values are divided by.
    """

    divide: Positive = 255.0

    def fit(self, inputs: Examples) -> Affine:  # noqa: ARG002 -- nothing to fit
        return Affine(_float32(0), _float32(1 / self.divide))


@NORMALIZATIONS.register("min_max")
@dataclass(frozen=True, kw_only=True)
class MinMax(Normalization):
    """``y = (x - min) / (max - min)`` per channel; a constant channel becomes 0.

    An image of one channel has one minimum and one maximum, over all its pixels.
    """

    def fit(self, inputs: Examples) -> Affine:
        channels = inputs.shape[-1]
        lowest = highest = inputs[:1]
        for x in chunks(inputs, _CHUNK):
            lowest = np.minimum(lowest, x.min(axis=0))
            highest = np.maximum(highest, x.max(axis=0))
        low = lowest.reshape(-1, channels).min(axis=0).astype(np.float64)
        high = highest.reshape(-1, channels).max(axis=0).astype(np.float64)
        return Affine(_per_value(low, inputs), _per_value(_inverse(high - low), inputs))


@NORMALIZATIONS.register("mean")
@dataclass(frozen=True, kw_only=True)
class Mean(Normalization):
    """``y = (x - mean) / divide``, with one mean over all values of all training inputs.

    Options:
        divide: The number that the difference is divided by.
    """

    divide: Positive = 255.0

    def fit(self, inputs: Examples) -> Affine:
        return Affine(_float32(_mean_input(inputs).mean()), _float32(1 / self.divide))


@NORMALIZATIONS.register("mean_image")
@dataclass(frozen=True, kw_only=True)
class MeanImage(Normalization):
    """``y = (x - mean) / divide``, with a mean for each value of an input: the mean image.

    Options:
        divide: The number that the difference is divided by.
    """

    divide: Positive = 1.0

    def fit(self, inputs: Examples) -> Affine:
        return Affine(_float32(_mean_input(inputs)), _float32(1 / self.divide))


@NORMALIZATIONS.register("mean_channel")
@dataclass(frozen=True, kw_only=True)
class MeanChannel(Normalization):
    """``y = (x - mean) / divide``, with a mean per channel: the mean colour.

    Options:
        divide: The number that the difference is divided by.
    """

    divide: Positive = 1.0

    def fit(self, inputs: Examples) -> Affine:
        return Affine(_per_value(_channel_means(_mean_input(inputs), inputs), inputs), _float32(1 / self.divide))


@NORMALIZATIONS.register("standard")
@dataclass(frozen=True, kw_only=True)
class Standard(Normalization):
    """``y = (x - mean) / std`` per channel; a constant channel becomes 0.

    ``std = sqrt(mean((x - mean)^2))``, over all training inputs. It is computed in one pass, from the sums of
    ``d = x - x_0`` and ``d^2``, where ``x_0`` is a channel's first value: ``mean = x_0 + mean(d)`` and
    ``std^2 = mean(d^2) - mean(d)^2`` (Chan, Golub and LeVeque 1983, doi:10.1080/00031305.1983.10483115).
    """

    def fit(self, inputs: Examples) -> Affine:
        first = inputs[:1].reshape(-1, inputs.shape[-1])[0].astype(np.float64)
        start = np.broadcast_to(first, inputs.shape[1:]).ravel()
        total, squares = np.zeros_like(start), np.zeros_like(start)
        for x in _chunks(inputs):
            d = np.subtract(x, start, out=x)
            total += d.sum(axis=0)
            squares += np.square(d, out=d).sum(axis=0)
        offset = _channel_means(total / len(inputs), inputs)
        mean = first + offset
        std = np.sqrt(np.maximum(_channel_means(squares / len(inputs), inputs) - offset**2, 0))
        std[std <= np.finfo(np.float32).eps * np.abs(mean)] = 0  # below the resolution of the inputs
        return Affine(_per_value(mean, inputs), _per_value(_inverse(std), inputs))


def _chunks(inputs: Examples) -> Iterator[NDArray[np.float64]]:
    """Yield ``inputs`` (N, ...) as float64 rows (n, D), each chunk a copy."""
    for x in chunks(inputs, _CHUNK):
        yield x.reshape(len(x), -1).astype(np.float64)


def _mean_input(inputs: Examples) -> NDArray[np.float64]:
    """Return the mean (D,) of ``inputs`` (N, ...) of D values each."""
    total = np.zeros(prod(inputs.shape[1:]))
    for x in _chunks(inputs):
        total += x.sum(axis=0)
    return total / len(inputs)


def _channel_means(values: NDArray[np.float64], inputs: Examples) -> NDArray[np.float64]:
    """Return the means (C,) over all places of ``values`` (D,), where ``inputs`` have C channels."""
    means: NDArray[np.float64] = values.reshape(-1, inputs.shape[-1]).mean(axis=0)
    return means


def _inverse(spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / spread, and 1 where the spread is 0."""
    return 1 / np.where(spread > 0, spread, 1.0)


def _per_value(channels: NDArray[np.float64], inputs: Examples) -> Array:
    """Return (C,) numbers repeated for each of the D values of an input; () if all are one number.

    A long row is several times faster to subtract from a batch than a short one.
    """
    if len(channels) == 1:
        return _float32(channels[0])
    return _float32(np.broadcast_to(channels, inputs.shape[1:]).ravel())


def _float32(values: Any) -> Array:
    return np.asarray(values, np.float32)
