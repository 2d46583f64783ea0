"""Files of a user's own arrays: a folder of .npy files, or one .npz file."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Literal

from numpy.typing import NDArray

from nnlab import files
from nnlab.arrays import Shape
from nnlab.data.class_names import check_name
from nnlab.data.inputs import Examples
from nnlab.data.inputs_in_file import InputsInFile
from nnlab.data.npy import Header, read_header, read_values
from nnlab.data.npz import NpzFile
from nnlab.data.source import Half
from nnlab.errors import DataError, SystemFault, refusal, system_errors

Part = Literal["inputs", "labels"]

_LONGEST_NAMES = 2**20  # bytes of classes.txt


class ArrayFiles(ABC):
    """The arrays of a data set. Every method raises DataError and SystemFault, which name the file."""

    @abstractmethod
    def name(self, half: Half, part: Part) -> str:
        """Return the name of an array in messages."""

    @abstractmethod
    def header(self, half: Half, part: Part) -> Header:
        """Return the header of an array, whose length agrees with what follows it."""

    @abstractmethod
    def values(self, half: Half, part: Part) -> NDArray[Any]:
        """Return an array in memory."""

    @abstractmethod
    def inputs(self, half: Half, shape: Shape) -> Examples:
        """Return the inputs, each of ``shape``, in memory or not."""

    @abstractmethod
    def class_names(self) -> list[str] | None:
        """Return the class names; None if there are none."""


class FolderOfArrays(ArrayFiles):
    """``train-inputs.npy``, ``train-labels.npy`` and the same of ``test``; optionally ``classes.txt``."""

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

    def inputs(self, half: Half, shape: Shape) -> Examples:
        header = self.header(half, "inputs")
        return InputsInFile(self._file(half, "inputs"), replace(header, shape=(header.shape[0], *shape)))

    def class_names(self) -> list[str] | None:
        path = self._path / "classes.txt"
        with system_errors("read", path):
            try:
                with files.open_plain(path) as file:
                    content = file.read(_LONGEST_NAMES + 1)
            except FileNotFoundError:
                return None
        if len(content) > _LONGEST_NAMES:
            raise DataError(f"{path} has more than {_LONGEST_NAMES} bytes")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            cure = "save it as UTF-8"
            raise DataError(f"{path} is not in UTF-8: {error.reason} at byte {error.start}; {cure}") from error
        names = text.rstrip("\r\n").splitlines() if text.strip() else []
        for number, name in enumerate(names, 1):
            check_name(f"{path}: line {number}", name)
        return names

    def _file(self, half: Half, part: Part) -> Path:
        return self._path / f"{half}-{part}.npy"

    @contextmanager
    def _open(self, half: Half, part: Part) -> Iterator[tuple[IO[bytes], Header]]:
        """Open an array's file and read its header."""
        path = self._file(half, part)
        try:
            with files.open_plain(path) as file:
                header = read_header(str(path), file)
                header.check_length(str(path), path.stat().st_size)
                yield file, header
        except FileNotFoundError as error:
            raise DataError(f"{self._path} lacks {path.name}") from error
        except OSError as error:
            raise SystemFault(refusal(error, "read", path)) from error


class ArchiveOfArrays(ArrayFiles):
    """A .npz file with ``train_inputs``, ``train_labels``, the same of ``test``, and optionally ``class_names``.

    Arrays are read into memory, compressed or not.
    """

    def __init__(self, path: Path) -> None:
        self._file = NpzFile(path)
        names = self._file.names()
        if "train_inputs" not in names and {"x_train", "y_train"} <= set(names):
            raise DataError(
                f"{path} lacks the array train_inputs, but has x_train, as Keras saves it; save x_train, y_train, "
                "x_test and y_test as train_inputs, train_labels, test_inputs and test_labels"
            )

    def name(self, half: Half, part: Part) -> str:
        return self._file.name(f"{half}_{part}")

    def header(self, half: Half, part: Part) -> Header:
        return self._file.header(f"{half}_{part}")

    def values(self, half: Half, part: Part) -> NDArray[Any]:
        return self._file.values(f"{half}_{part}")

    def inputs(self, half: Half, shape: Shape) -> Examples:
        return self._file.values(f"{half}_inputs").reshape(-1, *shape)

    def class_names(self) -> list[str] | None:
        if "class_names" not in self._file.names():
            return None
        names = self._file.values("class_names")
        where = self._file.name("class_names")
        if names.dtype.kind not in "US" or names.ndim != 1:
            raise DataError(f"{where} is not a list of texts; save numpy.array([...], dtype=str)")
        try:
            texts = [name.decode() if isinstance(name, bytes) else str(name) for name in names.tolist()]
        except UnicodeDecodeError as error:
            raise DataError(f"{where} is not in UTF-8; save numpy.array([...], dtype=str)") from error
        for number, name in enumerate(texts):
            check_name(f"{where}: name {number}", name)
        return texts
