"""Initializers: rules for the first values of parameters.

A weight of shape (..., C, F) maps C values at each of prod(...) places to F: its fan-in is the product
of all axes but the last, its fan-out that of all axes but the last but one. For a dense layer's (D, M)
they are D and M; for a convolution's (K, K, C, F), K*K*C and K*K*F.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import prod, sqrt
from typing import Any

import numpy as np

from nnlab.arrays import Array, Rng, Shape
from nnlab.errors import OptionError
from nnlab.registry import INITIALIZERS, Component
from nnlab.registry.options import NonNegative


def fan_in(shape: Shape) -> int:
    """Return how many values feed one output of a weight of ``shape``."""
    return prod(shape[:-1])


def fan_out(shape: Shape) -> int:
    """Return how many outputs one value feeds through a weight of ``shape``."""
    return prod(shape[:-2]) * shape[-1]


class Initializer(Component, ABC):
    """A rule for the first values of a parameter."""

    registry = INITIALIZERS

    @abstractmethod
    def __call__(self, rng: Rng, shape: Shape) -> Array:
        """Return a new float32 array of ``shape``, drawn from ``rng``."""


@INITIALIZERS.register("he_normal")
@dataclass(frozen=True, kw_only=True)
class HeNormal(Initializer):
    """Normal with standard deviation ``gain * sqrt(2 / fan_in)``, which keeps the variance through ReLUs.

    He, Zhang, Ren and Sun (2015), arXiv:1502.01852.

    Options:
        gain: A factor for all values; 1 keeps the published scale.
    """

    gain: NonNegative = 1.0

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        return scaled_normal(rng, shape, self.gain * sqrt(2 / fan_in(shape)))


@INITIALIZERS.register("lecun_normal")
@dataclass(frozen=True, kw_only=True)
class LecunNormal(Initializer):
    """Normal with standard deviation ``gain * sqrt(1 / fan_in)``, for sigmoid and tanh units.

    LeCun, Bottou, Orr and Mueller (1998), doi:10.1007/3-540-49430-8_2.

    Options:
        gain: A factor for all values; 1 keeps the published scale.
    """

    gain: NonNegative = 1.0

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        return scaled_normal(rng, shape, self.gain * sqrt(1 / fan_in(shape)))


@INITIALIZERS.register("glorot_uniform")
@dataclass(frozen=True, kw_only=True)
class GlorotUniform(Initializer):
    """Uniform in +-``gain * sqrt(6 / (fan_in + fan_out))``.

    Glorot and Bengio (2010), https://proceedings.mlr.press/v9/glorot10a.html.

    Options:
        gain: A factor for all values; 1 keeps the published scale.
    """

    gain: NonNegative = 1.0

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        limit = self.gain * sqrt(6 / (fan_in(shape) + fan_out(shape))) if len(shape) > 1 else 0.0
        return rng.uniform(-limit, limit, shape).astype(np.float32)


@INITIALIZERS.register("normal")
@dataclass(frozen=True, kw_only=True)
class Normal(Initializer):
    """Normal with mean 0 and standard deviation ``std``.

    Options:
        std: The standard deviation.
    """

    std: NonNegative

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        return scaled_normal(rng, shape, self.std)


@INITIALIZERS.register("uniform")
@dataclass(frozen=True, kw_only=True)
class Uniform(Initializer):
    """Uniform in ``low`` .. ``high``; raises OptionError if ``low`` is above ``high``.

    Options:
        low: The lower bound.
        high: The upper bound.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise OptionError(f"low ({self.low}) must not be above high ({self.high})", option="low")

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        return rng.uniform(self.low, self.high, shape).astype(np.float32)


@INITIALIZERS.register("zeros")
@dataclass(frozen=True, kw_only=True)
class Zeros(Initializer):
    """All 0."""

    def __call__(self, rng: Rng, shape: Shape) -> Array:  # noqa: ARG002 -- not random
        return np.zeros(shape, np.float32)


@INITIALIZERS.register("constant")
@dataclass(frozen=True, kw_only=True)
class Fill(Initializer):
    """All ``value``.

    Options:
        value: The value of every entry.
    """

    value: float

    def __call__(self, rng: Rng, shape: Shape) -> Array:  # noqa: ARG002 -- not random
        return np.full(shape, self.value, np.float32)


@INITIALIZERS.register("values")
@dataclass(frozen=True, kw_only=True)
class Values(Initializer):
    """Exactly ``values``, nested like the parameter's axes; for networks computed by hand.

    Options:
        values: The values, as a list nested like the axes of the array.
    """

    values: tuple[Any, ...]

    def __call__(self, rng: Rng, shape: Shape) -> Array:  # noqa: ARG002 -- not random
        try:
            given = np.array(self.values, np.float32)
        except (TypeError, ValueError) as error:
            raise OptionError(f"values are not an array of numbers: {error}", option="init") from error
        if given.shape != shape:
            raise OptionError(f"values have the shape {given.shape}, the parameter {shape}", option="init")
        return given


@dataclass(frozen=True)
class Unallocated(Initializer):
    """Zeros that take no memory: one stored number, repeated at every index. Not for training.

    A network of any size is built with it in microseconds, to count parameters and check shapes.
    """

    def __call__(self, rng: Rng, shape: Shape) -> Array:  # noqa: ARG002 -- not random
        return np.broadcast_to(np.zeros((), np.float32), shape)


def scaled_normal(rng: Rng, shape: Shape, std: float) -> Array:
    """Return float32 draws from N(0, ``std`` squared)."""
    draws = rng.standard_normal(shape, np.float32)
    draws *= np.float32(std)
    return draws
