"""A data set of the user's own, saved as NumPy arrays."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Labels, Shape
from nnlab.data.array_files import ArchiveOfArrays, ArrayFiles, FolderOfArrays
from nnlab.data.inputs import type_in_memory
from nnlab.data.labels import label_form
from nnlab.data.lookup import expanded
from nnlab.data.notices import notify
from nnlab.data.npy import Header
from nnlab.data.source import Half, Source, Split
from nnlab.errors import DataError, OptionError, brief
from nnlab.registry import DATASETS
from nnlab.registry.options import FilePath

_MOST_CLASSES = 100_000
_MOST_NAMED = 5  # classes and arrays that a message lists
_PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".joblib"}
_CHANNEL_COUNTS = {1, 3}  # of images whose channels are likely to come first
_LEAST_SIDE = 5  # pixels: what is narrower is more likely channels than columns


@DATASETS.register("arrays")
class SavedArrays(Source):
    """Arrays of your own, in the folder or the .npz file ``path``.

    A folder holds ``train-inputs.npy`` (N, ...) and ``train-labels.npy`` (N,), the same of ``test`` if there are
    test examples, and optionally ``classes.txt``, with one class name per line. An .npz file has the arrays
    ``train_inputs``, ``train_labels``, ``test_inputs``, ``test_labels`` and optionally ``class_names``. In both
    the arrays may also be called as Keras calls them, ``x_train``, ``y_train``, ``x_test`` and ``y_test``.

    Images are (N, height, width, channels); (N, height, width) is read as images of one channel. Inputs are
    finite numbers: uint8 and float32 stay so, all others are converted to float32. Those in a folder are read as
    they are needed, so that a data set may be larger than memory; an .npz file is read into memory. Labels are
    whole numbers from 0, of any type, (N,) or (N, 1), or one-hot rows. Each conversion is reported. Without names
    the classes are called by their numbers, and every number up to the largest label has training examples; with
    names or one-hot labels, a class may have none.

    Options:
        path: The folder or .npz file, relative to the config.
    """

    origin = "in the folder or file that data.path names"

    def __init__(self, *, path: FilePath) -> None:
        try:
            self._files = _array_files(expanded(path, "data.path"))
        except DataError as error:
            if path.startswith("~"):
                raise OptionError(str(error).removeprefix("data.path: "), option="path") from error
            raise
        self.has_test = self._files.has_test
        header = self._header("train")
        self.input_shape = _with_channels(header.shape[1:])
        _note_axes(self.inputs_name("train"), header.shape)
        if unused := self._files.unused():
            listed = ", ".join(map(brief, unused[:_MOST_NAMED]))
            notify(f"note: {self._files.path}: not used: {listed}{_more(len(unused) - _MOST_NAMED)}")
        names = self._files.class_names()
        if names is not None and not 1 <= len(names) <= _MOST_CLASSES:
            raise DataError(f"{path} has {len(names)} class names, not 1 to {_MOST_CLASSES}")
        self.train_examples = header.shape[0]
        labels, columns = self._labels("train", names)
        counts = np.bincount(labels, minlength=columns or len(names or ()))
        self.class_names = tuple(names if names is not None else map(str, range(len(counts))))
        self._check_classes(counts, named=names is not None or bool(columns))

    def inputs_name(self, half: Half) -> str:
        return self._files.name(half, "inputs")

    def load(self, root: Path | None) -> tuple[Split, Split]:  # noqa: ARG002 -- they are in ``path``
        train = self._split("train")
        if not self.has_test:
            return train, Split(train.inputs[:0], train.labels[:0])
        test = self._split("test")
        if test.inputs.dtype != train.inputs.dtype:
            notify(
                f"warning: {self.inputs_name('test')} is read as {test.inputs.dtype}, the training inputs as "
                f"{train.inputs.dtype}: are both in the same range?"
            )
        return train, test

    def _split(self, half: Half) -> Split:
        header = self._header(half)
        labels, _ = self._labels(half, self.class_names)
        if len(labels) != header.shape[0]:
            raise DataError(
                f"{self.inputs_name(half)} has {header.shape[0]} inputs, "
                f"{self._files.name(half, 'labels')} has {len(labels)} labels"
            )
        if _with_channels(header.shape[1:]) != self.input_shape:
            raise DataError(
                f"{self.inputs_name(half)} has inputs of {_times(header.shape[1:])}, the training inputs are "
                f"{_times(self.input_shape)}"
            )
        return Split(self._files.inputs(half, self.input_shape), labels)

    def _header(self, half: Half) -> Header:
        """Return the header of the inputs; raises DataError unless a network can take them."""
        name, header = self.inputs_name(half), self._files.header(half, "inputs")
        if header.dtype.kind not in "biuf":
            raise DataError(f"{name} has values of the type {header.dtype}, which are not numbers")
        if len(header.shape) < 2 or 0 in header.shape:
            raise DataError(f"{name} has the shape {header.shape}, not (examples, values of an example, ...)")
        if (kept := type_in_memory(header.dtype)) != header.dtype:
            pixels = "; save pixels from 0 to 255 as uint8" if header.dtype.kind in "iu" else ""
            notify(f"note: {name}: {header.dtype} values are read as {kept}{pixels}")
        return header

    def _labels(self, half: Half, names: Sequence[str] | None) -> tuple[Labels, int]:
        """Return the labels, and the number of columns if they are one-hot, or 0.

        Raises DataError unless they are numbers of classes.
        """
        name, header = self._files.name(half, "labels"), self._files.header(half, "labels")
        form = label_form(name, header)
        count = _MOST_CLASSES if names is None else len(names)
        if form.columns > count:
            raise DataError(f"{name} has one-hot rows of {form.columns} columns, for more than {count} classes")
        if form.note:
            notify(f"note: {name}: {form.note}")
        labels = form.numbers(name, self._files.blocks(half, "labels"))
        wrong = np.flatnonzero((labels < 0) | (labels >= count))
        if wrong.size:
            raise DataError(
                f"{name}: label {wrong[0]} is {labels[wrong[0]]}, not 0 to {count - 1}"
                f"{_label_cure(labels, half, names)}"
            )
        return labels.astype(np.int64), form.columns

    def _check_classes(self, counts: NDArray[np.int64], *, named: bool) -> None:
        """Refuse or, if the classes have names, warn of a class without training examples."""
        missing = np.flatnonzero(counts == 0)
        if not missing.size:
            return
        name = self._files.name("train", "labels")
        if named:
            which = ", ".join(f"{number} ({brief(self.class_names[number])})" for number in missing[:_MOST_NAMED])
            notify(
                f"warning: {name}: no training example has the label {which}{_more(len(missing) - _MOST_NAMED)}"
            )
        elif missing.size == missing[-1] + 1:
            raise DataError(
                f"{name}: the labels begin at {len(missing)}, but classes are numbered from 0; save the labels "
                f"minus {len(missing)}, those of the test examples too, or name the classes"
            )
        else:
            which = ", ".join(map(str, missing[:_MOST_NAMED]))
            raise DataError(
                f"{name}: the labels go up to {len(counts) - 1}, but no example has the label {which}"
                f"{_more(len(missing) - _MOST_NAMED)}; number the classes without gaps "
                "(numpy.unique(labels, return_inverse=True)), or name them if some have no examples"
            )


def _array_files(path: Path) -> ArrayFiles:
    if path.is_dir():
        return FolderOfArrays(path)
    if path.is_file() and path.suffix == ".npz":
        return ArchiveOfArrays(path)
    if path.is_file() and path.suffix in _PICKLES:
        raise DataError(
            f"{path} is in an unsafe format: a pickle can run any code when it is read; save its arrays with "
            "numpy.savez where you trust it, and name the .npz file here"
        )
    place = path.absolute()
    raise OptionError(
        f"{place} is neither a folder nor an .npz file" if path.exists() else f"there is no {place}", option="path"
    )


def _with_channels(shape: Shape) -> Shape:
    """Return the shape of an input, with a channel axis if it has a height and a width only."""
    return (*shape, 1) if len(shape) == 2 else shape


def _note_axes(name: str, shape: Shape) -> None:
    """Report how the axes of images are read where they could mean something else."""
    if len(shape) == 3:
        notify(f"note: {name}: {_times(shape[1:])} values are read as an image of one channel")
    elif len(shape) == 4 and shape[1] in _CHANNEL_COUNTS and min(shape[2:]) >= _LEAST_SIDE:
        notify(
            f"warning: {name}: {_times(shape[1:])} values are read as {shape[1]} rows, {shape[2]} columns and "
            f"{shape[3]} channels; if channels come first, save inputs.transpose(0, 2, 3, 1)"
        )


def _label_cure(labels: NDArray[np.integer], half: Half, names: Sequence[str] | None) -> str:
    """Return how to turn ``labels``, of which some are out of range, into numbers of classes."""
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest == -1 and np.isin(labels, (-1, 1)).all():
        return "; classes are numbered from 0: save labels > 0 as integers"
    if lowest < 0:
        return f"; classes are numbered from 0: save the labels plus {-lowest}"
    if names is None:
        return ""
    if highest == len(names) and lowest == 1:
        return "; classes are numbered from 0: save the labels minus 1"
    if half == "train":
        return f": there are {len(names)} class names for {highest + 1} classes"
    return ": no training example has this class"


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
