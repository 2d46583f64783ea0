import gzip
import io
import os
import tarfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.data import Cifar10
from nnlab.data.cifar import CIFAR10, read_archive, read_files, split_of
from nnlab.errors import DataError, SystemFault

RECORD = CIFAR10.record
FILES = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
REAL = os.environ.get("NNLAB_DATA")


def batches(count=2, seed=0):
    rng = np.random.default_rng(seed)
    records = rng.integers(256, size=(6, count, RECORD), dtype=np.uint8)
    records[..., 0] %= 10
    return {name: part.tobytes() for name, part in zip(FILES, records, strict=True)}


def write_folder(folder, contents):
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def member(name, content=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar(*members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def honest_members(contents):
    folder = member("cifar-10-batches-bin", type=tarfile.DIRTYPE)
    texts = [member(f"cifar-10-batches-bin/{name}", b"text") for name in ("batches.meta.txt", "readme.html")]
    files = [member(f"cifar-10-batches-bin/{name}", content) for name, content in contents.items()]
    return [folder, texts[0], *reversed(files), texts[1]]


def write_archive(path, *members):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(tar(*members) + bytes(2**17), 1))
    return path


def images_by_loops(content):
    """Each pixel's colour, one number after the other, as the format's page describes it."""
    images = np.zeros((len(content) // RECORD, 32, 32, 3), np.uint8)
    for n in range(len(images)):
        for channel in range(3):
            for row in range(32):
                for column in range(32):
                    images[n, row, column, channel] = content[n * RECORD + 1 + channel * 1024 + row * 32 + column]
    return images


def check(splits, contents):
    train, test = splits
    whole = b"".join(contents[name] for name in FILES[:5])
    for split, content in ((train, whole), (test, contents["test_batch.bin"])):
        np.testing.assert_array_equal(split.inputs, images_by_loops(content))
        assert split.labels.tolist() == list(content[::RECORD])
        assert (split.inputs.dtype, split.labels.dtype) == (np.uint8, np.int64)
        assert split.inputs.flags.c_contiguous


@pytest.mark.parametrize("folder", ["cifar-10-batches-bin", "cifar10/cifar-10-batches-bin", "cifar10", "."])
def test_a_folder_is_read(home, folder):
    contents = batches()
    root = home / "root"
    write_folder(root / folder, contents)
    check(Cifar10().load(root), contents)


@pytest.mark.parametrize("folder", [".", "cifar10"])
def test_the_archive_is_read_and_nothing_is_extracted(home, folder):
    contents = batches()
    path = write_archive(home / "root" / folder / "cifar-10-binary.tar.gz", *honest_members(contents))
    check(Cifar10().load(home / "root"), contents)
    assert [file for file in home.rglob("*") if file.is_file()] == [path]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(2 * RECORD + 7), "batch.bin: record 2 is short: it has 7 bytes of 3073"),
        (b"", "batch.bin has no records"),
        (bytes(10_001 * RECORD), "batch.bin has more than 10000 records"),
        (bytes(RECORD) + b"\x0a" + bytes(RECORD - 1), "batch.bin: record 1 has the label 10, not 0 to 9"),
    ],
    ids=["short", "empty", "too large", "label"],
)
def test_the_record_at_fault_is_named(home, content, message):
    (home / "batch.bin").write_bytes(content)
    with pytest.raises(DataError, match=message):
        split_of(read_files([home / "batch.bin"]))


def test_a_file_that_cannot_be_read_is_the_machines_fault(home):
    with pytest.raises(SystemFault, match=r"/work\b.*Is a directory"):
        split_of(read_files([home]))
    with pytest.raises(SystemFault, match=r"/work\b.*Is a directory"):
        read_archive(home)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (member("../data_batch_1.bin", b"x"), "leads out of the archive"),
        (member("/etc/data_batch_1.bin", b"x"), "leads out of the archive"),
        (member("cifar-10-batches-bin/x", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "neither a plain file"),
        (
            member("cifar-10-batches-bin/x", type=tarfile.LNKTYPE, linkname="test_batch.bin"),
            "neither a plain file",
        ),
        (member("cifar-10-batches-bin/x", type=tarfile.CHRTYPE), "neither a plain file"),
        (member("cifar-10-batches-bin/x", type=tarfile.FIFOTYPE), "neither a plain file"),
        (member("cifar-10-batches-bin/test_batch.bin", b"x"), "test_batch.bin is there twice"),
    ],
    ids=["..", "absolute", "symlink", "hard link", "device", "pipe", "twice"],
)
def test_members_that_an_honest_archive_lacks_are_refused(home, bad, message):
    path = write_archive(home / "cifar-10-binary.tar.gz", *honest_members(batches()), bad)
    with pytest.raises(DataError, match=message):
        Cifar10().load(home)
    assert list(home.iterdir()) == [path]


def test_an_archive_that_lacks_a_file_says_which(home):
    contents = batches()
    del contents["data_batch_3.bin"]
    path = write_archive(home / "a.tar.gz", *honest_members(contents))
    with pytest.raises(DataError, match=r"lacks data_batch_3\.bin"):
        read_archive(path)


@pytest.mark.parametrize(
    ("name", "size", "count", "message"),
    [
        ("cifar-10-batches-bin/data_batch_1.bin", 2**33, 1, "has 8589934592 bytes"),
        ("other", 2**33, 1, "has 8589934592 bytes"),
        ("other", 2**60, 1, "has 1152921504606846976 bytes"),
        ("other", -1, 1, "has -1 bytes"),
        ("other", 2**20, 200, "unpacks to more than 185428576 bytes"),
    ],
)
def test_a_tar_bomb_is_not_unpacked(home, name, size, count, message):
    info = tarfile.TarInfo(name)
    info.size = size
    path = home / "bomb.tar.gz"
    with gzip.open(path, "wb", 1) as file:
        for _ in range(count):
            file.write(info.tobuf(tarfile.GNU_FORMAT))
            file.write(bytes(max(0, min(size, 2**20))))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=message):
            read_archive(path)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_damaged_archives_are_refused(home):
    path = home / "a.tar.gz"
    good = gzip.compress(tar(*honest_members(batches())), 1)
    plain = tar(*honest_members(batches()))
    for bad in (b"", b"not an archive", good[:-9], good[: len(good) // 2], plain, gzip.compress(b"x" * 4096)):
        path.write_bytes(bad)
        with pytest.raises(DataError, match=r"a\.tar\.gz"):
            read_archive(path)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    garbage=st.binary(max_size=600),
    place=st.integers(0, 6000),
    header=st.integers(0, 8),
    keep=st.integers(0, 40_000),
)
def test_only_data_errors_escape(tmp_path_factory, garbage, place, header, keep):
    path = tmp_path_factory.getbasetemp() / "fuzzed.tar.gz"
    pax = member("cifar-10-batches-bin/x", b"1", pax_headers={"GNU.sparse.size": "3", "comment": "c"})
    plain = bytearray(tar(pax, *honest_members(batches(1))))
    plain[place : place + len(garbage)] = garbage
    plain[header * 512 + 124 : header * 512 + 130] = garbage[:6]
    zipped = gzip.compress(bytes(plain), 1)
    for content in (garbage, bytes(plain), zipped, zipped[:keep], gzip.compress(bytes(plain[:keep]), 1)):
        path.write_bytes(content)
        try:
            split_of(read_archive(path))
        except DataError:
            continue


@pytest.mark.parametrize(
    "name", ["cifar-10-batches-py/data_batch_1", "cifar-10-python.tar.gz", "cifar10/cifar-10-batches-py/x"]
)
def test_pickles_are_not_opened(home, name):
    path = home / "data" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"cos\nsystem\n(S'touch hacked'\ntR.")
    with pytest.raises(DataError, match=r"cifar-10-binary\.tar\.gz.*nnlab data fetch cifar10"):
        Cifar10().load(None)
    assert not (home / "hacked").exists()


def test_a_safe_copy_elsewhere_wins_over_pickles(home):
    (home / "pickled" / "cifar-10-batches-py").mkdir(parents=True)
    contents = batches()
    write_folder(home / "data" / "cifar-10-batches-bin", contents)
    check(Cifar10().load(home / "pickled"), contents)


@pytest.mark.skipif(
    not REAL or not Cifar10.published.find(Path(REAL)), reason="NNLAB_DATA does not hold CIFAR-10's binary files"
)
def test_published_numbers_of_cifar10():
    train, test = Cifar10().load(Path(REAL))
    assert np.bincount(train.labels).tolist() == [5000] * 10
    assert np.bincount(test.labels).tolist() == [1000] * 10
    mean = train.inputs.reshape(-1, 3).mean(axis=0) / 255
    np.testing.assert_allclose(mean, [0.4914, 0.4822, 0.4465], atol=1e-3)
