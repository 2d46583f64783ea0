"""Inputs in a .npy file, read as they are needed."""

import hashlib
import os
import weakref
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from nnlab.arrays import Labels, Shape
from nnlab.data.cache import remembered_digest
from nnlab.data.inputs import Inputs, check_finite, type_in_memory
from nnlab.data.npy import Header
from nnlab.errors import DataError, system_errors

_CHUNK = 2**18  # numbers checked and digested at a time


class InputsInFile:
    """The inputs in the .npy file ``path`` that begins with ``header``.

    Rows are read, not memory-mapped: mapped pages would count as memory in use, and a file truncated meanwhile
    would kill the process. The operating system caches what was read recently. Numbers that are neither uint8 nor
    float32 are converted to float32 as they are read.

    Raises SystemFault if the file cannot be opened.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        self._header = header
        self._row = header.dtype.itemsize * prod(header.shape[1:])
        with system_errors("read", path):
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)

    @property
    def shape(self) -> Shape:
        """N and the input shape."""
        return self._header.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the inputs in memory."""
        return type_in_memory(self._header.dtype)

    def __len__(self) -> int:
        return self._header.shape[0]

    def __getitem__(self, rows: slice | Labels, /) -> Inputs:
        """Return the inputs of ``rows``; raises DataError if the file was truncated, SystemFault on I/O errors."""
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(len(self)))
        return self._converted(self._stored(rows))

    def _converted(self, stored: Inputs) -> Inputs:
        """Return inputs as they are in memory; numbers too large for float32 become infinite."""
        with np.errstate(over="ignore"):
            return stored.astype(self.dtype, copy=False)

    def _stored(self, rows: Labels) -> Inputs:
        """Return the inputs of ``rows`` as they are stored."""
        inputs = np.empty((len(rows), *self.shape[1:]), self._header.dtype)
        if not len(rows):
            return inputs
        low, high = int(rows.min()), int(rows.max())
        if low < 0 or high >= len(self):
            raise IndexError(f"rows {low} to {high} of {len(self)}")
        with system_errors("read", self._path):
            if high - low < 2 * len(rows):  # one read of twice as much is cheaper than many small ones
                block = np.empty((high - low + 1, *self.shape[1:]), self._header.dtype)
                self._fill(_bytes(block), low)
                return block[rows - low]
            content = _bytes(inputs)
            for start, row in zip(range(0, len(content), self._row), rows.tolist(), strict=True):
                self._fill(content[start : start + self._row], row)
        return inputs

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the whole file, in lower-case hex digits; see ``remembered_digest``.

        The values of a file of floats are checked in the same pass. Raises DataError at the first that is NaN or
        infinite.
        """
        if self.dtype.kind != "f":
            return remembered_digest(self._path)
        return remembered_digest(self._path, self._digest_of_finite_values, kind="finite")

    def _digest_of_finite_values(self, path: Path) -> str:
        digest = hashlib.sha256(os.pread(self._file, self._header.size, 0))
        step = max(1, _CHUNK // prod(self.shape[1:]))
        for first in range(0, len(self), step):
            stored = self._stored(np.arange(first, min(first + step, len(self))))
            check_finite(str(path), self._converted(stored), first)
            digest.update(_bytes(stored))
        return digest.hexdigest()

    def _fill(self, content: memoryview, row: int) -> None:
        """Fill ``content`` with the bytes from the start of ``row``."""
        position = self._header.size + row * self._row
        while content:
            count = os.preadv(self._file, [content], position)
            if not count:
                raise DataError(f"{self._path} was cut short while it was in use")
            content = content[count:]
            position += count


def _bytes(inputs: Inputs) -> memoryview:
    return inputs.reshape(-1).view(np.uint8).data
