"""MNIST and Fashion-MNIST, in the idx format of their files.

An idx file of bytes consists of a magic number, 00 00 08 and the number of axes; the lengths of the axes, each 4
bytes big-endian; and the values, the last axis fastest. Files may be gzipped, as published, or not.
"""

import gzip
import hashlib
import struct
import zlib
from io import BufferedIOBase
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnlab import files
from nnlab.arrays import Shape
from nnlab.data.cache import digest_of_files, remembered
from nnlab.data.lookup import locate
from nnlab.data.published import Layout, PublishedData, PublishedFile
from nnlab.data.source import Source, Split
from nnlab.errors import DataError, system_errors
from nnlab.registry import DATASETS

_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_DOTTED_FILES = tuple(name.replace("-idx", ".idx") for name in _FILES)  # as some archives unpack them
_IMAGE = (28, 28)
_CLASSES = 10

_TEST_LABELS = {  # MD5 of the values; both data sets have the same file names
    "073c3904dfbd3e141ff8aa01cfde6b15": "mnist",
    "8dea97a4e78c1bd1b5a6e8efbb870b6e": "fashion_mnist",
}


def read_idx(path: Path, item: Shape, most: int) -> NDArray[np.uint8]:
    """Return the bytes in the idx file ``path``, gzipped or not: (N, *item) with 1 <= N <= ``most``.

    The header is checked before memory is allocated, and no more is read than it declares. Raises DataError if
    the file has another format or is damaged, SystemFault if it cannot be read.
    """
    with system_errors("read", path), files.open_plain(path) as stored:
        if stored.peek(2)[:2] != b"\x1f\x8b":
            return _parse(path, stored, item, most)
        try:
            with gzip.GzipFile(fileobj=stored) as file:
                return _parse(path, file, item, most)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DataError(f"{path} is a damaged gzip file: {error}") from error


def _parse(path: Path, file: BufferedIOBase, item: Shape, most: int) -> NDArray[np.uint8]:
    axes = 1 + len(item)
    magic = bytes((0, 0, 8, axes))
    header = file.read(4 + 4 * axes)
    if header[:4] != magic:
        given = header[:4].hex(" ") or "nothing"
        raise DataError(
            f"{path} is not an idx file of bytes with {axes} axes: it begins with {given}, not {magic.hex(' ')}"
        )
    if len(header) < 4 + 4 * axes:
        raise DataError(f"{path} ends within its header of {4 + 4 * axes} bytes")
    count, *shape = struct.unpack(f">{axes}I", header[4:])
    if tuple(shape) != item:
        raise DataError(f"{path} has items of {' x '.join(map(str, shape))}, not {' x '.join(map(str, item))}")
    if not 1 <= count <= most:
        raise DataError(f"{path} declares {count} items, not 1 to {most}")
    return _read_all(path, file, count * prod(item)).reshape(count, *item)


def _read_all(path: Path, file: BufferedIOBase, size: int) -> NDArray[np.uint8]:
    """Return the remaining ``size`` bytes of ``file``; raises DataError if there are more or fewer."""
    values = np.empty(size, np.uint8)
    view = values.data
    filled = 0
    while filled < size and (count := file.readinto(view[filled : filled + 2**20])):
        filled += count
    if filled < size:
        raise DataError(f"{path} is short: its header declares {size} bytes, {filled} follow")
    if file.read(1):
        raise DataError(f"{path} continues after the {size} bytes that its header declares")
    return values


def read_pair(images: Path, labels: Path, most: int) -> Split:
    """Return the images of one idx file, (N, 28, 28, 1), with the labels of another.

    Raises DataError if a file is damaged, a label is above 9 or the counts differ.
    """
    numbers = read_idx(labels, (), most)
    wrong = np.flatnonzero(numbers >= _CLASSES)
    if wrong.size:
        raise DataError(f"{labels}: label {wrong[0]} is {numbers[wrong[0]]}, not 0 to {_CLASSES - 1}")
    pixels = read_idx(images, _IMAGE, most)
    if len(pixels) != len(numbers):
        raise DataError(f"{images} has {len(pixels)} images, {labels} has {len(numbers)} labels")
    return Split(pixels[..., np.newaxis], numbers.astype(np.int64))


def _load(published: PublishedData, root: Path | None) -> tuple[Split, Split]:
    paths = locate(published, root)
    with published.naming_the_cure():
        if not all(path.suffix == ".gz" for path in paths):
            return _read(published, *paths)
        return remembered(published.name, digest_of_files(paths), lambda: _read(published, *paths))


def _read(
    published: PublishedData, train_images: Path, train_labels: Path, test_images: Path, test_labels: Path
) -> tuple[Split, Split]:
    test = read_pair(test_images, test_labels, most=10_000)
    digest = hashlib.md5(test.labels.astype(np.uint8).data, usedforsecurity=False).hexdigest()
    if _TEST_LABELS.get(digest, published.name) != published.name:
        raise DataError(f"{test_labels.parent} holds {_TEST_LABELS[digest]}, not {published.name}")
    return read_pair(train_images, train_labels, most=60_000), test


def _published(
    name: str, torchvision: str, mirrors: tuple[str, ...], files: dict[str, int], unpacked: tuple[str, ...] = ()
) -> PublishedData:
    """Return a data set whose gzipped ``_FILES`` have, in order, these checksums (MD5) and sizes.

    ``unpacked`` are the checksums of the files once gunzipped, where they are known.
    """
    folders = (name, f"{torchvision}/raw", "")
    return PublishedData(
        name=name,
        layouts=(Layout(folders, _FILES, ("", ".gz")), Layout(folders, _DOTTED_FILES, ("", ".gz"))),
        files=tuple(
            PublishedFile(f"{file}.gz", size, md5, content)
            for file, (md5, size), content in zip(_FILES, files.items(), unpacked or ("",) * 4, strict=True)
        ),
        mirrors=mirrors,
    )


@DATASETS.register("mnist")
class Mnist(Source):
    """70,000 handwritten digits, 28 x 28 grey pixels: 60,000 to train on, 10,000 to test.

    LeCun, Bottou, Bengio and Haffner (1998), doi:10.1109/5.726791.
    """

    published = _published(
        "mnist",
        torchvision="MNIST",
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        files={
            "f68b3c2dcbeaaa9fbdd348bbdeb94873": 9_912_422,
            "d53e105ee54ea40749a09fcbcd1e9432": 28_881,
            "9fb629c4189551a2d022fa330f9573f3": 1_648_877,
            "ec29112dd5afa0611ce80d1b7f02629c": 4_542,
        },
        unpacked=(
            "6bbc9ace898e44ae57da46a324031adb",
            "a25bea736e30d166cdddb491f175f624",
            "2646ac647ad5339dbf082846283269ea",
            "27ae3e4e09519cfbb04c329615203637",
        ),
    )
    input_shape = (28, 28, 1)
    class_names = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")

    def load(self, root: Path | None) -> tuple[Split, Split]:
        return _load(self.published, root)


@DATASETS.register("fashion_mnist")
class FashionMnist(Source):
    """70,000 pictures of clothes, 28 x 28 grey pixels: 60,000 to train on, 10,000 to test.

    Xiao, Rasul and Vollgraf (2017), arXiv:1708.07747.
    """

    published = _published(
        "fashion_mnist",
        torchvision="FashionMNIST",
        mirrors=(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        files={
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d": 26_421_880,
            "25c81989df183df01b3e8a0aad5dffbe": 29_515,
            "bef4ecab320f06d8554ea6380940ec79": 4_422_102,
            "bb300cfdad3c16e7a12a480ee83cd310": 5_148,
        },
    )
    input_shape = (28, 28, 1)
    class_names = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )

    def load(self, root: Path | None) -> tuple[Split, Split]:
        return _load(self.published, root)
