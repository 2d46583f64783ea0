"""Examples by their numbers, wherever they are kept: in memory, in a file, or as a choice of others."""

from collections.abc import Iterator
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Labels, Shape

Inputs = NDArray[Any]
"""Raw inputs in memory, (N, *input_shape), C-contiguous, uint8 or float32."""


class Examples(Protocol):
    """What gives the inputs of examples by their numbers, as an array of inputs itself does.

    Shapes: shape (N, *input_shape); ``examples[rows]`` has the inputs of ``rows``, numbers from 0 to N - 1 in
    any order or a slice of them, as a new or borrowed array in memory.
    """

    @property
    def shape(self) -> Shape:
        """N and the input shape."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the inputs: uint8 or float32."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | Labels, /) -> Inputs: ...


class Selection:
    """The examples ``rows`` of others, of which none is copied before it is asked for."""

    def __init__(self, examples: Examples, rows: Labels) -> None:
        self.examples = examples
        self.rows = rows

    @property
    def shape(self) -> Shape:
        """N and the input shape."""
        return (len(self.rows), *self.examples.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the inputs."""
        return self.examples.dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: slice | Labels, /) -> Inputs:
        return self.examples[self.rows[rows]]


def chunks(examples: Examples, values: int) -> Iterator[Inputs]:
    """Yield all inputs in their order, about ``values`` numbers at a time and at least one example."""
    step = max(1, values // prod(examples.shape[1:]))
    for start in range(0, len(examples), step):
        yield examples[start : start + step]
