"""Examples that were converted once, kept in the user's cache: a .npy file of the inputs, and an index beside it.

The index holds the SHA-256 of the inputs' file, the labels, and facts about the conversion, under a SHA-256 of its
own. What is damaged is converted again.
"""

import contextlib
import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from nnlab import files
from nnlab.activity import announce
from nnlab.arrays import Labels, Shape
from nnlab.data.cache import cache_directory
from nnlab.data.inputs import Inputs
from nnlab.data.inputs_in_file import InputsInFile
from nnlab.data.npy import read_header
from nnlab.data.source import Split
from nnlab.errors import DataError, NnlabError, SystemFault, system_errors

_HEADER = 128  # bytes of the .npy header, whatever it says
_BLOCK = 2**20  # numbers widened at a time
_DIGEST = 64  # hex digits
_LONGEST_INDEX = 2**32  # bytes

Facts = dict[str, Any]
"""What is worth remembering of a conversion, as JSON."""


@dataclass(frozen=True, eq=False)
class Converted:
    """Converted examples, whose inputs are in a file, facts about the conversion, and whether it was just made."""

    split: Split
    facts: Facts
    is_new: bool = False


class InputsWriter:
    """Writes inputs of ``shape`` to a .npy file as they come: uint8 until one is float32, then all as float32."""

    def __init__(self, file: IO[bytes], shape: Shape) -> None:
        self._file = file
        self._shape = shape
        self._dtype: np.dtype[Any] = np.dtype(np.uint8)
        self._count = 0
        file.write(bytes(_HEADER))

    def add(self, inputs: Inputs) -> None:
        """Append ``inputs`` (n, *shape), uint8 or float32."""
        if inputs.dtype != self._dtype and self._dtype == np.uint8:
            self._widen()
        self._file.write(np.ascontiguousarray(inputs, self._dtype).data)
        self._count += len(inputs)

    def finish(self) -> None:
        """Write the header; nothing can be added afterwards."""
        text = (
            f"{{'descr': '{self._dtype.str}', 'fortran_order': False, 'shape': {(self._count, *self._shape)}, }}"
        )
        start = b"\x93NUMPY\x01\x00" + (_HEADER - 10).to_bytes(2, "little")
        self._file.seek(0)
        self._file.write(start + text.encode().ljust(_HEADER - 11) + b"\n")

    def _widen(self) -> None:
        """Turn the uint8 values written so far into float32, in place, beginning at the end."""
        self._dtype = np.dtype(np.float32)
        end = self._file.tell() - _HEADER
        self._file.flush()
        with open(self._file.name, "rb") as written:  # noqa: PTH123 -- a name, not a path
            for stop in range(end, 0, -_BLOCK):
                start = max(0, stop - _BLOCK)
                written.seek(_HEADER + start)
                values = np.frombuffer(written.read(stop - start), np.uint8).astype(np.float32)
                self._file.seek(_HEADER + 4 * start)
                self._file.write(values.data)
                self._file.flush()
        self._file.seek(_HEADER + 4 * end)


Convert = Callable[[InputsWriter], tuple[Labels, Facts]]
"""Writes all inputs; returns the labels and facts."""


def converted(
    kind: str, place: str, content: str, shape: Shape, convert: Convert, *, expected: int = 0
) -> Converted:
    """Return what ``convert`` makes, or made before of the same ``content``.

    ``place`` says which data they are and how they are converted, ``content`` what they held at the time: for each
    place the cache, in its folder ``kind``, has one conversion. Raises what ``convert`` raises, and SystemFault if
    the disk is full or has less room than for ``expected`` bytes.
    """
    directory = _directory(kind)
    path = directory / f"{hashlib.sha256(place.encode(errors='surrogateescape')).hexdigest()[:32]}.npy"
    identity = hashlib.sha256(content.encode(errors="surrogateescape")).hexdigest()
    found = _read(path, identity)
    if found is None:
        with _alone(path):
            found = _read(path, identity)  # another process may have made it meanwhile
            if found is None:
                _check_room(directory, expected)
                with files.replacing(path) as file:
                    writer = InputsWriter(file, shape)
                    labels, facts = convert(writer)
                    writer.finish()
                found = _index(path, identity, labels, facts)
    return found


def _directory(kind: str) -> Path:
    """Return a folder that can be written to: that of the cache, else a temporary one."""
    directory = cache_directory()
    if directory is not None:
        with contextlib.suppress(OSError):
            files.make_directory(directory / kind)
            with tempfile.TemporaryFile(dir=directory / kind):
                return directory / kind
    with system_errors("write", "a temporary folder"):
        return Path(_temporary().name)


def _check_room(directory: Path, expected: int) -> None:
    with system_errors("write", directory):
        free = shutil.disk_usage(directory).free
    if free < expected:
        raise SystemFault(
            f"the converted data take {expected:,} bytes, and {directory} has room for {free:,}; free some, or "
            "set XDG_CACHE_HOME to a folder on a larger disk"
        )


@cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="nnlab-")


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until no other process converts the same data; where there are no locks, do not."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            lock = stack.enter_context(path.with_suffix(".lock").open("ab"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                announce("waiting for another process that reads the same data")
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _index(path: Path, identity: str, labels: Labels, facts: Facts) -> Converted:
    """Write the index of the inputs in ``path``, and return what was converted."""
    inputs = _open(path)
    head = json.dumps({"identity": identity, "inputs": inputs.digest, "labels": len(labels), "facts": facts})
    content = head.encode() + b"\n" + labels.astype("<i8").tobytes()
    files.write_bytes(path.with_suffix(".index"), hashlib.sha256(content).hexdigest().encode() + content)
    return Converted(Split(inputs, labels), facts, is_new=True)


def _read(path: Path, identity: str) -> Converted | None:
    """Return what was converted from the data ``identity``; None if it is missing, of others or damaged."""
    try:
        with files.open_plain(path.with_suffix(".index")) as file:
            content = file.read(_LONGEST_INDEX)
        if hashlib.sha256(content[_DIGEST:]).hexdigest().encode() != content[:_DIGEST]:
            return None
        line, _, rest = content[_DIGEST:].partition(b"\n")
        head = json.loads(line)
        if head["identity"] != identity:
            return None
        inputs = _open(path)
        labels: NDArray[np.int64] = np.frombuffer(rest, "<i8").astype(np.int64)
        if inputs.digest != head["inputs"] or not len(inputs) == len(labels) == head["labels"]:
            return None
    except (OSError, NnlabError):
        return None
    return Converted(Split(inputs, labels), head["facts"])


def _open(path: Path) -> InputsInFile:
    """Return the inputs in ``path``; raises DataError if it is no .npy file, SystemFault if it cannot be read."""
    try:
        with files.open_plain(path) as file:
            header = read_header(str(path), file)
            header.check_length(str(path), path.stat().st_size)
    except OSError as error:
        raise SystemFault(str(error)) from error
    if not header.shape[1:]:
        raise DataError(f"{path} has no examples")
    return InputsInFile(path, header)
