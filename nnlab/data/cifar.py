"""CIFAR-10 and CIFAR-100, in their binary layout.

A file is a sequence of records: one byte for each label (CIFAR-10 has one, CIFAR-100 a coarse and a fine one),
then 1,024 red, 1,024 green and 1,024 blue values, each colour row by row. They are read from a folder or straight
from the published archive, which is never extracted. The pickled version is not read: a pickle can run any code.
"""

import contextlib
import gzip
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Literal, cast

import numpy as np
from numpy.typing import NDArray

from nnlab import files
from nnlab.data.cache import digest_of_files, remembered
from nnlab.data.lookup import locate
from nnlab.data.published import Layout, PublishedData, PublishedFile
from nnlab.data.source import Source, Split
from nnlab.errors import DataError, system_errors
from nnlab.registry import DATASETS

_VALUES = 32 * 32 * 3

_COARSE = """
    aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices
    household_furniture insects large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes
    large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people reptiles small_mammals trees
    vehicles_1 vehicles_2
"""
_FINE = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
    castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
    elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
    man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
    pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
    skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
    tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""


@dataclass(frozen=True)
class CifarFiles:
    """The files of a data set, ``most`` records each at most; the last file has the test examples.

    ``classes`` are the numbers of classes of the labels that begin a record.
    """

    folder: str
    archive: str
    names: tuple[str, ...]
    classes: tuple[int, ...]
    most: int

    @property
    def record(self) -> int:
        """The number of bytes of a record."""
        return len(self.classes) + _VALUES

    @property
    def largest(self) -> int:
        """The number of bytes of the largest file."""
        return self.record * self.most

    @property
    def largest_archive(self) -> int:
        """The number of bytes that the archive unpacks to at most."""
        return len(self.names) * self.largest + 2**20  # headers, padding and a few small texts besides the records


CIFAR10 = CifarFiles(
    "cifar-10-batches-bin",
    "cifar-10-binary.tar.gz",
    (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"),
    classes=(10,),
    most=10_000,
)
CIFAR100 = CifarFiles(
    "cifar-100-binary", "cifar-100-binary.tar.gz", ("train.bin", "test.bin"), classes=(20, 100), most=50_000
)


def split_of(files: Iterable[tuple[str, bytes]], layout: CifarFiles = CIFAR10, label: int = -1) -> Split:
    """Return the records of the training files or of the test file, given by name and content, in that order.

    ``label`` is the index of the label that counts. Shapes: inputs (N, 32, 32, 3), labels (N,). Raises DataError
    if a file is empty, too large or ends within a record, or a label is too large; the record is named, counted
    from 0.
    """
    most = (len(layout.names) - 1) * layout.most
    images = np.empty((most, 32, 32, 3), np.uint8)  # pages never written take no memory
    labels = np.empty(most, np.int64)
    total = 0
    for name, content in files:
        records = _records(name, content, layout)
        part = slice(total, total + len(records))
        labels[part] = records[:, : len(layout.classes)][:, label]
        images[part] = records[:, len(layout.classes) :].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        total += len(records)
    return Split(images[:total], labels[:total])


def _records(name: str, content: bytes, layout: CifarFiles) -> NDArray[np.uint8]:
    """Return the records (N, record) of one file; raises DataError."""
    count, rest = divmod(len(content), layout.record)
    if rest:
        raise DataError(f"{name}: record {count} is short: it has {rest} bytes of {layout.record}")
    if not 1 <= count <= layout.most:
        raise DataError(f"{name} has {'no' if not count else f'more than {layout.most}'} records")
    records = np.frombuffer(content, np.uint8).reshape(count, layout.record)
    for column, classes in enumerate(layout.classes):
        wrong = np.flatnonzero(records[:, column] >= classes)
        if wrong.size:
            label = records[wrong[0], column]
            raise DataError(f"{name}: record {wrong[0]} has the label {label}, not 0 to {classes - 1}")
    return records


def read_files(paths: list[Path], layout: CifarFiles = CIFAR10) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of files; of a larger file, only enough to detect that it is too large.

    Raises SystemFault if the machine cannot read one.
    """
    for path in paths:
        with system_errors("read", path), files.open_plain(path) as file:
            content = file.read(layout.largest + layout.record)
        yield str(path), content


def read_archive(path: Path, layout: CifarFiles = CIFAR10) -> list[tuple[str, bytes]]:
    """Return name and content of the files in the archive ``path``, that of the test examples last.

    Members are read by name as they stream by; nothing is written. Raises DataError if the archive is damaged,
    unpacks to more than the data set can have, lacks a file, contains one twice, or contains anything but plain
    files and folders; SystemFault if it cannot be read.
    """
    contents: dict[str, bytes] = {}
    with system_errors("read", path), _damage_reported(path), gzip.open(path) as unzipped:
        stream = _Capped(path, unzipped, layout.largest_archive)
        for name, content in _wanted_members(path, stream, layout):
            if name in contents:
                raise DataError(f"{path}: {name} is there twice")
            contents[name] = content
        while stream.read(2**16):
            pass  # gzip compares the checksum at its end
    if missing := [name for name in layout.names if name not in contents]:
        raise DataError(f"{path} lacks {', '.join(missing)}")
    return [(f"{path}: {name}", contents[name]) for name in layout.names]


@contextlib.contextmanager
def _damage_reported(path: Path) -> Iterator[None]:
    """Turn the errors of gzip and tarfile into a DataError that names the archive."""
    try:
        yield
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise DataError(f"{path} is a damaged archive: {error}") from error


def _wanted_members(path: Path, stream: BufferedIOBase, layout: CifarFiles) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files of the data set in a tar ``stream``, in its order."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            name = _safe_name(path, member, layout.largest)
            if name in layout.names and member.isreg():
                yield name, cast("IO[bytes]", archive.extractfile(member)).read()


def _safe_name(archive: Path, member: tarfile.TarInfo, largest: int) -> str:
    """Return the last part of a member's name; raises DataError if no published archive has such a member."""
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts:
        raise DataError(f"{archive}: the member {member.name!r} leads out of the archive")
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise DataError(f"{archive}: the member {member.name!r} is neither a plain file nor a folder")
    if not 0 <= member.size <= largest:  # tarfile itself would skip 2**60 bytes in small steps, beyond the end
        raise DataError(f"{archive}: the member {member.name!r} has {member.size} bytes")
    return name.name


class _Capped(BufferedIOBase):
    """The bytes of ``file``; DataError beyond the size that the published archive unpacks to."""

    def __init__(self, path: Path, file: BufferedIOBase, most: int) -> None:
        self._path = path
        self._file = file
        self._most = self._left = most

    def read(self, size: int | None = -1, /) -> bytes:
        content = self._file.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise DataError(f"{self._path} unpacks to more than {self._most} bytes")
        return content


def _published(
    name: str, layout: CifarFiles, size: int, md5: str, *, pickled: str, mirrors: tuple[str, ...]
) -> PublishedData:
    return PublishedData(
        name=name,
        layouts=(
            Layout((layout.folder, f"{name}/{layout.folder}", name, ""), layout.names),
            Layout(("", name), (layout.archive,)),
        ),
        files=(PublishedFile(layout.archive, size, md5),),
        mirrors=mirrors,
        unsafe=(pickled, layout.archive.replace("binary", "python")),
    )


def _load(published: PublishedData, layout: CifarFiles, root: Path | None, label: int) -> tuple[Split, Split]:
    """Return the training and the test examples, with the label at the index ``label`` of a record."""

    def splits(files: Iterator[tuple[str, bytes]]) -> tuple[Split, Split]:
        train = split_of(islice(files, len(layout.names) - 1), layout, label)
        return train, split_of(files, layout, label)

    found = locate(published, root)
    with published.naming_the_cure():
        if found[0].name != layout.archive:
            return splits(read_files(found, layout))
        name = digest_of_files(found) + (f"-{label}" if label else "")
        return remembered(published.name, name, lambda: splits(iter(read_archive(found[0], layout))))


@DATASETS.register("cifar10")
class Cifar10(Source):
    """60,000 photographs, 32 x 32 pixels in colour: 50,000 to train on, 10,000 to test.

    Krizhevsky (2009), Learning multiple layers of features from tiny images,
    https://www.cs.toronto.edu/~kriz/cifar.html.
    """

    published = _published(
        "cifar10",
        CIFAR10,
        170_052_171,
        "c32a1d4ab5d03f1284b67883e8d87530",
        pickled="cifar-10-batches-py",
        mirrors=(
            "https://www.cs.toronto.edu/~kriz/",
            "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/",
        ),
    )
    input_shape = (32, 32, 3)
    class_names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

    def load(self, root: Path | None) -> tuple[Split, Split]:
        return _load(self.published, CIFAR10, root, label=0)


@DATASETS.register("cifar100")
class Cifar100(Source):
    """60,000 photographs, 32 x 32 pixels in colour, of 100 classes: 50,000 to train on, 10,000 to test.

    Each class belongs to one of 20 coarse classes. Krizhevsky (2009), Learning multiple layers of features from
    tiny images, https://www.cs.toronto.edu/~kriz/cifar.html.

    Options:
        labels: Which labels are learned: the 100 fine or the 20 coarse classes.
    """

    published = _published(
        "cifar100",
        CIFAR100,
        168_513_733,
        "03b5dce01913d631647c71ecec9e9cb8",
        pickled="cifar-100-python",
        mirrors=("https://www.cs.toronto.edu/~kriz/",),
    )
    input_shape = (32, 32, 3)

    def __init__(self, *, labels: Literal["fine", "coarse"] = "fine") -> None:
        self.labels = labels
        self.class_names = tuple((_FINE if labels == "fine" else _COARSE).split())

    def load(self, root: Path | None) -> tuple[Split, Split]:
        return _load(self.published, CIFAR100, root, label=1 if self.labels == "fine" else 0)
