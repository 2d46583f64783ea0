"""QMNIST, whose labels are records of eight integers: the digit, its writer, and where it was in NIST's files."""

from pathlib import Path

from nnlab.data.cache import digest_of_files, remembered
from nnlab.data.idx import IMAGE, INTEGERS, check_labels, paired, read_idx
from nnlab.data.lookup import locate
from nnlab.data.published import Layout, PublishedData, PublishedFile
from nnlab.data.source import Source, Split
from nnlab.registry import DATASETS

_RECORD = (8,)
_MOST = 60_000
_FILES = {  # size in bytes, MD5
    "qmnist-train-images-idx3-ubyte": (9_704_059, "ed72d4157d28c017586c42bc6afe6370"),
    "qmnist-train-labels-idx2-int": (463_024, "0058f8dd561b90ffdd0f734c6a30e5e4"),
    "qmnist-test-images-idx3-ubyte": (9_742_279, "1394631089c404de565df7b7aeaf9412"),
    "qmnist-test-labels-idx2-int": (526_800, "5b5b05890a5e13444e108efe57b788aa"),
}


@DATASETS.register("qmnist")
class Qmnist(Source):
    """MNIST made again from NIST's files, with all 60,000 test digits, of which MNIST has 10,000.

    120,000 handwritten digits, 28 x 28 grey pixels: 60,000 to train on, 60,000 to test. Yadav and Bottou (2019),
    arXiv:1905.10498.
    """

    published = PublishedData(
        name="qmnist",
        layouts=(Layout(("qmnist", "QMNIST/raw", ""), tuple(_FILES), ("", ".gz")),),
        files=tuple(PublishedFile(f"{name}.gz", size, md5) for name, (size, md5) in _FILES.items()),
        mirrors=("https://raw.githubusercontent.com/facebookresearch/qmnist/master/",),
    )
    input_shape = (*IMAGE, 1)
    class_names = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")

    def load(self, root: Path | None) -> tuple[Split, Split]:
        found = locate(self.published, root)
        with self.published.naming_the_cure():
            if not all(path.suffix == ".gz" for path in found):
                return _read(*found)
            return remembered("qmnist", digest_of_files(found), lambda: _read(*found))


def _read(train_images: Path, train_labels: Path, test_images: Path, test_labels: Path) -> tuple[Split, Split]:
    return _read_pair(train_images, train_labels), _read_pair(test_images, test_labels)


def _read_pair(images: Path, labels: Path) -> Split:
    digits = read_idx(labels, _RECORD, _MOST, INTEGERS)[:, 0]
    numbers = check_labels(str(labels), digits, len(Qmnist.class_names))
    return paired(str(images), read_idx(images, IMAGE, _MOST), str(labels), numbers)
