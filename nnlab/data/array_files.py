"""Arrays that a user has saved: a folder of .npy files, or one .npz file."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from numpy.typing import NDArray

from nnlab.data.inputs import Examples
from nnlab.data.inputs_in_file import InputsInFile
from nnlab.data.npy import Header, read_header, read_values
from nnlab.data.npz import NpzFile
from nnlab.errors import DataError, SystemFault, refusal, system_errors

Half = Literal["train", "test"]
Part = Literal["inputs", "labels"]

_LONGEST_NAMES = 2**20  # bytes of classes.txt


class ArrayFiles(ABC):
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


class FolderOfArrays(ArrayFiles):
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
        return InputsInFile(self._file(half, "inputs"), self.header(half, "inputs"))

    def class_names(self) -> list[str] | None:
        path = self._path / "classes.txt"
        with system_errors("read", path):
            try:
                with path.open("rb") as file:
                    content = file.read(_LONGEST_NAMES + 1)
            except FileNotFoundError:
                return None
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
            raise SystemFault(refusal(error, "read", path)) from error


class ArchiveOfArrays(ArrayFiles):
    """A .npz file with ``train_inputs``, ``train_labels``, the same of ``test``, and perhaps ``class_names``.

    It is read into memory, whether compressed or not.
    """

    def __init__(self, path: Path) -> None:
        self._file = NpzFile(path)

    def name(self, half: Half, part: Part) -> str:
        return self._file.name(f"{half}_{part}")

    def header(self, half: Half, part: Part) -> Header:
        return self._file.header(f"{half}_{part}")

    def values(self, half: Half, part: Part) -> NDArray[Any]:
        return self._file.values(f"{half}_{part}")

    def inputs(self, half: Half) -> Examples:
        return self._file.values(f"{half}_inputs")

    def class_names(self) -> list[str] | None:
        if "class_names" not in self._file.names():
            return None
        names = self._file.values("class_names")
        if names.dtype.kind != "U" or names.ndim != 1:
            raise DataError(f"{self._file.name('class_names')} is no list of texts")
        return [str(name) for name in names]
