"""Inputs of examples by index: in memory, in a file, or selected from others."""

from collections.abc import Iterator
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Labels, Shape
from nnlab.errors import DataError

Inputs = NDArray[Any]
"""Raw inputs in memory, (N, *input_shape), C-contiguous, uint8 or float32."""


def type_in_memory(stored: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of inputs in memory that are stored as numbers of any type: uint8 stays, else float32."""
    return np.dtype(np.uint8 if stored == np.uint8 else np.float32)


class Examples(Protocol):
    """Inputs that are read by index, as an array of inputs is.

    Shapes: shape (N, *input_shape); ``examples[rows]`` is an array of the inputs of ``rows``, a slice or indices
    from 0 to N - 1 in any order. It may share memory with others.
    """

    @property
    def shape(self) -> Shape:
        """N and the input shape."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the inputs: uint8 or float32."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | Labels, /) -> Inputs: ...


class Selection:
    """The examples ``rows`` of others, copied only when they are read."""

    def __init__(self, examples: Examples, rows: Labels) -> None:
        self.examples = examples
        self.rows = rows

    @property
    def shape(self) -> Shape:
        """N and the input shape."""
        return (len(self.rows), *self.examples.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the inputs."""
        return self.examples.dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: slice | Labels, /) -> Inputs:
        return self.examples[self.rows[rows]]


def chunks(examples: Examples, values: int) -> Iterator[Inputs]:
    """Yield all inputs in order, about ``values`` numbers at a time and at least one example."""
    for _, x in numbered_chunks(examples, values):
        yield x


def numbered_chunks(examples: Examples, values: int) -> Iterator[tuple[int, Inputs]]:
    """Yield what ``chunks`` yields, each chunk with the number of its first example."""
    step = max(1, values // prod(examples.shape[1:]))
    for start in range(0, len(examples), step):
        yield start, examples[start : start + step]


def as_raw(values: NDArray[Any]) -> Inputs:
    """Return numbers (N, ...) as raw inputs: uint8 as it is, all other types as float32."""
    return np.ascontiguousarray(values if values.dtype == np.uint8 else values.astype(np.float32))


def check_finite(name: str, x: Inputs, first: int = 0) -> None:
    """Raise DataError, which names array, example and feature, if a value of ``x`` (N, ...) is NaN or infinite.

    ``first`` is the number of the first example in ``x``.
    """
    if x.dtype.kind != "f" or np.isfinite(x).all():
        return
    example, *feature = (int(axis[0]) for axis in np.nonzero(~np.isfinite(x)))
    value = x[example, *feature]
    where = f"feature {feature[0]}" if len(feature) == 1 else f"feature [{', '.join(map(str, feature))}]"
    raise DataError(
        f"{name}: example {first + example}, {where} is {value}; leave out such examples, or set such values "
        "with numpy.nan_to_num"
    )
