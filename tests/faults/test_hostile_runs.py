"""A run directory that somebody else prepared: no command hangs on it, falls over it or believes it."""

import os

import numpy as np
import pytest

from faults import tiny
from faults.scale import counting, sample

NAMES = ("config.yaml", "environment.json", "metrics.jsonl", "summary.json")
NAMES += ("checkpoints/index.json", "checkpoints/step-00000006.safetensors")
COMMANDS = (("verify",), ("resume", "-q"), ("eval",), ("runs", "show"), ("plot", "curves"))
MEMORY = 256 * 2**20


def replace_by_pipe(path):
    path.unlink()
    os.mkfifo(path)


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


def replace_by_gigabytes(path):
    with path.open("r+b") as file:
        file.truncate(8 * 2**30)


KINDS = {
    "a pipe": replace_by_pipe,
    "a folder": replace_by_folder,
    "gigabytes of zeros": replace_by_gigabytes,
    "nothing": lambda path: path.write_bytes(b""),
    "deep nesting": lambda path: path.write_bytes(b"[" * 100_000),
    "another alphabet": lambda path: path.write_bytes("{\u202e: ü}".encode("utf-16")),
    "huge numbers": lambda path: path.write_bytes(b'{"step": 1e999, "last": ' + b"9" * 5000 + b"}"),
    "a long header": lambda path: path.write_bytes(b"\xff" * 8 + b"{}"),
}


@pytest.fixture
def finished(folder, children):
    run = tiny.lay_out(folder)
    assert children.run("resume", run.path, "-q", folder=folder).code == 0
    return run


def test_no_file_of_a_run_is_trusted(finished, folder, children):
    intact = {name: (finished.path / name).read_bytes() for name in NAMES}
    tries = [(name, kind, command) for name in NAMES for kind in KINDS for command in COMMANDS]
    with counting("commands on a run with a hostile file in it") as figure:
        for name, kind, (command, *options) in sample(tries, 12, np.random.default_rng(14)):
            path = finished.path / name
            KINDS[kind](path)
            ended = children.run(command, *options, finished.path, folder=folder, memory=MEMORY)
            found = [] if ended.is_plain else [f"a traceback: {ended.err}"]
            refused = ended.code in {0, 2, 4} or (kind == "a folder" and "Is a directory" in ended.err)
            found += [] if refused else [f"it left with {ended.code}: {ended.err}"]
            found += ["it says that the file is intact"] if command == "verify" and ended.code == 0 else []
            figure.add(found, *options, command, name, kind)
            path.rmdir() if path.is_dir() else path.unlink()
            path.write_bytes(intact[name])
