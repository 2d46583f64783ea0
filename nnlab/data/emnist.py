"""EMNIST: handwritten letters and digits in idx files, which are published in a single zip archive.

Its images are transposed, as they came out of MATLAB: they are turned here, so that they stand as MNIST's do. The
classes of the letters are numbered from 1 in the files.
"""

from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nnlab.data.cache import digest_of_files, remembered, remembered_digest
from nnlab.data.idx import IMAGE, PeekableFile, check_labels, paired, parse_idx
from nnlab.data.lookup import locate
from nnlab.data.published import Layout, PublishedData, PublishedFile
from nnlab.data.source import Source, Split
from nnlab.data.zip_archive import opened_member, unzipping
from nnlab.errors import system_errors
from nnlab.files import open_plain
from nnlab.registry import DATASETS

Subset = Literal["balanced", "byclass", "bymerge", "digits", "letters", "mnist"]

_ARCHIVE = "gzip.zip"
_MOST = {"train": 697_932, "test": 116_323}  # images of the largest subset
_CHUNK = 4096  # images transposed at a time
_MERGED = digits + ascii_uppercase + "abdefghnqrt"  # the other small letters look like their capitals
_CLASSES = {
    "balanced": _MERGED,
    "byclass": digits + ascii_uppercase + ascii_lowercase,
    "bymerge": _MERGED,
    "digits": digits,
    "letters": ascii_uppercase,  # each with the small letter
    "mnist": digits,
}


def _files(subset: str) -> tuple[str, ...]:
    return tuple(
        f"emnist-{subset}-{half}-{part}"
        for half in ("train", "test")
        for part in ("images-idx3-ubyte", "labels-idx1-ubyte")
    )


def _published(*subsets: str) -> PublishedData:
    folders = ("emnist", "EMNIST/raw", "emnist/gzip", "gzip", "")
    return PublishedData(
        name="emnist",
        layouts=(
            *(Layout(folders, _files(subset), ("", ".gz")) for subset in subsets),
            Layout(("emnist", "EMNIST/raw", ""), (_ARCHIVE,)),
        ),
        files=(PublishedFile(_ARCHIVE, 561_753_746, "58c8d27c78d21e728a6bc7b3cc06412e"),),
        mirrors=(
            "https://biometrics.nist.gov/cs_links/EMNIST/",
            "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
        ),
    )


@DATASETS.register("emnist")
class Emnist(Source):
    """Handwritten letters and digits, 28 x 28 grey pixels, in six subsets of up to 814,255 images.

    balanced: 112,800 to train on and 18,800 to test, 47 classes, small letters that look like their capitals
    merged with them; bymerge: all images, the same classes; byclass: all images, 62 classes; letters: 26 classes,
    capitals and small letters together; digits and mnist: ten digits. The published archive (536 MiB) holds all of
    them and is read in place. Cohen, Afshar, Tapson and van Schaik (2017), arXiv:1702.05373.

    Options:
        subset: Which images, and which classes.
    """

    published = _published(*get_args(Subset))
    input_shape = (*IMAGE, 1)

    def __init__(self, *, subset: Subset = "balanced") -> None:
        self.subset = subset
        self.published = _published(subset)
        self.class_names = tuple(_CLASSES[subset])

    def load(self, root: Path | None) -> tuple[Split, Split]:
        found = locate(self.published, root)
        with self.published.naming_the_cure():
            if found[0].name == _ARCHIVE:
                name = f"{remembered_digest(found[0])}-{self.subset}"
                return remembered("emnist", name, lambda: self._in_archive(found[0]))
            if not all(path.suffix == ".gz" for path in found):
                return self._in_folder(found)
            return remembered("emnist", f"{digest_of_files(found)}-{self.subset}", lambda: self._in_folder(found))

    def _in_archive(self, path: Path) -> tuple[Split, Split]:
        names = [f"{name}.gz" for name in _files(self.subset)]
        parts: list[NDArray[np.uint8]] = []
        with unzipping(path, "zip archive") as archive:
            for index, name in enumerate(names):
                with opened_member(path, archive, name) as file:
                    parts.append(_values(f"{path}: {name}", file, index))
        return self._splits([f"{path}: {name}" for name in names], parts)

    def _in_folder(self, paths: list[Path]) -> tuple[Split, Split]:
        parts: list[NDArray[np.uint8]] = []
        for index, path in enumerate(paths):
            with system_errors("read", path), open_plain(path) as file:
                parts.append(_values(str(path), file, index))
        return self._splits([str(path) for path in paths], parts)

    def _splits(self, names: list[str], parts: list[NDArray[np.uint8]]) -> tuple[Split, Split]:
        """Return the splits in images and labels to train on, images and labels to test."""
        first = 1 if self.subset == "letters" else 0
        train, test = (
            paired(
                names[i],
                parts[i],
                names[i + 1],
                check_labels(names[i + 1], parts[i + 1], len(self.class_names), first),
            )
            for i in (0, 2)
        )
        for split in (train, test):
            turn(split.inputs[:])
        return train, test


def _values(name: str, file: PeekableFile, index: int) -> NDArray[np.uint8]:
    """Return the values of one of the four files of a subset: images have an even index."""
    return parse_idx(name, file, () if index % 2 else IMAGE, _MOST["train" if index < 2 else "test"])


def turn(images: NDArray[np.uint8]) -> None:
    """Transpose ``images`` (N, H, H, 1) in place."""
    for start in range(0, len(images), _CHUNK):
        part = images[start : start + _CHUNK]
        part[:] = part.swapaxes(1, 2).copy()
