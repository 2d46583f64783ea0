"""Hostile data: exit code 3, the file and the record named, nothing extracted or run, little memory taken."""

import os
import subprocess
import sys

import numpy as np
import pytest

from faults import hostile, tiny

MEMORY = 192 * 2**20


def train(folder, children, data, shape="units: 10", **options):
    source = folder / "c.yaml"
    text = tiny.CONFIG.replace("{type: random, shape: [3], classes: 2, train: 12, test: 4, validation: 4}", data)
    source.write_text(text.replace("units: 2", shape).replace("log_every", "evaluate_on: test, log_every"))
    ended = children.run("train", source, "-q", folder=folder, **options)
    assert ended.is_plain, ended.err
    return ended


@pytest.mark.parametrize("case", hostile.IDX)
def test_idx_files(folder, children, case):
    images, labels, message = hostile.IDX[case]
    hostile.write_idx(folder / "data", images, labels)
    ended = train(folder, children, "{type: mnist, root: data}", memory=MEMORY)
    assert ended.code == 3, ended.err
    assert message in ended.err
    assert "data/train-" in ended.err


def test_without_assertions_too(folder, children):
    images, labels, message = hostile.IDX["a label out of range"]
    hostile.write_idx(folder / "data", images, labels)
    train(folder, children, "{type: mnist, root: data}")
    command = [sys.executable, "-O", "-m", "nnlab", "train", "c.yaml", "-q"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, message in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(hostile.RECORD - 1), "data_batch_1.bin: record 0 "),
        (bytes(2 * hostile.RECORD + 7), "data_batch_1.bin: record 2 "),
        (
            bytes(hostile.RECORD) + b"\x0a" + bytes(hostile.RECORD - 1),
            "data_batch_1.bin: record 1 ",
        ),
        (b"", "data_batch_1.bin has no records"),
        (bytes(hostile.RECORD * 10_001), "10000"),
    ],
)
def test_cifar_files(folder, children, content, message):
    hostile.write_batches(folder / "data" / "cifar-10-batches-bin", content)
    ended = train(folder, children, "{type: cifar10, root: data}")
    assert ended.code == 3, ended.err
    assert message in ended.err


@pytest.mark.parametrize("case", hostile.ARCHIVES)
def test_archives(folder, children, case):
    (folder / "data").mkdir()
    (folder / "data" / "cifar-10-binary.tar.gz").write_bytes(hostile.ARCHIVES[case])
    ended = train(folder, children, "{type: cifar10, root: data}", memory=2 * MEMORY)
    assert ended.code == 3, ended.err
    assert "cifar-10-binary.tar.gz" in ended.err
    assert {path.name for path in folder.rglob("*.bin")} == set()


def test_pickles_of_cifar10_are_refused_and_the_safe_ones_named(folder, children):
    (folder / "data" / "cifar-10-batches-py").mkdir(parents=True)
    (folder / "data" / "cifar-10-batches-py" / "data_batch_1").write_bytes(hostile.pickled())
    ended = train(folder, children, "{type: cifar10, root: data}")
    assert ended.code == 3, ended.err
    assert "cifar-10-batches-py" in ended.err
    assert "cifar-10-binary.tar.gz" in ended.err
    assert not (folder / "harm").exists()


@pytest.mark.parametrize("part", ["train-inputs", "train-labels"])
def test_arrays_of_objects_are_refused(folder, children, part):
    data = folder / "data"
    data.mkdir()
    for half in ("train", "test"):
        (data / f"{half}-inputs.npy").write_bytes(hostile.npy(np.zeros((4, 3), np.float32)))
        (data / f"{half}-labels.npy").write_bytes(hostile.npy(np.zeros(4, np.int64)))
    (data / f"{part}.npy").write_bytes(hostile.objects())
    ended = train(folder, children, "{type: arrays, path: data}", shape="units: 1")
    assert ended.code == 3, ended.err
    assert f"{part}.npy " in ended.err
    assert not (folder / "harm").exists()


def test_an_archive_of_arrays_that_unpacks_to_too_much_is_refused(folder, children):
    big = hostile.npy(np.zeros((4, 3), np.float32))
    arrays = {"train_labels": hostile.npy(np.zeros(4, np.int64)), "test_inputs": big, "test_labels": big}
    bomb = hostile.npy(np.zeros((2**25, 1), np.uint8))
    (folder / "data.npz").write_bytes(hostile.zipped(train_inputs=bomb, **arrays))
    ended = train(folder, children, "{type: arrays, path: data.npz}", shape="units: 1", memory=MEMORY)
    assert ended.code == 3, ended.err
    assert "data.npz" in ended.err


@pytest.mark.parametrize("case", hostile.CSV)
def test_csv_files(folder, children, case):
    content, message = hostile.CSV[case]
    (folder / "data.csv").write_bytes(content)
    ended = train(folder, children, "{type: csv, path: data.csv}", shape="units: 2", memory=MEMORY)
    assert ended.code == 3, ended.err
    assert "data.csv" in ended.err
    assert message in ended.err
    assert "\x1b" not in ended.err


def test_folders_of_images(folder, children):
    for name in ("train/[red]cat", "train/<b>dog", "test/<b>dog"):
        (folder / "pets" / name).mkdir(parents=True)
        for number in range(3):
            (folder / "pets" / name / f"{number}.png").write_bytes(hostile.png(1))
    cats = folder / "pets" / "train" / "[red]cat"
    for name, content in {"\x1b[31m.png": b"", "9.png": hostile.png(8000), "big.png": hostile.png(60_000)}.items():
        (cats / name).write_bytes(content)
    (cats / "link.png").symlink_to("/etc/passwd")
    os.mkfifo(cats / "pipe.png")
    data = "{type: images, path: pets, size: 4}"
    ended = train(folder, children, data, shape="units: 2", memory=MEMORY)
    assert ended.code == 3, ended.err
    assert "5 of 11 files" in ended.err
    assert "skip_damaged" in ended.err
    assert "\x1b" not in ended.err
    ended = train(folder, children, data.replace("size", "skip_damaged: true, size"), shape="units: 2")
    assert ended.code == 0, ended.err
    assert "left out 5 of 11 files" in ended.err


@pytest.mark.parametrize("name", ["weights.pkl", "weights.pt"])
def test_a_pickle_in_the_place_of_data_is_refused(folder, children, name):
    (folder / name).write_bytes(hostile.pickled())
    ended = train(folder, children, f"{{type: arrays, path: {name}}}")
    assert ended.code == 3, ended.err
    assert f"{name} " in ended.err
    assert ".npz" in ended.err
    assert not (folder / "harm").exists()
