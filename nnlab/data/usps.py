"""USPS, in the text format of LIBSVM's data sets, compressed by bzip2.

A line is an example: the class, from 1, and ``index:value`` for each of 256 pixels that is not 0, in ascending
order; values go from -1 (paper) to 1 (ink). Format: https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/.
"""

import bz2
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnlab import files
from nnlab.data.cache import digest_of_files, remembered
from nnlab.data.lookup import locate
from nnlab.data.published import Layout, PublishedData, PublishedFile
from nnlab.data.source import Source, Split
from nnlab.errors import DataError, system_errors
from nnlab.registry import DATASETS

_SIDE = 16
_PIXELS = _SIDE * _SIDE
_CLASSES = 10
_LONGEST = 2**13  # bytes of a line: 256 values of up to 30 characters
_MOST = 7_291  # lines of the larger file
_LARGEST = 2**24  # bytes of a compressed file; the published sizes are not known


def read_examples(path: Path) -> Split:
    """Return the examples in the file ``path``: images (N, 16, 16, 1) of 0 (paper) to 255 (ink).

    Raises DataError, which names the line, if the file is damaged or has another content.
    """
    pixels: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    with system_errors("read", path), files.open_plain(path) as stored, bz2.BZ2File(stored) as text:
        while line := _line(path, text):
            place = f"{path}: line {len(labels) + 1}"
            if len(labels) == _MOST or len(line) == _LONGEST:
                what = f"is longer than {_LONGEST} bytes" if len(labels) < _MOST else "is one too many"
                raise DataError(f"{place} {what}")
            try:
                label, values = _parsed(line)
            except ValueError as error:
                raise DataError(f"{place} is not an example in LIBSVM's format: {error}") from error
            labels.append(label)
            pixels.append(np.rint((values + 1) * 127.5).astype(np.uint8))
    if not labels:
        raise DataError(f"{path} has no examples")
    return Split(np.stack(pixels).reshape(-1, _SIDE, _SIDE, 1), np.array(labels, np.int64))


def _line(path: Path, text: bz2.BZ2File) -> bytes:
    try:
        return text.readline(_LONGEST)
    except (OSError, EOFError) as error:
        if getattr(error, "errno", None) is not None:
            raise
        raise DataError(f"{path} is a damaged bzip2 file: {error}") from error


def _parsed(line: bytes) -> tuple[int, NDArray[np.float64]]:
    """Return the label, from 0, and the values (256,) of an example; raises ValueError."""
    first, *pairs = line.split()
    label = int(first) - 1
    if not 0 <= label < _CLASSES:
        raise ValueError(f"the class is {label + 1}, not 1 to {_CLASSES}")
    values = np.zeros(_PIXELS)
    before = 0
    for pair in pairs:
        index, value = pair.split(b":")
        if not before < int(index) <= _PIXELS:
            raise ValueError(f"the index {int(index)} follows {before}")
        before = int(index)
        values[before - 1] = float(value)
    if not (np.abs(values) <= 1).all():
        raise ValueError("a value is not from -1 to 1")
    return label, values


@DATASETS.register("usps")
class Usps(Source):
    """9,298 digits from envelopes, 16 x 16 grey pixels: 7,291 to train on, 2,007 to test.

    Hull (1994), A database for handwritten text recognition research, doi:10.1109/34.291440.
    """

    published = PublishedData(
        name="usps",
        layouts=(Layout(("usps", "USPS", ""), ("usps.bz2", "usps.t.bz2")),),
        files=(
            PublishedFile("usps.bz2", _LARGEST, "ec16c51db3855ca6c91edd34d0e9b197", exact=False),
            PublishedFile("usps.t.bz2", _LARGEST, "8ea070ee2aca1ac39742fdd1ef5ed118", exact=False),
        ),
        mirrors=("https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/",),
    )
    input_shape = (_SIDE, _SIDE, 1)
    class_names = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")

    def load(self, root: Path | None) -> tuple[Split, Split]:
        train, test = locate(self.published, root)
        with self.published.naming_the_cure():
            name = digest_of_files([train, test])
            return remembered("usps", name, lambda: (read_examples(train), read_examples(test)))
