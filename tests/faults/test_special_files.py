"""Pipes, devices and huge files as data or as a file of a run: no command waits for ever."""

import os

import numpy as np
import pytest

from faults import tiny

SIZE = 5 * 2**30
"""Bytes of a file with a hole: ten times the memory that the command may take."""


def write_data(folder):
    rng = np.random.default_rng(0)
    folder.mkdir()
    for half, count in (("train", 12), ("test", 4)):
        np.save(folder / f"{half}-inputs.npy", rng.standard_normal((count, 3)).astype(np.float32))
        np.save(folder / f"{half}-labels.npy", np.arange(count) % 2)
    (folder / "classes.txt").write_text("a\nb\n")


@pytest.mark.parametrize("name", ["train-inputs.npy", "test-labels.npy", "classes.txt"])
@pytest.mark.parametrize("kind", ["a pipe", "a device"])
def test_data_that_are_no_plain_file_are_refused(folder, children, name, kind):
    data, source = folder / "data", folder / "own.yaml"
    write_data(data)
    source.write_text(tiny.CONFIG)
    (data / name).unlink()
    if kind == "a pipe":
        os.mkfifo(data / name)
    else:
        (data / name).symlink_to("/dev/zero")
    text = tiny.CONFIG.splitlines()
    text[1] = f"data: {{type: arrays, path: {data}, validation: 4}}"
    source.write_text("\n".join(text))
    ended = children.run("train", source, "-q", folder=folder)
    assert (ended.code, ended.is_plain) == (5, True), ended
    assert str(data / name) in ended.err


@pytest.mark.parametrize("name", ["metrics.jsonl", "summary.json", "environment.json", "config.yaml"])
def test_gigabytes_in_one_run_hide_no_other(folder, children, name):
    run = tiny.lay_out(folder)
    assert children.run("resume", run.path, "-q", folder=folder).code == 0
    other = folder / "runs" / "other"
    other.parent.mkdir()
    other.mkdir()
    (other / "config.yaml").write_bytes(run.config.read_bytes())
    run.path.rename(other.parent / "huge")
    with (other.parent / "huge" / name).open("r+b") as file:
        file.truncate(SIZE)
    ended = children.run("runs", "--runs-dir", other.parent, folder=folder, memory=512 * 2**20)
    assert (ended.code, ended.is_plain) == (0, True), ended
    assert "other" in ended.out
    assert "huge" in ended.out
    ended = children.run("report", other.parent, folder=folder, memory=512 * 2**20)
    assert (ended.code, ended.is_plain) == (0, True), ended
