"""Examples without labels, to be predicted: images, folders of images, CSV files and arrays, batch by batch."""

import logging
import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NoReturn

import numpy as np
from PIL import Image

from nnlab.activity import announce
from nnlab.data.image_pixels import CHANGES, SUFFIXES, ImageForm, quiet_decoding, read_image
from nnlab.data.inputs import Inputs, as_raw, check_finite
from nnlab.data.unlabelled_files import AS_DETECTED, CsvForm, grouped, npy_inputs, npz_inputs, table_inputs
from nnlab.errors import DataError, OptionError, SystemFault, UsageError, printable, refusal

log = logging.getLogger(__name__)

_CONVERTED = "images are converted"
_LIGHT = 160  # a pixel of paper, even in the shade

_ARRAYS = {".npy": npy_inputs, ".npz": npz_inputs}
"""What reads files of arrays, by the ending of their names."""

_OF_MANY = {*_ARRAYS, ".csv", ".csv.gz"}
"""Endings of the names of files of several examples."""


class Unlabelled:
    """The examples in ``paths``: image files, folders of them, CSV files, .npy and .npz files.

    The shape of ``form`` is that of the inputs that the network takes; ``table`` says how CSV files are written.
    With ``unit`` the pixels of images, 0 to 255, become 0 to 1; with ``invert`` white becomes black. ``dark`` says
    that the network was trained on dark images, which those with a light background are unlike. After ``batches``
    has ended, ``unread`` has the images that could not be read, and why. What is done to the inputs is logged,
    once for each kind of change. Raises UsageError if one of the paths does not exist.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        form: ImageForm,
        *,
        table: CsvForm = AS_DETECTED,
        unit: bool = False,
        dark: bool = False,
        invert: bool = False,
    ) -> None:
        for path in paths:
            if not os.path.lexists(path):
                raise UsageError(f"there is no {printable(str(path))}")
        self._paths, self._form, self._table, self._unit = paths, form, table, unit
        self._shape = form.shape
        self._dark, self._invert = dark, invert
        self._noted: set[str] = set()
        self.unread: list[tuple[Path, str]] = []

    def batches(self, size: int) -> Iterator[tuple[list[str], Inputs]]:
        """Yield the names of up to ``size`` examples and their raw inputs (n, *input_shape), in order.

        An example is called by its file, or by its file and its number in it, from 0. Images that cannot be read
        are left out. Raises DataError if a file of several examples is not usable, or a folder has no images.
        """
        for several, paths in groupby(self._files(), key=lambda path: _ending(path) in _OF_MANY):
            if not several:
                for batch in grouped(paths, size):
                    yield from self._pictures(batch)
                continue
            for path in paths:
                start = 0
                for x in self._inputs(path, size):
                    check_finite(printable(str(path)), x, start)
                    inputs = as_raw(x.reshape(-1, *self._shape))
                    yield [f"{path}[{start + i}]" for i in range(len(inputs))], inputs
                    start += len(inputs)

    def _inputs(self, path: Path, size: int) -> Iterator[Inputs]:
        """Yield the inputs in a file of several, up to ``size`` at a time."""
        if read := _ARRAYS.get(_ending(path)):
            yield from read(path, self._shape, size, self._note)
            return
        try:
            yield from table_inputs(path, self._shape, size, self._table)
        except OptionError as error:
            raise DataError(f"{printable(str(path))}: {error}") from error

    def _files(self) -> Iterator[Path]:
        """Yield the files, those in folders too."""
        for path in self._paths:
            if path.is_dir():
                yield from _images_in(path)
            else:
                yield path

    def _pictures(self, paths: Sequence[Path]) -> Iterator[tuple[list[str], Inputs]]:
        """Yield the images in ``paths`` that can be read, all at once; nothing if there are none."""
        if len(self._shape) != 3 or self._shape[2] not in {1, 3}:
            shape = ", ".join(map(str, self._shape))
            raise DataError(
                f"{printable(str(paths[0]))}: the network takes inputs of the shape ({shape}), not images; give "
                "such inputs as a .npy or .csv file"
            )
        names, pixels = [], []
        for number, path in enumerate(paths):
            announce("reading images", number, len(paths))
            try:
                with quiet_decoding():
                    image, changes = read_image(path, self._form)
            except DataError as error:
                self.unread.append((path, f"{printable(str(path))} {error}"))
                continue
            except SystemFault as error:
                self.unread.append((path, str(error)))
                continue
            self._note_changes(path, [CHANGES[each] for each in sorted(changes)])
            names.append(str(path))
            pixels.append(image)
        if not names:
            return
        x = np.stack(pixels)
        if self._invert:
            x = 255 - x
        elif self._dark:
            self._look_for_paper(names, x)
        if self._unit:
            self._note("pixels are divided by 255", "the run was trained on values of about 0 to 1")
            x = np.divide(x, 255, dtype=np.float32)
        yield names, x

    def _note_changes(self, path: Path, changes: list[str]) -> None:
        """Log a note on the first image that is not of the form that the network takes."""
        if _CONVERTED in self._noted:
            return
        height, width, channels = self._shape
        with quiet_decoding(), Image.open(path) as image:
            if image.size != (width, height):
                changes.append(f"resized from {image.width}x{image.height} (resize: {self._form.resize})")
        if changes:
            colours = "grey" if channels == 1 else "colour"
            details = f"{printable(path.name)} is {'; '.join(changes)}"
            self._note(_CONVERTED, f"{width}x{height} {colours}; {details}, others alike")

    def _look_for_paper(self, names: Sequence[str], x: Inputs) -> None:
        """Log a note on the first image whose corners are light, as ink on paper has them."""
        corners = x[:, :: x.shape[1] - 1 or 1, :: x.shape[2] - 1 or 1].reshape(len(x), -1)
        light = np.flatnonzero((corners >= _LIGHT).all(axis=1))
        if light.size:
            name = printable(Path(names[light[0]]).name)
            self._note(
                "the background is light, that of the training images dark", f"{name}; --invert exchanges them"
            )

    def _note(self, what: str, details: str) -> None:
        """Log a note on what is done to the inputs, once for each ``what``."""
        if what not in self._noted:
            self._noted.add(what)
            log.warning("note: %s: %s", what, details)


def _ending(path: Path) -> str:
    return "".join(path.suffixes[-2:] if path.suffix.lower() == ".gz" else path.suffixes[-1:]).lower()


def _images_in(folder: Path) -> Iterator[Path]:
    """Yield the image files in ``folder`` and in the folders in it, sorted; links to folders are not followed.

    Raises DataError if there are none, SystemFault if a folder cannot be read.
    """
    empty = True
    others: set[str] = set()
    for parent, below, names in os.walk(folder, onerror=_refused):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                empty = False
                yield Path(parent, name)
            elif _ending(Path(name)) in _OF_MANY and len(others) < 3:
                others.add(printable(name))
    if empty:
        hint = f"; name a file in it: {', '.join(sorted(others))}" if others else ""
        raise DataError(f"{printable(str(folder))} has no images ({', '.join(sorted(SUFFIXES))}){hint}")


def _refused(error: OSError) -> NoReturn:
    raise SystemFault(refusal(error, "read", printable(str(error.filename)))) from error
