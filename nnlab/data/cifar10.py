"""CIFAR-10, in its binary layout.

A file is a sequence of records of 3,073 bytes: the label, then 1,024 red, 1,024 green and 1,024 blue values,
each colour row by row. Five files of 10,000 records are for training, one for testing. They are read from
a folder or straight from the published archive, which is never extracted. The pickled version is not
read: a pickle can run any code.
"""

import contextlib
import gzip
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedIOBase
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from nnlab import files
from nnlab.data.cache import digest_of_files, remembered
from nnlab.data.lookup import locate
from nnlab.data.published import Layout, PublishedData, PublishedFile
from nnlab.data.source import Source, Split
from nnlab.errors import DataError, system_errors
from nnlab.registry import DATASETS

RECORD = 1 + 32 * 32 * 3
MOST_RECORDS = 10_000
_CLASSES = 10

_FILES = (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin")
_FOLDER = "cifar-10-batches-bin"
_ARCHIVE = "cifar-10-binary.tar.gz"
_LARGEST = RECORD * MOST_RECORDS
_LARGEST_ARCHIVE = len(_FILES) * _LARGEST + 2**20  # headers, padding and two small texts besides the records


def split_of(files: Iterable[tuple[str, bytes]]) -> Split:
    """Return the records of up to five files, given by name and content, one after the other.

    Shapes: inputs (N, 32, 32, 3), labels (N,). Raises DataError if a file is empty, too large or ends within
    a record, or a label is above 9; the record is named, counted from 0.
    """
    images = np.empty((5 * MOST_RECORDS, 32, 32, 3), np.uint8)  # pages never written take no memory
    labels = np.empty(5 * MOST_RECORDS, np.int64)
    total = 0
    for name, content in files:
        records = _records(name, content)
        part = slice(total, total + len(records))
        labels[part] = records[:, 0]
        images[part] = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        total += len(records)
    return Split(images[:total], labels[:total])


def _records(name: str, content: bytes) -> NDArray[np.uint8]:
    """Return the records (N, 3073) of one file; raises DataError."""
    count, rest = divmod(len(content), RECORD)
    if rest:
        raise DataError(f"{name}: record {count} is short: it has {rest} bytes of {RECORD}")
    if not 1 <= count <= MOST_RECORDS:
        raise DataError(f"{name} has {'no' if not count else f'more than {MOST_RECORDS}'} records")
    records = np.frombuffer(content, np.uint8).reshape(count, RECORD)
    wrong = np.flatnonzero(records[:, 0] >= _CLASSES)
    if wrong.size:
        raise DataError(f"{name}: record {wrong[0]} has the label {records[wrong[0], 0]}, not 0 to {_CLASSES - 1}")
    return records


def read_files(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of batch files; of a larger file, only enough to detect that it is too large.

    Raises SystemFault if the machine cannot read one.
    """
    for path in paths:
        with system_errors("read", path), files.open_plain(path) as file:
            content = file.read(_LARGEST + RECORD)
        yield str(path), content


def read_archive(path: Path) -> list[tuple[str, bytes]]:
    """Return name and content of the batch files in the archive ``path``, the test batch last.

    Members are read by name as they stream by; nothing is written. Raises DataError if the archive is damaged,
    unpacks to more than the data set can have, lacks a file, contains one twice, or contains anything but plain
    files and folders; SystemFault if it cannot be read.
    """
    contents: dict[str, bytes] = {}
    with system_errors("read", path), _damage_reported(path), gzip.open(path) as unzipped:
        stream = _Capped(path, unzipped)
        for name, content in _wanted_members(path, stream):
            if name in contents:
                raise DataError(f"{path}: {name} is there twice")
            contents[name] = content
        while stream.read(2**16):
            pass  # gzip compares the checksum at its end
    if missing := [name for name in _FILES if name not in contents]:
        raise DataError(f"{path} lacks {', '.join(missing)}")
    return [(f"{path}: {name}", contents[name]) for name in _FILES]


@contextlib.contextmanager
def _damage_reported(path: Path) -> Iterator[None]:
    """Turn the errors of gzip and tarfile into a DataError that names the archive."""
    try:
        yield
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise DataError(f"{path} is a damaged archive: {error}") from error


def _wanted_members(path: Path, stream: BufferedIOBase) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the batch files in a tar ``stream``, in its order."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            name = _safe_name(path, member)
            if name in _FILES and member.isreg():
                yield name, cast("IO[bytes]", archive.extractfile(member)).read()


def _safe_name(archive: Path, member: tarfile.TarInfo) -> str:
    """Return the last part of a member's name; raises DataError if no published archive has such a member."""
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts:
        raise DataError(f"{archive}: the member {member.name!r} leads out of the archive")
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise DataError(f"{archive}: the member {member.name!r} is neither a plain file nor a folder")
    if not 0 <= member.size <= _LARGEST:  # tarfile itself would skip 2**60 bytes in small steps, beyond the end
        raise DataError(f"{archive}: the member {member.name!r} has {member.size} bytes")
    return name.name


class _Capped(BufferedIOBase):
    """The bytes of ``file``; DataError beyond the size that the published archive unpacks to."""

    def __init__(self, path: Path, file: BufferedIOBase) -> None:
        self._path = path
        self._file = file
        self._left = _LARGEST_ARCHIVE

    def read(self, size: int | None = -1, /) -> bytes:
        content = self._file.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise DataError(f"{self._path} unpacks to more than {_LARGEST_ARCHIVE} bytes")
        return content


@DATASETS.register("cifar10")
class Cifar10(Source):
    """60,000 photographs, 32 x 32 pixels in colour: 50,000 to train on, 10,000 to test.

    Krizhevsky (2009), Learning multiple layers of features from tiny images,
    https://www.cs.toronto.edu/~kriz/cifar.html.
    """

    published = PublishedData(
        name="cifar10",
        layouts=(
            Layout((_FOLDER, f"cifar10/{_FOLDER}", "cifar10", ""), _FILES),
            Layout(("", "cifar10"), (_ARCHIVE,)),
        ),
        files=(PublishedFile(_ARCHIVE, 170_052_171, "c32a1d4ab5d03f1284b67883e8d87530"),),
        mirrors=(
            "https://www.cs.toronto.edu/~kriz/",
            "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/",
        ),
        unsafe=("cifar-10-batches-py", "cifar-10-python.tar.gz"),
    )
    input_shape = (32, 32, 3)
    class_names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

    def load(self, root: Path | None) -> tuple[Split, Split]:
        found = locate(self.published, root)
        with self.published.naming_the_cure():
            if found[0].name != _ARCHIVE:
                return _splits(read_files(found))
            return remembered("cifar10", digest_of_files(found), lambda: _splits(iter(read_archive(found[0]))))


def _splits(files: Iterator[tuple[str, bytes]]) -> tuple[Split, Split]:
    return split_of(islice(files, 5)), split_of(files)
