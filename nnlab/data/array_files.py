"""Files of a user's own arrays: a folder of .npy files, or one .npz file."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal

from numpy.typing import NDArray

from nnlab import files
from nnlab.arrays import Shape
from nnlab.data.class_names import check_name
from nnlab.data.inputs import Examples, type_in_memory
from nnlab.data.inputs_in_file import InputsInFile
from nnlab.data.npy import Header, read_blocks, read_header, read_values
from nnlab.data.npz import NpzFile
from nnlab.data.source import Half
from nnlab.errors import DataError, SystemFault, brief, refusal, system_errors

Part = Literal["inputs", "labels"]

_LONGEST_NAMES = 2**20  # bytes of classes.txt
_MOST_LISTED = 8  # arrays that a message lists


@dataclass(frozen=True)
class Naming:
    """The names of the arrays of a data set; those of the test examples are empty where there are none."""

    train_inputs: str
    train_labels: str
    test_inputs: str = ""
    test_labels: str = ""

    def key(self, half: Half, part: Part) -> str:
        """Return the name of an array."""
        return str(getattr(self, f"{half}_{part}"))


NAMINGS = (
    Naming("train_inputs", "train_labels", "test_inputs", "test_labels"),
    Naming("x_train", "y_train", "x_test", "y_test"),  # Keras
    Naming("X_train", "y_train", "X_test", "y_test"),  # scikit-learn's examples
    Naming("train_images", "train_labels", "test_images", "test_labels"),  # MedMNIST
    Naming("train_data", "train_labels", "test_data", "test_labels"),
    Naming("inputs", "labels"),
    Naming("images", "labels"),
    Naming("data", "labels"),
    Naming("x", "y"),
    Naming("X", "y"),
)
"""How the arrays may be called; the first naming whose training inputs are there is that of a data set."""


class ArrayFiles(ABC):
    """The arrays of a data set, ``names``. Every method raises DataError and SystemFault, which name the file."""

    def __init__(self, path: Path, names: Collection[str]) -> None:
        self.path = path
        self.names = names
        self.naming = next((each for each in NAMINGS if each.train_inputs in names), NAMINGS[0])

    @property
    def has_test(self) -> bool:
        """Whether there are arrays of test examples."""
        return not {self.naming.test_inputs, self.naming.test_labels}.isdisjoint(self.names)

    def unused(self) -> list[str]:
        """Return the names of the arrays that no part of the data set is read from."""
        return sorted(set(self.names) - {*vars(self.naming).values(), "class_names"})

    def missing(self, key: str) -> DataError:
        """Return the error for a missing array: what there is instead, and what is read."""
        listed = "; ".join(map(self.described, sorted(self.names)[:_MOST_LISTED]))
        more = f" and {len(self.names) - _MOST_LISTED} more" if len(self.names) > _MOST_LISTED else ""
        known = ""
        if key == NAMINGS[0].train_inputs:
            known = "; also read: " + "; ".join(
                f"{each.train_inputs}, {each.train_labels}" for each in NAMINGS[1:]
            )
        return DataError(f"{self.path} lacks {self.label(key)} (it has {listed or 'no arrays'}{more}){known}")

    def name(self, half: Half, part: Part) -> str:
        """Return the name of an array in messages."""
        return self.place(self.naming.key(half, part))

    def header(self, half: Half, part: Part) -> Header:
        """Return the header of an array, whose length agrees with what follows it."""
        with self.opened(self._key(half, part)) as (_, header):
            return header

    def blocks(self, half: Half, part: Part) -> Iterator[NDArray[Any]]:
        """Yield an array, some rows at a time."""
        key = self._key(half, part)
        with self.opened(key) as (file, header):
            yield from read_blocks(self.place(key), file, header)

    def _key(self, half: Half, part: Part) -> str:
        key = self.naming.key(half, part)
        if key not in self.names:
            raise self.missing(key)
        return key

    @abstractmethod
    def label(self, key: str) -> str:
        """Return what a message calls a missing array."""

    @abstractmethod
    def place(self, key: str) -> str:
        """Return the name of an array in messages."""

    @abstractmethod
    def opened(self, key: str) -> AbstractContextManager[tuple[IO[bytes], Header]]:
        """Open an array and read its header, whose length agrees with what follows it."""

    @abstractmethod
    def inputs(self, half: Half, shape: Shape) -> Examples:
        """Return the inputs, each of ``shape``, in memory or not."""

    @abstractmethod
    def class_names(self) -> list[str] | None:
        """Return the class names; None if there are none."""

    def described(self, key: str) -> str:
        """Return the name, shape and type of an array; the name only if it cannot be read."""
        try:
            with self.opened(key) as (_, header):
                return f"{brief(key)} {header.shape} {header.dtype}"
        except (DataError, SystemFault):
            return brief(key)


class FolderOfArrays(ArrayFiles):
    """Files such as ``train-inputs.npy``, with a hyphen or an underscore; optionally ``classes.txt``."""

    def __init__(self, path: Path) -> None:
        with system_errors("read", path):
            self._stems = {file.stem.replace("-", "_"): file.name for file in sorted(path.glob("*.npy"))}
        super().__init__(path, self._stems)

    def label(self, key: str) -> str:
        return f"{key.replace('_', '-') if key in vars(NAMINGS[0]) else key}.npy"

    def place(self, key: str) -> str:
        return str(self._file(key))

    def inputs(self, half: Half, shape: Shape) -> Examples:
        header = self.header(half, "inputs")
        return InputsInFile(
            self._file(self._key(half, "inputs")), replace(header, shape=(header.shape[0], *shape))
        )

    def class_names(self) -> list[str] | None:
        path = self.path / "classes.txt"
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

    def _file(self, key: str) -> Path:
        return self.path / self._stems.get(key, self.label(key))

    @contextmanager
    def opened(self, key: str) -> Iterator[tuple[IO[bytes], Header]]:
        path = self._file(key)
        try:
            with files.open_plain(path) as file:
                header = read_header(str(path), file)
                header.check_length(str(path), path.stat().st_size)
                yield file, header
        except FileNotFoundError as error:
            raise DataError(f"{self.path} lacks {path.name}") from error
        except OSError as error:
            raise SystemFault(refusal(error, "read", path)) from error


class ArchiveOfArrays(ArrayFiles):
    """A .npz file, compressed or not, with arrays such as ``train_inputs`` and optionally ``class_names``.

    Inputs are read into memory.
    """

    def __init__(self, path: Path) -> None:
        self._file = NpzFile(path)
        super().__init__(path, self._file.names())

    def label(self, key: str) -> str:
        return f"the array {key}"

    def place(self, key: str) -> str:
        return self._file.name(key)

    def opened(self, key: str) -> AbstractContextManager[tuple[IO[bytes], Header]]:
        return self._file.opened(key)

    def inputs(self, half: Half, shape: Shape) -> Examples:
        key = self._key(half, "inputs")
        with self.opened(key) as (file, header):
            values = read_values(self.place(key), file, header, type_in_memory(header.dtype))
        return values.reshape(-1, *shape)

    def class_names(self) -> list[str] | None:
        if "class_names" not in self.names:
            return None
        where = self.place("class_names")
        with self.opened("class_names") as (file, header):
            names = read_values(where, file, header)
        if names.dtype.kind not in "US" or names.ndim != 1:
            raise DataError(f"{where} is not a list of texts; save numpy.array([...], dtype=str)")
        try:
            texts = [name.decode() if isinstance(name, bytes) else str(name) for name in names.tolist()]
        except UnicodeDecodeError as error:
            raise DataError(f"{where} is not in UTF-8; save numpy.array([...], dtype=str)") from error
        for number, name in enumerate(texts):
            check_name(f"{where}: name {number}", name)
        return texts
