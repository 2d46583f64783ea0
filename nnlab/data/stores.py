"""Arrays that a user has saved: a folder of .npy files, or one .npz file."""

import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from numpy.typing import NDArray

from nnlab.data.examples import Examples
from nnlab.data.npy import Header, read_header, read_values
from nnlab.data.stored import StoredExamples
from nnlab.errors import DataError, SystemFault

Half = Literal["train", "test"]
Part = Literal["inputs", "labels"]

MOST_UNPACKED = 2**31
"""Bytes that the arrays of one .npz file may take in memory: 2 GiB."""

_LONGEST_NAMES = 2**20  # bytes of classes.txt


class Store(ABC):
    """Where the arrays of a data set are. Every method raises DataError and SystemFault, which name the file."""

    @abstractmethod
    def name(self, half: Half, part: Part) -> str:
        """Return what messages call an array."""

    @abstractmethod
    def header(self, half: Half, part: Part) -> Header:
        """Return the header of an array, whose length agrees with what follows it."""

    @abstractmethod
    def values(self, half: Half, part: Part) -> NDArray[Any]:
        """Return an array in memory."""

    @abstractmethod
    def inputs(self, half: Half) -> Examples:
        """Return the inputs, in memory or not."""

    @abstractmethod
    def class_names(self) -> list[str] | None:
        """Return the names of the classes; None if they have none."""


class Folder(Store):
    """``train-inputs.npy``, ``train-labels.npy`` and the same of ``test``; perhaps ``classes.txt``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def name(self, half: Half, part: Part) -> str:
        return str(self._file(half, part))

    def header(self, half: Half, part: Part) -> Header:
        with self._open(half, part) as (_, header):
            return header

    def values(self, half: Half, part: Part) -> NDArray[Any]:
        with self._open(half, part) as (file, header):
            return read_values(self.name(half, part), file, header)

    def inputs(self, half: Half) -> Examples:
        return StoredExamples(self._file(half, "inputs"), self.header(half, "inputs"))

    def class_names(self) -> list[str] | None:
        path = self._path / "classes.txt"
        try:
            with path.open("rb") as file:
                content = file.read(_LONGEST_NAMES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SystemFault(f"cannot read {path}: {error.strerror}") from error
        if len(content) > _LONGEST_NAMES:
            raise DataError(f"{path} has more than {_LONGEST_NAMES} bytes")
        try:
            return content.decode().splitlines()
        except UnicodeDecodeError as error:
            raise DataError(f"{path} is not in UTF-8: {error.reason} at byte {error.start}") from error

    def _file(self, half: Half, part: Part) -> Path:
        return self._path / f"{half}-{part}.npy"

    @contextmanager
    def _open(self, half: Half, part: Part) -> Iterator[tuple[IO[bytes], Header]]:
        """Open an array's file behind its header."""
        path = self._file(half, part)
        try:
            with path.open("rb") as file:
                header = read_header(str(path), file)
                header.check_length(str(path), path.stat().st_size)
                yield file, header
        except FileNotFoundError as error:
            raise DataError(f"{self._path} lacks {path.name}") from error
        except OSError as error:
            raise SystemFault(f"cannot read {path}: {error.strerror}") from error


class Archive(Store):
    """A .npz file with ``train_inputs``, ``train_labels``, the same of ``test``, and perhaps ``class_names``.

    It is read into memory, whether compressed or not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def name(self, half: Half, part: Part) -> str:
        return self._label(f"{half}_{part}")

    def header(self, half: Half, part: Part) -> Header:
        with self._open(f"{half}_{part}") as (_, header):
            return header

    def values(self, half: Half, part: Part) -> NDArray[Any]:
        return self._values(f"{half}_{part}")

    def inputs(self, half: Half) -> Examples:
        return self._values(f"{half}_inputs")

    def class_names(self) -> list[str] | None:
        with self._unzipping() as archive:
            if "class_names.npy" not in archive.namelist():
                return None
        names = self._values("class_names")
        if names.dtype.kind != "U" or names.ndim != 1:
            raise DataError(f"{self._label('class_names')} is no list of texts")
        return [str(name) for name in names]

    def _label(self, key: str) -> str:
        return f"{self._path}: {key}"

    def _values(self, key: str) -> NDArray[Any]:
        with self._open(key) as (file, header):
            return read_values(self._label(key), file, header)

    @contextmanager
    def _open(self, key: str) -> Iterator[tuple[IO[bytes], Header]]:
        """Open an array behind its header."""
        with self._unzipping() as archive:
            members = [member for member in archive.infolist() if member.filename == f"{key}.npy"]
            if len(members) != 1:
                raise DataError(f"{self._path} {'has two arrays' if members else 'lacks the array'} {key}")
            if members[0].compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise DataError(f"{self._label(key)} is compressed in a way that NumPy does not use")
            with archive.open(members[0]) as file:
                header = read_header(self._label(key), file)
                header.check_length(self._label(key), members[0].file_size)
                yield file, header

    @contextmanager
    def _unzipping(self) -> Iterator[zipfile.ZipFile]:
        """Open the file, and turn what zipfile raises into errors that name it."""
        try:
            with zipfile.ZipFile(self._path) as archive:
                if sum(member.file_size for member in archive.infolist()) > MOST_UNPACKED:
                    raise DataError(
                        f"{self._path} unpacks to more than {MOST_UNPACKED} bytes; save so much as .npy files in "
                        "a folder, which are read as they are needed"
                    )
                yield archive
        except (zipfile.BadZipFile, RuntimeError, EOFError, zlib.error, ValueError) as error:
            raise DataError(f"{self._path} is a damaged .npz file: {error}") from error
        except OSError as error:
            raise SystemFault(f"cannot read {self._path}: {error.strerror or error}") from error
