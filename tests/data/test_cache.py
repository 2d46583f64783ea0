import gzip
import io
import tarfile

import numpy as np
import pytest

from nnlab.data import Cifar10, Mnist, Split, cache
from nnlab.data.cache import remembered
from nnlab.errors import DataError, SystemFault


def splits(seed=0):
    rng = np.random.default_rng(seed)
    return tuple(
        Split(rng.integers(256, size=(count, 3, 1)).astype(np.uint8), rng.integers(9, size=count))
        for count in (7, 4)
    )


def same(a, b):
    return all(
        np.array_equal(x.inputs[:], y.inputs[:])
        and np.array_equal(x.labels, y.labels)
        and (x.inputs.dtype, x.labels.dtype) == (y.inputs.dtype, y.labels.dtype)
        for x, y in zip(a, b, strict=True)
    )


def never():
    pytest.fail("made again")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "nnlab" / "set"


def test_what_was_made_once_is_read(folder):
    made = remembered("set", "a", splits)
    read = remembered("set", "a", never)
    assert same(made, read)
    assert all(array.flags.aligned for split in read for array in (split.inputs, split.labels))
    assert [path.name for path in folder.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("damage", ["flip the digest", "flip", "cut", "longer", "empty", "another's", "folder"])
def test_what_is_not_intact_is_made_again(folder, damage):
    remembered("set", "a", lambda: splits(1))
    path = folder / "a.bin"
    content = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        remembered("set", "b", lambda: splits(2))
        flipped = [bytes(byte ^ (place == at) for place, byte in enumerate(content)) for at in (3, 200)]
        path.write_bytes({
            "flip the digest": flipped[0],
            "flip": flipped[1],
            "cut": content[:-1],
            "longer": content + b"x",
            "empty": b"",
            "another's": (folder / "b.bin").read_bytes(),
        }[damage])  # fmt: skip
    assert same(remembered("set", "a", splits), splits())
    if damage != "folder":
        assert same(remembered("set", "a", never), splits())


def test_a_cache_that_cannot_be_written_does_not_matter(tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert same(remembered("set", "a", splits), splits())


def test_what_cannot_be_made_is_not_kept(folder):
    def fail():
        raise DataError("damaged")

    with pytest.raises(DataError, match="damaged"):
        remembered("set", "a", fail)
    assert not folder.exists()


def test_zipped_idx_files_are_unpacked_once(home, write_idx, monkeypatch):
    write_idx(home / "data" / "mnist")
    first = Mnist().load(None)
    monkeypatch.setattr("nnlab.data.idx.read_idx", lambda *_: never())
    assert same(Mnist().load(None), first)
    monkeypatch.undo()
    write_idx(home / "data" / "mnist", seed=1)
    assert not same(Mnist().load(home / "data"), first)


def test_an_archive_of_cifar10_is_unpacked_once(home, monkeypatch):
    buffer = io.BytesIO()
    rng = np.random.default_rng(0)
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"):
            records = rng.integers(10, size=(2, 3073)).astype(np.uint8).tobytes()
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = len(records)
            archive.addfile(info, io.BytesIO(records))
    (home / "data").mkdir()
    (home / "data" / "cifar-10-binary.tar.gz").write_bytes(gzip.compress(buffer.getvalue()))
    first = Cifar10().load(None)
    monkeypatch.setattr("nnlab.data.cifar.read_archive", lambda *_: never())
    assert same(Cifar10().load(None), first)


def test_files_that_cannot_be_digested_are_the_machines_fault(home):
    with pytest.raises(SystemFault, match=r"/work\b.*Is a directory"):
        cache.digest_of_files([home])
    with pytest.raises(SystemFault, match=r"/nowhere\b.*No such file"):
        cache.remembered_digest(home / "nowhere")
