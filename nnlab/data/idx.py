"""MNIST and its relatives with the same files, in the idx format.

An idx file consists of a magic number, 00 00, the type (08: bytes, 0c: integers of 4 bytes) and the number of
axes; the lengths of the axes, each 4 bytes big-endian; and the values, big-endian, the last axis fastest. Files
may be gzipped, as published, or not.
"""

import gzip
import hashlib
import struct
import zlib
from io import BufferedIOBase, BufferedReader
from math import prod
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import ZipExtFile

import numpy as np
from numpy.typing import NDArray

from nnlab import files
from nnlab.arrays import Labels, Shape
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
IMAGE = (28, 28)
BYTES = np.dtype(np.uint8)
INTEGERS = np.dtype(">i4")
_CODES = {BYTES: 0x08, INTEGERS: 0x0C}
_CLASSES = 10

_TEST_LABELS = {  # MD5 of the values; both data sets have the same file names
    "073c3904dfbd3e141ff8aa01cfde6b15": "mnist",
    "8dea97a4e78c1bd1b5a6e8efbb870b6e": "fashion_mnist",
}


PeekableFile: TypeAlias = BufferedReader | ZipExtFile
"""A file whose next bytes can be looked at without reading them."""


def read_idx(path: Path, item: Shape, most: int, dtype: np.dtype[Any] = BYTES) -> NDArray[Any]:
    """Return the values in the idx file ``path``, gzipped or not: (N, *item) with 1 <= N <= ``most``.

    Raises DataError as ``parse_idx`` does, SystemFault if the file cannot be read.
    """
    with system_errors("read", path), files.open_plain(path) as stored:
        return parse_idx(str(path), stored, item, most, dtype)


def parse_idx(
    name: str, stored: PeekableFile, item: Shape, most: int, dtype: np.dtype[Any] = BYTES
) -> NDArray[Any]:
    """Return the values (N, *item) in the idx file ``stored``, gzipped or not, with 1 <= N <= ``most``.

    The header is checked before memory is allocated, and no more is read than it declares. Raises DataError, which
    calls the file ``name``, if it has another format or is damaged.
    """
    if stored.peek(2)[:2] != b"\x1f\x8b":
        return _parse(name, stored, item, most, dtype)
    try:
        with gzip.GzipFile(fileobj=stored) as file:
            return _parse(name, file, item, most, dtype)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{name} is a damaged gzip file: {error}") from error


def _parse(name: str, file: BufferedIOBase, item: Shape, most: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    axes = 1 + len(item)
    magic = bytes((0, 0, _CODES[dtype], axes))
    header = file.read(4 + 4 * axes)
    if header[:4] != magic:
        given = header[:4].hex(" ") or "nothing"
        what = "bytes" if dtype == BYTES else f"integers of {dtype.itemsize} bytes"
        raise DataError(
            f"{name} is not an idx file of {what} with {axes} axes: it begins with {given}, not {magic.hex(' ')}"
        )
    if len(header) < 4 + 4 * axes:
        raise DataError(f"{name} ends within its header of {4 + 4 * axes} bytes")
    count, *shape = struct.unpack(f">{axes}I", header[4:])
    if tuple(shape) != item:
        raise DataError(f"{name} has items of {' x '.join(map(str, shape))}, not {' x '.join(map(str, item))}")
    if not 1 <= count <= most:
        raise DataError(f"{name} declares {count} items, not 1 to {most}")
    values = _read_all(name, file, count * prod(item) * dtype.itemsize)
    return values.view(dtype).reshape(count, *item)


def _read_all(name: str, file: BufferedIOBase, size: int) -> NDArray[np.uint8]:
    """Return the remaining ``size`` bytes of ``file``; raises DataError if there are more or fewer."""
    values = np.empty(size, np.uint8)
    filled = 0
    while filled < size and (part := file.read(min(2**20, size - filled))):
        values[filled : filled + len(part)] = np.frombuffer(part, np.uint8)
        filled += len(part)
    if filled < size:
        raise DataError(f"{name} is short: its header declares {size} bytes, {filled} follow")
    if file.read(1):
        raise DataError(f"{name} continues after the {size} bytes that its header declares")
    return values


def check_labels(name: str, numbers: NDArray[Any], classes: int, first: int = 0) -> Labels:
    """Return ``numbers`` (N,) minus ``first`` as labels; raises DataError unless they are below ``classes``."""
    wrong = np.flatnonzero((numbers < first) | (numbers >= first + classes))
    if wrong.size:
        raise DataError(f"{name}: label {wrong[0]} is {numbers[wrong[0]]}, not {first} to {first + classes - 1}")
    return numbers.astype(np.int64) - first


def paired(images: str, pixels: NDArray[np.uint8], place: str, labels: Labels) -> Split:
    """Return the ``pixels`` (N, H, W) in the file ``images`` with the ``labels`` (N,) in another, ``place``."""
    if len(pixels) != len(labels):
        raise DataError(f"{images} has {len(pixels)} images, {place} has {len(labels)} labels")
    return Split(pixels[..., np.newaxis], labels)


def read_pair(images: Path, labels: Path, most: int) -> Split:
    """Return the images of one idx file, (N, 28, 28, 1), with the labels of another.

    Raises DataError if a file is damaged, a label is above 9 or the counts differ.
    """
    numbers = check_labels(str(labels), read_idx(labels, (), most), _CLASSES)
    return paired(str(images), read_idx(images, IMAGE, most), str(labels), numbers)


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
    name: str,
    *,
    torchvision: str,
    mirrors: tuple[str, ...],
    files: dict[str, int],
    unpacked: tuple[str, ...] = (),
    elsewhere: tuple[str, ...] = ("",),
) -> PublishedData:
    """Return a data set whose gzipped ``_FILES`` have, in order, these checksums (MD5) and sizes.

    ``unpacked`` are the checksums of the files once gunzipped, where they are known; ``elsewhere`` are folders
    that do not bear the name of the data set.
    """
    folders = (name, f"{torchvision}/raw", *elsewhere)
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


@DATASETS.register("kmnist")
class Kmnist(Source):
    """70,000 cursive Japanese characters, ten hiragana, 28 x 28 grey pixels: 60,000 to train on, 10,000 to test.

    The files have the names of MNIST's: they are looked up in folders called kmnist or KMNIST/raw only. Clanuwat,
    Bober-Irizar, Kitamoto, Lamb, Yamamoto and Ha (2018), arXiv:1812.01718.
    """

    published = _published(
        "kmnist",
        torchvision="KMNIST",
        mirrors=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
        files={
            "bdb82020997e1d708af4cf47b453dcf7": 18_165_135,
            "e144d726b3acfaa3e44228e80efcd344": 29_497,
            "5c965bf0a639b31b8f53240b1b52f4d7": 3_041_136,
            "7320c461ea6c1c855c0b718fb2a4b134": 5_120,
        },
        elsewhere=(),
    )
    input_shape = (28, 28, 1)
    class_names = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")

    def load(self, root: Path | None) -> tuple[Split, Split]:
        return _load(self.published, root)
