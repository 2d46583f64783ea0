"""Headers and values of .npy files.

A file consists of the magic string, two bytes of version, the length of the header in 2 bytes (version 1) or 4,
the header, and the values. The header is the text of a Python dictionary, such as
``{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }``. It is matched, never evaluated, and arrays
of Python objects are refused: a pickle can run any code. Format: NumPy enhancement proposal 1,
https://numpy.org/neps/nep-0001-npy-format.html.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Shape
from nnlab.errors import DataError

_MAGIC = b"\x93NUMPY"
_LONGEST = 4096  # bytes of a header; NumPy writes 118 for plain numbers
_BLOCK = 2**18  # numbers read at a time
_MOST_AXES = 32  # the limit in every version of NumPy
_ENTRY = r"'(descr|fortran_order|shape)'\s*:\s*('[^']*'|True|False|\((?:\d{1,19},\s*)*(?:\d{1,19})?\))"
_HEADER = re.compile(rf"\{{\s*{_ENTRY}(?:,\s*{_ENTRY}){{2}},?\s*\}}\s*")
_PLAIN = re.compile(r"[<>|][biuf][1248]|<U[1-9]\d{0,3}|\|S[1-9]\d{0,3}")


@dataclass(frozen=True)
class Header:
    """A .npy header; ``size`` is its length in bytes, including the magic string."""

    dtype: np.dtype[Any]
    shape: Shape
    size: int

    @property
    def content(self) -> int:
        """The number of bytes of the values."""
        return self.dtype.itemsize * prod(self.shape)

    def check_length(self, name: str, length: int) -> None:
        """Raise DataError unless a file of ``length`` bytes ends where the values do."""
        if length != self.size + self.content:
            raise DataError(
                f"{name} is {'short' if length < self.size + self.content else 'too long'}: its header declares "
                f"{self.content} bytes of values, {length - self.size} follow"
            )


def read_header(name: str, file: IO[bytes]) -> Header:
    """Read and return the header of ``file``.

    Raises DataError, which calls the file ``name``, unless it is a C-ordered array of plain values.
    """
    start = file.read(8)
    if start[:6] != _MAGIC:
        raise DataError(f"{name} is not a .npy file: it begins with {start[:6].hex(' ') or 'nothing'}")
    if start[6:] not in {b"\x01\x00", b"\x02\x00", b"\x03\x00"}:
        raise DataError(f"{name} has the unknown .npy version {'.'.join(map(str, start[6:]))}")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    if length > _LONGEST:
        raise DataError(f"{name} declares a header of {length} bytes; that of a plain array has fewer than 200")
    text = file.read(length)
    if len(text) < length or not text:
        raise DataError(f"{name} ends within its header")
    return _parse(name, text.decode("latin1"), 8 + width + length)


def _parse(name: str, text: str, size: int) -> Header:
    if re.search(r"'\|?O\d?'", text):
        raise DataError(
            f"{name} is in an unsafe format: pickled Python objects, which can run any code; save plain numbers "
            "or texts (dtype=str) instead"
        )
    entries = dict(re.findall(_ENTRY, text))
    if not _HEADER.fullmatch(text) or entries.keys() != {"descr", "fortran_order", "shape"}:
        raise DataError(f"{name} does not have the header of a plain array: {text[:60].strip()!r}")
    descr = entries["descr"][1:-1]
    try:
        dtype = np.dtype(descr if _PLAIN.fullmatch(descr) else "V")
    except TypeError:
        dtype = np.dtype("V")
    if dtype.kind == "V":
        raise DataError(f"{name} has values of the type {descr[:20]!r}, which are not plain numbers")
    if entries["fortran_order"] != "False":
        raise DataError(f"{name} is in Fortran order; save numpy.ascontiguousarray(...) of it instead")
    shape = tuple(int(length) for length in re.findall(r"\d+", entries["shape"]))
    if len(shape) > _MOST_AXES:
        raise DataError(f"{name} has {len(shape)} axes")
    return Header(dtype, shape, size)


def read_values(name: str, file: IO[bytes], header: Header, dtype: np.dtype[Any] | None = None) -> NDArray[Any]:
    """Return the values that follow ``header`` in ``file``, converted to ``dtype`` a block at a time.

    Numbers too large for ``dtype`` become infinite. Memory is allocated for all that the header declares: compare
    it with the file's length first. Raises DataError as ``read_blocks`` does.
    """
    values = np.empty(header.shape, dtype or header.dtype)
    flat = values.reshape(-1)
    filled = 0
    with np.errstate(over="ignore"):
        for block in read_blocks(name, file, header):
            flat[filled : filled + block.size] = block.reshape(-1)
            filled += block.size
    return values


def read_blocks(name: str, file: IO[bytes], header: Header) -> Iterator[NDArray[Any]]:
    """Yield the values that follow ``header`` in ``file``: blocks of rows (n, ...) of about 2**18 numbers.

    Raises DataError, which calls the file ``name``, if there are more or fewer than the header declares.
    """
    rows, *row = header.shape or (1,)
    step = max(1, _BLOCK // max(1, prod(row)))
    read = 0
    for start in range(0, rows, step):
        block = np.empty((min(step, rows - start), *row), header.dtype)
        content = block.reshape(-1).view(np.uint8).data if block.size else memoryview(b"")
        filled = 0
        while filled < len(content) and (part := file.read(len(content) - filled)):
            content[filled : filled + len(part)] = part
            filled += len(part)
        read += filled
        if filled < len(content):
            break
        yield block
    header.check_length(name, header.size + read + len(file.read(1)))
