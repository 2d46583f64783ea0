"""Inputs in files of several examples without labels: .npy, .npz and CSV files.

Each function yields chunks of up to ``size`` examples whose values, reshaped, are inputs of ``shape``; it raises
DataError, which names the file, if they cannot be. ``note`` is given what is done to the inputs, and details.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import prod
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np

from nnlab import files
from nnlab.arrays import Shape
from nnlab.data.csv_file import csv_inputs
from nnlab.data.csv_layout import Separator
from nnlab.data.inputs import Examples, Inputs
from nnlab.data.inputs_in_file import InputsInFile
from nnlab.data.npy import read_header
from nnlab.data.npz import NpzFile
from nnlab.errors import DataError, brief, printable, system_errors

T = TypeVar("T")

Note: TypeAlias = Callable[[str, str], None]

_NAMES = ("test_inputs", "x_test", "inputs", "images", "x")
"""Arrays of an .npz file that are predicted if it has several, the first that it has."""


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


@dataclass(frozen=True)
class CsvForm:
    """How CSV files are written, as the options of the data set ``csv`` have it; None: detected."""

    label: str | int | None = None
    header: bool | None = None
    separator: Separator | None = None
    ignore: Sequence[str | int] = ()


AS_DETECTED = CsvForm()


def table_inputs(path: Path, shape: Shape, size: int, form: CsvForm) -> Iterator[Inputs]:
    """Yield the inputs in the rows of a CSV file, with or without a header and a column of labels."""
    blocks = csv_inputs(
        path, shape, label=form.label, header=form.header, separator=form.separator, ignore=form.ignore
    )
    held: list[Inputs] = []
    for block in blocks:
        held.append(block)
        if sum(map(len, held)) >= size:
            x = np.concatenate(held)
            whole = len(x) - len(x) % size
            yield from (x[start : start + size] for start in range(0, whole, size))
            held = [x[whole:]]
    if held and (x := np.concatenate(held)).size:
        yield x
