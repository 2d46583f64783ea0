"""Sweep directories are read, written and found."""

import json
import os
from pathlib import Path

import pytest

from nnlab.errors import RunError
from nnlab.runs import Run
from nnlab.runs.sweeps import Cell, Sweep, find_sweep, read_sweep


def write(root, name="sweep-rates-0123abcd"):
    path = root / name
    cells = tuple(
        Cell(
            Run(path / "cells" / f"{seed:03}-seed={seed}"), {"learning_rate": 0.1, "seed": seed}, status, error, 1
        )
        for seed, (status, error) in enumerate([("completed", None), ("failed", "no memory")])
    )
    sweep = Sweep(path, "rates", {"learning_rate": [0.1], "seed": [0, 1]}, cells)
    sweep.write()
    return sweep


def test_what_was_written_is_read(tmp_path):
    sweep = write(tmp_path)
    assert read_sweep(sweep.path) == sweep
    assert read_sweep(str(sweep.path)).cells[1].run.path == sweep.path / "cells" / "001-seed=1"


def test_a_sweep_is_found_by_path_or_the_beginning_of_its_name(tmp_path):
    sweep, other = write(tmp_path), write(tmp_path, "sweep-seeds-0123abcd")
    assert find_sweep(str(other.path), tmp_path) == other
    assert find_sweep("sweep-r", tmp_path) == sweep
    with pytest.raises(RunError, match=r"2 in .* have this name"):
        find_sweep("sweep-", tmp_path)


@pytest.mark.parametrize("address", ["", "nothing", "../x", "/etc", "a\x00b", "x" * 300, "x" * 5000, "\x1b[31m"])
def test_what_is_no_sweep_is_refused(tmp_path, address):
    with pytest.raises(RunError, match="is not a sweep") as caught:
        find_sweep(address, tmp_path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "change",
    [
        {"cells": None},
        {"cells": [1]},
        {"cells": [{}]},
        {"axes": []},
        {"directory": "../../elsewhere"},
        {"directory": "/etc"},
        {"directory": 3},
        {"status": "done"},
        {"settings": 1},
        {"attempts": 1.5},
        {"attempts": 10**400},
        {"attempts": -1},
        {"error": 3},
        {"name": None},
        {"directory": "a\0b"},
    ],
)
def test_a_damaged_file_is_refused(tmp_path, change):
    sweep = write(tmp_path)
    data = sweep.as_json()
    (data if change.keys() & data.keys() else data["cells"][0]).update(change)
    (sweep.path / "sweep.json").write_text(json.dumps(data))
    with pytest.raises(RunError, match=r"/sweep\.json\b"):
        read_sweep(sweep.path)


def test_a_sweep_is_held_by_one_process(tmp_path):
    sweep = write(tmp_path)
    with sweep.locked(), pytest.raises(RunError, match=rf"{sweep.path} .*\b{os.getpid()}\b"), sweep.locked():
        pass


def test_a_sweep_is_found_from_inside_and_by_a_unique_part_of_its_name(tmp_path, monkeypatch):
    for name in ("sweep-a-0001", "sweep-b-0002"):
        (write(tmp_path, name).path / "cells").mkdir()
    assert find_sweep("b-0002", tmp_path).path == tmp_path / "sweep-b-0002"
    monkeypatch.chdir(tmp_path / "sweep-a-0001" / "cells")
    assert find_sweep("..", Path("runs")).path == tmp_path / "sweep-a-0001"
