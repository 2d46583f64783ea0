"""Labels as people save them, as numbers of classes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab.data.npy import Header
from nnlab.errors import DataError

_EXACT = 2**53  # whole numbers up to here are exact in float64


@dataclass(frozen=True)
class LabelForm:
    """How an array of labels is read.

    ``note`` says what is converted, ``convert`` turns some rows of the array, of which the first has the given
    number, into whole numbers. ``columns`` is the number of classes if the rows are one-hot, otherwise 0.
    """

    note: str
    convert: Callable[[str, NDArray[Any], int], NDArray[np.integer[Any]]]
    columns: int = 0

    def numbers(self, name: str, blocks: Iterable[NDArray[Any]]) -> NDArray[np.integer[Any]]:
        """Return the labels (N,) in ``blocks`` of rows; raises DataError, which calls the array ``name``."""
        parts: list[NDArray[np.integer[Any]]] = []
        first = 0
        for block in blocks:
            parts.append(self.convert(name, block, first))
            first += len(block)
        return np.concatenate(parts)


def label_form(name: str, header: Header) -> LabelForm:
    """Return how the array with ``header`` is read as labels: (N,), (N, 1) or one-hot (N, C).

    Raises DataError for an array that cannot hold labels.
    """
    shape, kind = header.shape, header.dtype.kind
    if kind not in "biuf" or len(shape) not in {1, 2} or 0 in shape:
        raise DataError(
            f"{name} has the shape {shape} and type {header.dtype}, not (examples,) whole numbers from 0 or "
            "(examples, classes) one-hot rows"
        )
    if len(shape) == 2 and shape[1] > 1:
        return LabelForm(f"one-hot rows of {shape[1]} are read as the numbers of classes", _from_one_hot, shape[1])
    column = f" in a column {shape}" if len(shape) == 2 else ""
    if kind in "iu":
        return LabelForm(f"labels{column} are read as ({shape[0]},)" if column else "", _from_integers)
    return LabelForm(f"{header.dtype} labels{column} are read as whole numbers", _from_floats)


def _from_integers(_name: str, rows: NDArray[Any], _first: int) -> NDArray[np.integer[Any]]:
    return rows.reshape(-1)


def _from_floats(name: str, rows: NDArray[Any], first: int) -> NDArray[np.integer[Any]]:
    values = rows.reshape(-1).astype(np.float64)
    wrong = np.flatnonzero(~((values == np.rint(values)) & (np.abs(values) < _EXACT)))
    if wrong.size:
        raise DataError(f"{name}: label {first + wrong[0]} is {values[wrong[0]]}, not the number of a class")
    return values.astype(np.int64)


def _from_one_hot(name: str, rows: NDArray[Any], first: int) -> NDArray[np.integer[Any]]:
    ones = rows == 1
    wrong = np.flatnonzero((ones.sum(axis=1) != 1) | ((rows != 0).sum(axis=1) != 1))
    if wrong.size:
        raise DataError(
            f"{name}: row {first + wrong[0]} is not one-hot, a single 1 among zeros; labels are the numbers of "
            "classes, (examples,), or one-hot rows, (examples, classes)"
        )
    numbers: NDArray[np.int64] = ones.argmax(axis=1)
    return numbers
