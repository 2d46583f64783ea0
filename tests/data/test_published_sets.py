import bz2
import dataclasses
import functools
import gzip
import hashlib
import io
import struct
import tarfile
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from nnlab.data import Cifar100, Emnist, Kmnist, Mnist, Qmnist, fetch, load_dataset
from nnlab.data.cifar import CIFAR100
from nnlab.data.emnist import turn
from nnlab.data.published import PublishedFile
from nnlab.data.section import DataSpec
from nnlab.data.usps import read_examples
from nnlab.errors import DataError
from nnlab.registry import DATASETS

RNG = np.random.default_rng(0)
TRAIN, TEST = RNG.integers(256, size=(2, 6, 28, 28), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 3, 4, 9])


def idx_bytes(values):
    values = np.asarray(values, np.uint8)
    return bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()


def records(count, seed):
    found = np.random.default_rng(seed).integers(256, size=(count, CIFAR100.record), dtype=np.uint8)
    found[:, 0] %= 20
    found[:, 1] %= 100
    return found


def cifar_archive():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for seed, name in enumerate(CIFAR100.names):
            content = records(5 - seed, seed).tobytes()
            info = tarfile.TarInfo(f"cifar-100-binary/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(buffer.getvalue())


def emnist_parts(subset, labels=LABELS):
    names = [f"emnist-{subset}-{half}-{part}" for half in ("train", "test") for part in ("images", "labels")]
    ends = ["idx3-ubyte", "idx1-ubyte"] * 2
    parts = (TRAIN.swapaxes(1, 2), labels, TEST.swapaxes(1, 2), labels)
    return {f"{name}-{end}": idx_bytes(part) for name, end, part in zip(names, ends, parts, strict=True)}


def emnist_archive(members, folder="gzip/", compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(f"{folder}{name}.gz", gzip.compress(content))
    return buffer.getvalue()


def qmnist_labels(labels):
    rows = np.zeros((len(labels), 8), ">i4")
    rows[:, 0], rows[:, 1:] = labels, 99_999
    return bytes((0, 0, 0x0C, 2)) + struct.pack(">2I", *rows.shape) + rows.tobytes()


def qmnist_files():
    return {
        "qmnist-train-images-idx3-ubyte.gz": idx_bytes(TRAIN),
        "qmnist-train-labels-idx2-int.gz": qmnist_labels(LABELS),
        "qmnist-test-images-idx3-ubyte.gz": idx_bytes(TEST),
        "qmnist-test-labels-idx2-int.gz": qmnist_labels(LABELS),
    }


def zipped(files):
    return {name: gzip.compress(content) for name, content in files.items()}


def usps_file(images, labels):
    """Pixels of 0 to 255 as LIBSVM writes them; those in the middle are left out, as zeros are."""
    lines = []
    for image, label in zip(images.reshape(len(images), 256), labels, strict=True):
        values = [f"{i + 1}:{x / 127.5 - 1:.6f}" for i, x in enumerate(image) if x != 128]
        lines.append(f"{label + 1} {' '.join(values)} \n")
    return bz2.compress("".join(lines).encode())


SMALL_TRAIN, SMALL_TEST = RNG.integers(256, size=(2, 6, 16, 16), dtype=np.uint8)


def put(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


PUBLISHED = {
    "kmnist": zipped(
        {
            "train-images-idx3-ubyte.gz": idx_bytes(TRAIN),
            "train-labels-idx1-ubyte.gz": idx_bytes(LABELS),
            "t10k-images-idx3-ubyte.gz": idx_bytes(TEST),
            "t10k-labels-idx1-ubyte.gz": idx_bytes(LABELS),
        }
    ),
    "qmnist": zipped(qmnist_files()),
    "emnist": {"gzip.zip": emnist_archive(emnist_parts("balanced"))},
    "usps": {"usps.bz2": usps_file(SMALL_TRAIN, LABELS), "usps.t.bz2": usps_file(SMALL_TEST, LABELS)},
    "cifar100": {"cifar-100-binary.tar.gz": cifar_archive()},
}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_set_is_fetched_and_read(home, tmp_path, monkeypatch, name):
    put(tmp_path / "mirror", PUBLISHED[name])
    source = DATASETS[name]
    files = tuple(
        PublishedFile(file, len(content), hashlib.md5(content, usedforsecurity=False).hexdigest())
        for file, content in PUBLISHED[name].items()
    )
    assert [file.name for file in files] == [file.name for file in source.published.files]
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path / "mirror")) as server:
        here = dataclasses.replace(
            source.published, files=files, mirrors=(f"http://127.0.0.1:{server.server_port}/",)
        )
        monkeypatch.setattr(source, "published", here)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        folder = fetch(name)
        server.shutdown()
        thread.join()
    assert folder == tmp_path / "cache" / "nnlab" / "data" / name
    for _ in range(2):  # the second time from the cache of decoded examples
        data = load_dataset(DATASETS.spec(name, DataSpec)(), 0)
        if name == "cifar100":
            assert data.train.labels.tolist() == records(5, 0)[:, 1].tolist()
            assert len(data.test) == 4
        else:
            train, test = (SMALL_TRAIN, SMALL_TEST) if name == "usps" else (TRAIN, TEST)
            np.testing.assert_array_equal(data.train.inputs[:][..., 0], train)
            np.testing.assert_array_equal(data.test.inputs[:][..., 0], test)
            np.testing.assert_array_equal(data.test.labels, LABELS)


def test_both_labels_of_cifar100(home):
    put(
        home / "data" / "cifar-100-binary",
        {"train.bin": records(5, 0).tobytes(), "test.bin": records(4, 1).tobytes()},
    )
    put(home / "data" / "cifar100", {"cifar-100-binary.tar.gz": cifar_archive()})
    for labels, column, names in (("fine", 1, 100), ("coarse", 0, 20)):
        source = Cifar100(labels=labels)
        train, test = source.load(None)
        assert len(source.class_names) == len(set(source.class_names)) == names
        assert train.labels.tolist() == records(5, 0)[:, column].tolist()
        assert test.labels.tolist() == records(4, 1)[:, column].tolist()
        picture = records(5, 0)[2, 2:].reshape(3, 32, 32).transpose(1, 2, 0)
        np.testing.assert_array_equal(train.inputs[2], picture)
    wrong = records(5, 0)
    wrong[3, 0] = 20
    (home / "data" / "cifar-100-binary" / "train.bin").write_bytes(wrong.tobytes())
    with pytest.raises(DataError, match=r"record 3 has the label 20\b"):
        Cifar100().load(None)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_letters_are_numbered_from_1_and_transposed(home, suffix):
    files = emnist_parts("letters", LABELS + 1)
    put(home / "data" / "emnist", {f"{n}{suffix}": gzip.compress(x) if suffix else x for n, x in files.items()})
    source = Emnist(subset="letters")
    train, test = source.load(None)
    np.testing.assert_array_equal(train.inputs[:][..., 0], TRAIN)
    np.testing.assert_array_equal(test.inputs[:][..., 0], TEST)
    assert [source.class_names[label] for label in test.labels] == list("ABCDEJ")
    put(home / "data" / "emnist", emnist_parts("letters", LABELS))
    if not suffix:
        with pytest.raises(DataError, match=r"label 0 is 0\b.*\b26\b"):
            Emnist(subset="letters").load(None)


@pytest.mark.parametrize(("subset", "classes"), [("byclass", 62), ("bymerge", 47), ("digits", 10), ("mnist", 10)])
def test_all_subsets_are_in_one_archive(home, subset, classes):
    put(home / "data", {"gzip.zip": emnist_archive(emnist_parts("digits") | emnist_parts(subset))})
    source = Emnist(subset=subset)
    assert len(source.class_names) == classes
    np.testing.assert_array_equal(source.load(None)[0].inputs[:][..., 0], TRAIN)


def test_more_images_than_are_turned_at_a_time():
    images = np.random.default_rng(1).integers(256, size=(5000, 3, 3, 1), dtype=np.uint8)
    turned = images.copy()
    turn(turned)
    np.testing.assert_array_equal(turned, images.transpose(0, 2, 1, 3))


BOMB = bytes((0, 0, 8, 3)) + struct.pack(">3I", 6, 28, 28) + bytes(2**24)
HOSTILE = {
    "lacks a file": (lambda: emnist_archive({}), "lacks emnist-balanced-train-images-idx3-ubyte.gz"),
    "not a zip": (lambda: b"PK nothing", "is a damaged zip archive"),
    "cut": (lambda: emnist_archive(emnist_parts("balanced"))[:-9], "is a damaged zip archive"),
    "bomb": (
        lambda: emnist_archive(dict.fromkeys(emnist_parts("balanced"), BOMB), compression=zipfile.ZIP_DEFLATED),
        "images-idx3-ubyte.gz continues after",
    ),
    "method": (
        lambda: emnist_archive(emnist_parts("balanced"), compression=zipfile.ZIP_BZIP2),
        "is compressed in a way that is not read",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_archives_that_are_not_emnist(home, case):
    make, message = HOSTILE[case]
    put(home / "data", {"gzip.zip": make()})
    with pytest.raises(DataError, match=f"{message}.*nnlab data fetch emnist"):
        Emnist().load(None)


def test_a_digit_of_qmnist_out_of_range(home):
    files = {name.removesuffix(".gz"): content for name, content in qmnist_files().items()}
    put(home / "data" / "qmnist", files | {"qmnist-test-labels-idx2-int": qmnist_labels([-1] * 6)})
    with pytest.raises(DataError, match=r"label 0 is -1\b"):
        Qmnist().load(None)
    put(home / "data" / "qmnist", {"qmnist-test-labels-idx2-int": idx_bytes(LABELS)})
    with pytest.raises(DataError, match="integers of 4 bytes"):
        Qmnist().load(None)


@pytest.mark.usefixtures("no_mirrors")
def test_kmnist_does_not_take_the_files_of_mnist(home, write_idx):
    write_idx(home / "data")
    assert len(Mnist().load(None)[0]) == 20
    with pytest.raises(DataError, match="kmnist"):
        Kmnist().load(None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no bzip2", "is a damaged bzip2 file"),
        (bz2.compress(b"")[:-2], "is a damaged bzip2 file"),
        (bz2.compress(b""), "has no examples"),
        (bz2.compress(b"11 1:0.5\n"), r"line 1 .*: the class is 11\b"),
        (bz2.compress(b"1 1:0.5\n1 2:0.5 2:1\n"), "line 2 .*: the index 2 follows 2"),
        (bz2.compress(b"1 257:0.5\n"), "the index 257 follows 0"),
        (bz2.compress(b"1 1:nan\n"), "a value is not from -1 to 1"),
        (bz2.compress(b"\n"), "line 1 is not an example"),
        (bz2.compress(b"1" * 2**24), "line 1 is longer than 8192 bytes"),
        (bz2.compress(b"1\n" * 7292), "line 7292 is one too many"),
    ],
)
def test_texts_that_are_not_usps(tmp_path, content, message):
    put(tmp_path, {"usps.bz2": content})
    with pytest.raises(DataError, match=rf"usps\.bz2.*{message}"):
        read_examples(tmp_path / "usps.bz2")
