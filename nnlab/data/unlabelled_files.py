"""Inputs in files of several examples without labels: .npy, .npz and CSV files.

Each function yields chunks of up to ``size`` examples whose values, reshaped, are inputs of ``shape``; it raises
DataError, which names the file, if they cannot be. ``note`` is given what is done to the inputs, and details.
"""

import csv
import gzip
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from math import prod
from pathlib import Path
from typing import IO, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from nnlab import files
from nnlab.arrays import Shape
from nnlab.data.inputs import Examples, Inputs
from nnlab.data.inputs_in_file import InputsInFile
from nnlab.data.npy import read_header
from nnlab.data.npz import NpzFile
from nnlab.errors import DataError, SystemFault, brief, printable, refusal, system_errors

T = TypeVar("T")

Note: TypeAlias = Callable[[str, str], None]

_NAMES = ("test_inputs", "x_test", "inputs", "images", "x")
"""Arrays of an .npz file that are predicted if it has several, the first that it has."""

_LABELS = {"label", "labels", "class", "target", "y"}
"""Names of the column of a CSV file that is no input."""


def grouped(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield ``items`` in lists of ``size``, the last of which may be shorter."""
    left = iter(items)
    while part := list(islice(left, size)):
        yield part


def npy_inputs(path: Path, shape: Shape, size: int, note: Note) -> Iterator[Inputs]:
    """Yield the inputs in a .npy file, which are read as they are needed."""
    name = printable(str(path))
    with system_errors("read", name), files.open_plain(path) as file:
        header = read_header(name, file)
        header.check_length(name, os.fstat(file.fileno()).st_size)
    yield from _chunks(name, InputsInFile(path, header), shape, size, note)


def npz_inputs(path: Path, shape: Shape, size: int, note: Note) -> Iterator[Inputs]:
    """Yield the inputs in an .npz file: the array of a usual name, or the only one."""
    archive, place = NpzFile(path), printable(str(path))
    names = archive.names()
    chosen = next((name for name in _NAMES if name in names), names[0] if len(names) == 1 else None)
    if chosen is None:
        known = ", ".join(map(brief, names[:8])) or "none"
        raise DataError(
            f"{place} has the arrays {known}; call the one to predict inputs, or save it alone as .npy"
        )
    if len(names) > 1:
        note(f"the inputs in {place}", f"its array {chosen}")
    yield from _chunks(printable(archive.name(chosen)), archive.values(chosen), shape, size, note)


def _chunks(name: str, values: Examples, shape: Shape, size: int, note: Note) -> Iterator[Inputs]:
    """Yield ``values`` in chunks if they are inputs of ``shape``, images without a channel axis, or rows."""
    if values.dtype.kind not in "buif":
        raise DataError(f"{name} has values of the type {values.dtype}, not numbers")
    forms = {shape, shape[:-1] if len(shape) == 3 and shape[-1] == 1 else shape}
    if values.shape in forms:
        yield values[:]
        return
    flat = len(values.shape) == 2 and values.shape[1] == prod(shape)
    if values.shape[1:] not in forms and not flat:
        taken = ", ".join(map(str, shape))
        raise DataError(f"{name} has the shape {list(values.shape)}; the network takes (N, {taken})")
    if values.dtype not in {np.dtype(np.uint8), np.dtype(np.float32)}:
        note("values are converted to float32", f"{name} has {values.dtype}")
    for start in range(0, len(values), size):
        yield values[start : start + size]


def csv_inputs(path: Path, shape: Shape, size: int, note: Note) -> Iterator[Inputs]:
    """Yield the inputs in the rows of a CSV file, with or without a header and a column of labels."""
    name, count = printable(str(path)), prod(shape)
    with _text(path) as lines:
        rows = ((number, row) for number, row in enumerate(_rows(name, lines), start=1) if row)
        first = next(rows, None)
        if first is None:
            raise DataError(f"{name} is empty")
        header = not all(map(_is_number, first[1]))
        columns = _columns(name, first[1], count, note, header=header)
        width = len(first[1])
        for part in grouped(rows if header else chain([first], rows), size):
            yield np.stack([_values(f"{name}:{number}", row, width, columns) for number, row in part])


def _text(path: Path) -> IO[str]:
    with system_errors("read", printable(str(path))):
        if path.suffix.lower() == ".gz":
            return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
        return path.open(encoding="utf-8-sig", newline="")


def _rows(name: str, lines: IO[str]) -> Iterator[list[str]]:
    """Yield the rows of a CSV file; errors of reading become errors that name the file."""
    try:
        yield from csv.reader(lines)
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not UTF-8 text") from error
    except (csv.Error, EOFError, gzip.BadGzipFile) as error:
        raise DataError(f"{name} is damaged: {error}") from error
    except OSError as error:
        raise SystemFault(refusal(error, "read", name)) from error


def _columns(name: str, first: Sequence[str], count: int, note: Note, *, header: bool) -> slice:
    """Return the columns of the inputs, given the first row; raises DataError if there are not ``count``."""
    if len(first) == count:
        return slice(None)
    if header and len(first) == count + 1:
        for place, columns in ((0, slice(1, None)), (-1, slice(None, -1))):
            if first[place].strip().lower() in _LABELS:
                note("a column is left out", f"{printable(first[place].strip())} in {name}")
                return columns
    hint = "" if header else "; without a header, each column has to be an input"
    raise DataError(f"{name} has {len(first):,} columns; the network takes {count:,} values of an example{hint}")


def _values(place: str, row: Sequence[str], width: int, columns: slice) -> NDArray[np.float32]:
    """Return the numbers in a row of a CSV file; raises DataError at ``place`` if it has others, or too few."""
    if len(row) != width:
        raise DataError(f"{place}: {len(row):,} columns, not {width:,}")
    try:
        return np.array(list(map(float, row[columns])), np.float32)
    except ValueError as error:
        wrong = next(cell for cell in row[columns] if not _is_number(cell))
        what = f"{brief(wrong)} is no number" if wrong.strip() else "a value is missing"
        raise DataError(f"{place}: column {row.index(wrong) + 1}: {what}") from error


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
