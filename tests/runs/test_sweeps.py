"""Sweep directories are read, written and found."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from nnlab.errors import RunError
from nnlab.runs import Run, find_run
from nnlab.runs.sweeps import Cell, Sweep, find_run_or_sweep, find_sweep, read_sweep


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


def test_latest_is_the_newest_of_runs_and_sweeps(tmp_path):
    sweep, other = write(tmp_path), write(tmp_path, "sweep-a-0123abcd")
    for each, part in ((sweep, 3), (other, 1)):
        replace(each, began=f"2026-11-21T08:30:00.00000{part}Z").write()
    run = tmp_path / "20270101-000000-x-0001"
    run.mkdir()
    (run / "config.yaml").write_text("name: x\n")
    for moment, newest in (("00.000002Z", sweep.path), ("00.000004Z", run)):
        (run / "environment.json").write_text(json.dumps({"began": f"2026-11-21T08:30:{moment}"}))
        assert find_run_or_sweep("latest", tmp_path).path == newest
    assert find_sweep("latest", tmp_path).path == sweep.path
    assert find_run("latest", tmp_path).path == run


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
