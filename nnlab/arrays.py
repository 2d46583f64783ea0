"""Type aliases for arrays, shapes and random streams."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
"""Real numbers: float32 in training, float64 in gradient checks. Images are NHWC."""

Labels: TypeAlias = NDArray[np.int64]
"""Class numbers, shape (N,)."""

Shape: TypeAlias = tuple[int, ...]
"""Lengths of the axes, without the batch axis."""

Rng: TypeAlias = np.random.Generator
"""A random stream; always passed in, never global."""

Named: TypeAlias = dict[str, Array]
"""Arrays by name: the parameters of a layer, their gradients, or its state."""
