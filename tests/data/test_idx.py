import dataclasses
import gzip
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.data import FashionMnist, Mnist, idx, load_dataset
from nnlab.data.idx import read_idx, read_pair
from nnlab.data.section import DataSpec
from nnlab.errors import DataError, SystemFault
from nnlab.registry import DATASETS

REAL = os.environ.get("NNLAB_DATA")
needs_data = pytest.mark.skipif(not REAL, reason="NNLAB_DATA is not set")


def header(*shape):
    return bytes((0, 0, 8, len(shape))) + struct.pack(f">{len(shape)}I", *shape)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("folder", ["data/mnist", "data", "data/MNIST/raw"])
def test_what_was_written_is_read(home, write_idx, folder, suffix):
    images, labels, test_images, test_labels = write_idx(home / folder, suffix=suffix)
    train, test = Mnist().load(None)
    for split, x, y in ((train, images, labels), (test, test_images, test_labels)):
        assert split.inputs.dtype == np.uint8
        assert split.inputs.flags.c_contiguous
        assert split.labels.dtype == np.int64
        np.testing.assert_array_equal(split.inputs[..., 0], x)
        np.testing.assert_array_equal(split.labels, y)
        assert split.inputs.shape[1:] == Mnist.input_shape


def test_gzip_is_recognized_by_content_not_by_name(home):
    (home / "a").write_bytes(gzip.compress(header(3) + b"\x01\x02\x03"))
    (home / "b.gz").write_bytes(header(3) + b"\x01\x02\x03")
    assert read_idx(home / "a", (), 3).tolist() == read_idx(home / "b.gz", (), 3).tolist() == [1, 2, 3]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "begins with nothing"),
        (b"\x00\x00\x08", "begins with 00 00 08, not"),
        (b"<!doctype html>", "begins with 3c 21 64 6f, not 00 00 08 03"),
        (header(2) + b"\0\0", "begins with 00 00 08 01, not 00 00 08 03"),
        (bytes((0, 0, 13, 3)) + bytes(12), "begins with 00 00 0d 03"),
        (header(2, 3, 3)[:-1], "ends within its header of 16 bytes"),
        (header(2, 9, 3) + bytes(54), "items of 9 x 3, not 3 x 3"),
        (header(0, 3, 3), "declares 0 items, not 1 to 7"),
        (header(8, 3, 3) + bytes(72), "declares 8 items, not 1 to 7"),
        (header(2, 3, 3) + bytes(17), "short: its header declares 18 bytes, 17 follow"),
        (header(2, 3, 3) + bytes(19), "continues after the 18 bytes"),
    ],
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else None,
)
def test_what_is_wrong_with_a_file_is_said(home, content, message, zipped):
    path = home / "images"
    path.write_bytes(gzip.compress(content) if zipped else content)
    with pytest.raises(DataError, match=f"images .*{message}"):
        read_idx(path, (3, 3), 7)


def test_a_damaged_gzip_file_is_refused(home):
    good = gzip.compress(header(2000) + np.random.default_rng(0).bytes(2000))
    path = home / "labels.gz"
    for bad in (good[:-9], good[:100], good[:-8] + b"\0\0\0\0" + good[-4:], good + b"garbage", good[:4]):
        path.write_bytes(bad)
        with pytest.raises(DataError, match="damaged gzip"):
            read_idx(path, (), 2000)


@pytest.mark.parametrize(
    "content",
    [
        header(2**32 - 1, 28, 28),
        header(60_000, 2**32 - 1, 2**32 - 1),
        gzip.compress(header(5, 28, 28) + bytes(10**8)),
    ],
    ids=["huge count", "huge images", "gzip bomb"],
)
def test_no_memory_is_taken_for_what_a_file_only_claims(home, content):
    path = home / "images"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(DataError):
            read_idx(path, (28, 28), 60_000)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_labels_out_of_range_and_counts_that_differ(home):
    images, labels = home / "images", home / "labels"
    images.write_bytes(header(2, 28, 28) + bytes(2 * 784))
    labels.write_bytes(header(2) + b"\x09\x0a")
    with pytest.raises(DataError, match="labels: label 1 is 10, not 0 to 9"):
        read_pair(images, labels, 10)
    labels.write_bytes(header(3) + b"\x09\x00\x01")
    with pytest.raises(DataError, match=r"images has 2 images, .*labels has 3 labels"):
        read_pair(images, labels, 10)


@pytest.mark.slow
def test_checks_hold_without_assertions(home):
    (home / "labels").write_bytes(header(2) + b"\x01")
    code = "from pathlib import Path; from nnlab.data.idx import read_idx; read_idx(Path('labels'), (), 9)"
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=False)
    assert "DataError: labels is short" in done.stderr


def test_a_file_that_cannot_be_read_is_the_machines_fault(home):
    (home / "labels").mkdir()
    with pytest.raises(SystemFault, match=r"/labels\b.*Is a directory"):
        read_idx(home / "labels", (), 9)


@given(
    content=st.binary(max_size=60), flips=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4)
)
def test_only_data_errors_escape(tmp_path_factory, content, flips):
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    plain = header(3, 2, 2) + content[:12]
    for original in (content, plain, gzip.compress(plain), gzip.compress(header(3, 2, 2) + bytes(12))):
        altered = bytearray(original)
        for place, value in flips:
            if place < len(altered):
                altered[place] = value
        path.write_bytes(altered)
        try:
            values = read_idx(path, (2, 2), 3)
        except DataError:
            continue
        assert values.shape[1:] == (2, 2)
        assert 1 <= len(values) <= 3


@needs_data
def test_published_numbers_of_mnist():
    train, test = Mnist().load(Path(REAL))
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert train.inputs.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert train.inputs.std() / 255 == pytest.approx(0.3081, abs=5e-5)


@needs_data
def test_published_numbers_of_fashion_mnist():
    train, test = FashionMnist().load(Path(REAL))
    assert np.bincount(train.labels).tolist() == [6000] * 10
    assert np.bincount(test.labels).tolist() == [1000] * 10
    assert train.inputs.mean() / 255 == pytest.approx(0.2860, abs=2e-4)
    assert train.inputs.std() / 255 == pytest.approx(0.3530, abs=2e-4)


def test_files_of_the_other_data_set_are_recognized_by_their_labels(home, write_idx, monkeypatch):
    *_, test_labels = write_idx(home / "data" / "fashion_mnist", suffix="")
    write_idx(home / "data" / "mnist", seed=1)
    digest = hashlib.md5(test_labels.astype(np.uint8).tobytes(), usedforsecurity=False).hexdigest()
    assert len(FashionMnist().load(None)[1]) == 8
    monkeypatch.setitem(idx._TEST_LABELS, digest, "mnist")
    with pytest.raises(DataError, match="data/fashion_mnist holds mnist, not fashion_mnist"):
        FashionMnist().load(None)
    assert len(Mnist().load(None)[1]) == 8


@needs_data
def test_the_two_data_sets_are_not_taken_for_each_other():
    for source, other in ((FashionMnist, "mnist"), (Mnist, "fashion_mnist")):
        with pytest.raises(DataError, match=f"{other} holds {other}, not {source.published.name}"):
            source().load(Path(REAL) / other)


def test_a_damaged_file_is_told_with_where_an_intact_one_comes_from(tmp_path):
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (tmp_path / f"{name}-ubyte").write_bytes(b"nonsense")
    with pytest.raises(
        DataError,
        match=r"is not an idx file .*; remove the damaged files, and nnlab data fetch mnist downloads intact",
    ):
        Mnist().load(tmp_path)


def test_names_with_a_dot_are_read(home, write_idx):
    images, *_ = write_idx(home / "data" / "mnist", suffix="")
    for path in (home / "data" / "mnist").iterdir():
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    train, _ = Mnist().load(None)
    np.testing.assert_array_equal(train.inputs[..., 0], images)


def test_a_run_on_other_files_says_unverified_wherever_it_names_its_data(home, write_idx, nnlab_):
    write_idx(home / "data" / "mnist", train=60, test=20)
    settings = [
        "data.validation=10",
        "training.steps=2",
        "training.evaluate_every=2",
        "network=[{type: dense, units: 10}]",
    ]
    code, out, err = nnlab_("train", "mnist", f"data.root={home / 'data'}", *settings)
    assert code == 0
    assert "examples  50 training, 10 validation, 20 test (mnist, unverified)\n" in err
    run = Path(out.strip())
    assert json.loads((run / "environment.json").read_text())["dataset"]["verified"] is False
    assert "mnist (unverified)" in nnlab_("runs", "list")[1]
    assert re.search("^data +mnist .unverified.$", nnlab_("runs", "show", "latest")[1], re.MULTILINE)
    assert nnlab_("report", "latest", "--format", "md")[0] == 0
    text = (run / "report-md" / "report.md").read_text()
    assert "- **data set:** mnist (unverified): other files under the names of the published\n" in text


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_other_files_under_the_names_of_a_published_data_set_are_unverified(home, write_idx, monkeypatch, suffix):
    folder = home / "data" / "mnist"
    write_idx(folder, suffix=suffix)
    spec = DATASETS.spec("mnist", DataSpec)()
    assert load_dataset(spec, 0).verified is False
    contents = [
        path.read_bytes() for path in (folder / f"{file.name[:-3]}{suffix}" for file in Mnist.published.files)
    ]
    if suffix:
        contents = [gzip.decompress(content) for content in contents]
    digests = [hashlib.md5(content, usedforsecurity=False).hexdigest() for content in contents]
    files = zip(Mnist.published.files, digests, strict=True)
    known = tuple(dataclasses.replace(file, unpacked_md5=digest) for file, digest in files)
    monkeypatch.setattr(Mnist, "published", dataclasses.replace(Mnist.published, files=known))
    assert load_dataset(spec, 0).verified is True
    (folder / f"t10k-labels-idx1-ubyte{suffix}").write_bytes(contents[3][:-1] + bytes([contents[3][-1] ^ 1]))
    assert load_dataset(spec, 0).verified is False


def test_a_generated_data_set_needs_no_verification():
    assert load_dataset(DATASETS.spec("ellipse", DataSpec)(train=4, test=4), 0).verified is True


@needs_data
def test_the_published_images_and_labels_of_mnist_are_verified():
    assert load_dataset(DATASETS.spec("mnist", DataSpec)(root=REAL), 0).verified is True
