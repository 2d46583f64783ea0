"""A data set of the user's own, saved as NumPy arrays."""

from pathlib import Path

import numpy as np

from nnlab.arrays import Labels
from nnlab.data.array_files import ArchiveOfArrays, ArrayFiles, FolderOfArrays, Half
from nnlab.data.npy import Header
from nnlab.data.source import Source, Split
from nnlab.errors import DataError, OptionError
from nnlab.registry import DATASETS

_MOST_CLASSES = 100_000
_PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".joblib"}


@DATASETS.register("arrays")
class SavedArrays(Source):
    """Arrays of your own, in the folder or the .npz file ``path``.

    A folder holds ``train-inputs.npy`` (N, ...) and ``train-labels.npy`` (N,), the same of ``test``, and
    perhaps ``classes.txt``, with a class name a line. Inputs are uint8 or float32; labels are integers from 0.
    Inputs are read from it as they are needed, so that a set may be larger than memory. An .npz file has the
    arrays ``train_inputs``, ``train_labels``, ``test_inputs``, ``test_labels`` and perhaps ``class_names``; it
    is read into memory. Without names the classes are called by their numbers, up to the largest label of
    the training examples.
    """

    origin = "in the folder or file that data.path names"

    def __init__(self, *, path: str) -> None:
        self._store = _store(Path(path).expanduser())
        self.input_shape = self._header("train").shape[1:]
        names = self._store.class_names()
        if names is None:
            largest = int(self._labels("train", _MOST_CLASSES).max())
            names = [str(number) for number in range(largest + 1)]
        elif not 1 <= len(names) <= _MOST_CLASSES or not all(map(_presentable, names)):
            raise DataError(f"the class names in {path} are not 1 to {_MOST_CLASSES} printable texts")
        self.class_names = tuple(names)

    def load(self, root: Path | None) -> tuple[Split, Split]:  # noqa: ARG002 -- they are in ``path``
        return self._split("train"), self._split("test")

    def _split(self, half: Half) -> Split:
        header = self._header(half)
        labels = self._labels(half, len(self.class_names))
        if len(labels) != header.shape[0]:
            raise DataError(
                f"{self._store.name(half, 'inputs')} has {header.shape[0]} inputs, "
                f"{self._store.name(half, 'labels')} has {len(labels)} labels"
            )
        if header.shape[1:] != self.input_shape:
            raise DataError(
                f"{self._store.name(half, 'inputs')} has inputs of {_times(header.shape[1:])}, those to train on "
                f"are {_times(self.input_shape)}"
            )
        return Split(self._store.inputs(half), labels)

    def _header(self, half: Half) -> Header:
        """Return the header of the inputs; raises DataError unless they are such as a network takes."""
        name, header = self._store.name(half, "inputs"), self._store.header(half, "inputs")
        if header.dtype not in {np.dtype(np.uint8), np.dtype(np.float32)}:
            raise DataError(f"{name} has values of the type {header.dtype}; save them as uint8 or float32")
        if len(header.shape) < 2 or 0 in header.shape:
            raise DataError(f"{name} has the shape {header.shape}, not (examples, values of an example, ...)")
        return header

    def _labels(self, half: Half, classes: int) -> Labels:
        """Return the labels; raises DataError unless they are numbers from 0 to ``classes`` - 1."""
        name, header = self._store.name(half, "labels"), self._store.header(half, "labels")
        if header.dtype.kind not in "iu" or len(header.shape) != 1 or 0 in header.shape:
            raise DataError(
                f"{name} has the shape {header.shape} and type {header.dtype}, not (examples,) integers"
            )
        labels = self._store.values(half, "labels")
        wrong = np.flatnonzero((labels < 0) | (labels >= classes))
        if wrong.size:
            raise DataError(f"{name}: label {wrong[0]} is {labels[wrong[0]]}, not 0 to {classes - 1}")
        return labels.astype(np.int64)


def _store(path: Path) -> ArrayFiles:
    if path.is_dir():
        return FolderOfArrays(path)
    if path.is_file() and path.suffix == ".npz":
        return ArchiveOfArrays(path)
    if path.is_file() and path.suffix in _PICKLES:
        raise DataError(
            f"{path} is in an unsafe format: a pickle can run any code when it is read; save its arrays with "
            "numpy.savez where you trust it, and name the .npz file here"
        )
    raise OptionError(
        f"{path} is neither a folder nor an .npz file" if path.exists() else f"there is no {path}", option="path"
    )


def _presentable(name: str) -> bool:
    return bool(name.strip()) and name.isprintable()


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
