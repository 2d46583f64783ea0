"""Run directories are made, found and held."""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from nnlab.errors import RunError, SystemFault
from nnlab.runs import Checkpoint, Run, check_writable, create_run, directory, find_run, list_runs
from nnlab.runs.directory import began, moment


def make(root, name):
    (root / name).mkdir(parents=True)
    (root / name / "config.yaml").write_text("name: x\n")
    return root / name


def test_a_new_run_is_named_by_time_experiment_and_chance(tmp_path):
    run = create_run(tmp_path / "runs", "my <b>net</b>/../../x")
    assert re.fullmatch(r"\d{8}-\d{6}-my-b-net-b-\.\.-\.\.-x-[0-9a-f]{4}", run.name)
    assert run.path.parent == tmp_path / "runs"
    assert (run.path / "checkpoints").is_dir()
    assert create_run(tmp_path, "\u4e2d\u6587").name.split("-")[2] == "run"


@pytest.fixture
def four_digits_alike(monkeypatch):
    """Let every run of one second draw the same four digits."""
    real = directory.secrets.token_hex
    monkeypatch.setattr(directory.time, "strftime", lambda _: "20261121-093000")
    monkeypatch.setattr(directory.secrets, "token_hex", lambda size: "abcd" if size == 2 else real(size))


def test_300_runs_that_begin_in_one_second_have_300_directories(tmp_path, four_digits_alike):
    with ThreadPoolExecutor(30) as pool:
        made = list(pool.map(lambda _: create_run(tmp_path / "runs", "x").path, range(300)))
    assert len(set(made)) == len(list((tmp_path / "runs").iterdir())) == 300
    assert Counter(len(path.name) for path in made) == {22: 1, 26: 299}


@pytest.mark.slow
def test_processes_that_begin_in_one_second_have_a_directory_each(tmp_path):
    code = (
        "import sys, time, types; from pathlib import Path; from nnlab.runs import directory\n"
        "real = directory.secrets.token_hex\n"
        "directory.secrets = types.SimpleNamespace(token_hex=lambda n: 'abcd' if n == 2 else real(n))\n"
        "directory.time = types.SimpleNamespace(strftime=lambda form: '20261121-093000')\n"
        "for _ in range(100): print(directory.create_run(Path(sys.argv[1]), 'x').name)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "runs")]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    names = [name for child in children for name in child.communicate()[0].split()]
    assert len(set(names)) == len(list((tmp_path / "runs").iterdir())) == 300


def begun(root, name, moment):
    path = make(root, name)
    (path / "environment.json").write_text(json.dumps({"began": moment}))
    return path


def test_the_moment_is_in_utc_with_microseconds():
    before = time.time()
    told = moment()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", told)
    after = time.time()
    assert before - 1e-5 <= directory.datetime.fromisoformat(told).timestamp() <= after


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (("20261025-023000-a-0001", "25T00:30:00.000000Z"), ("20261025-020000-b-0002", "25T01:00:00.000000Z")),
        (("20261025-093000-z-ffff", "25T08:30:00.000001Z"), ("20261025-093000-a-0000", "25T08:30:00.000002Z")),
        (("20261025-200000-a-0001", "25T11:00:00.000000Z"), ("20261025-040000-b-0002", "25T12:00:00.000000Z")),
    ],
    ids=["the end of summer time", "two in one second", "another time zone"],
)
def test_the_latest_run_is_the_one_that_began_last(tmp_path, earlier, later):
    old, new = (begun(tmp_path, name, f"2026-10-{moment}") for name, moment in (earlier, later))
    assert began(new) > began(old)
    assert [run.path for run in list_runs(tmp_path)] == [old, new]
    assert find_run("latest", tmp_path).path == new


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"began": 3}', '{"began": "then"}', '{"began": "2026-01-01"}']
)
def test_without_a_readable_moment_the_name_has_the_time(tmp_path, content):
    run = make(tmp_path, "20261121-093000-a-0001")
    (run / "environment.json").write_text(content)
    assert began(run) == time.mktime((2026, 11, 21, 9, 30, 0, 0, 0, -1))


def test_a_run_is_found_by_path_beginning_or_latest(tmp_path):
    first = make(tmp_path, "20260101-000000-a-0001")
    second = make(tmp_path, "20260102-000000-b-0002")
    (tmp_path / "20270101-not-a-run").mkdir()
    assert find_run(str(first), tmp_path).path == first
    assert find_run("20260101", tmp_path).path == first
    assert find_run("latest", tmp_path).path == second
    assert [run.path for run in list_runs(tmp_path)] == [first, second]
    with pytest.raises(RunError, match="could be any of 2 runs"):
        find_run("2026", tmp_path)


def test_a_run_is_found_by_a_unique_part_of_its_name(tmp_path):
    first = make(tmp_path, "20260101-000000-a-0001")
    second = make(tmp_path, "20260102-000000-b-0002")
    cell = make(tmp_path / "sweep-b" / "cells", "000-rate=0.1-seed=7")
    assert find_run("a-0001", tmp_path).path == first
    assert find_run("000-b", tmp_path).path == second
    assert find_run("sweep-b/cells/000-rate=0.1-seed=7", tmp_path).path == cell
    assert find_run("000-rate=0.1-seed=7", tmp_path).path == cell
    assert find_run("seed=7", tmp_path).path == cell
    with pytest.raises(RunError, match="could be any of 2 runs"):
        find_run("-000000-", tmp_path)


def test_a_whole_name_is_meant_even_if_others_begin_with_it(tmp_path):
    short = make(tmp_path, "run-1")
    make(tmp_path, "run-10")
    assert find_run("run-1", tmp_path).path == short


@pytest.mark.parametrize(("folder", "address"), [(".", "."), ("figures", ".."), ("figures", "../figures/..")])
def test_a_path_from_inside_a_run_has_the_name_of_the_run(tmp_path, monkeypatch, folder, address):
    run = make(tmp_path, "20260101-000000-a-0001")
    (run / "figures").mkdir()
    monkeypatch.chdir(run / folder)
    assert find_run(address, Path("runs")) == Run(run)
    assert find_run(address, Path("runs")).name == "20260101-000000-a-0001"


def test_a_run_without_a_date_counts_by_the_time_of_its_config(tmp_path):
    for name, year in (("zzz", 2020), ("99999999-999999-x", 2022), ("a", 2024)):
        moment = time.mktime((year, 1, 1, 0, 0, 0, 0, 0, -1))
        os.utime(make(tmp_path, name) / "config.yaml", (moment, moment))
    make(tmp_path, "20230501-120000-b-0001")
    make(tmp_path, "20210501-c")
    order = [run.name for run in list_runs(tmp_path)]
    assert order == ["zzz", "20210501-c", "99999999-999999-x", "20230501-120000-b-0001", "a"]
    assert find_run("latest", tmp_path).name == "a"


def test_a_sweep_is_no_run_and_its_address_is_said_to_be_one(tmp_path):
    for name in ("sweep-mine", "sweep-more"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sweep.json").write_text("{}")
    for address in (str(tmp_path / "sweep-mine"), "sweep-mi"):
        with pytest.raises(RunError) as caught:
            find_run(address, tmp_path)
        sweep = tmp_path / "sweep-mine"
        told = f"is a sweep, not a run: nnlab sweep {sweep} continues it, and its runs are {sweep}/cells/..."
        assert str(caught.value).endswith(told)
    with pytest.raises(RunError, match=r"'sweep-m' is no run: no run in \S+ has this name"):
        find_run("sweep-m", tmp_path)


def test_when_something_began_that_is_not_there_is_long_ago(tmp_path):
    assert began(tmp_path / "missing") == 0.0


@pytest.mark.parametrize(
    "address", ["", "nothing", "../x", "/etc", "a\x00b", "a\nb", "x" * 300, "x" * 5000, "\x1b[31m"]
)
def test_what_is_no_run_is_refused(tmp_path, address):
    make(tmp_path, "20260101-000000-a-0001")
    with pytest.raises(RunError) as caught:
        find_run(address, tmp_path)
    assert str(caught.value).isprintable()


def test_no_runs_at_all(tmp_path):
    with pytest.raises(RunError, match="there are no runs"):
        find_run("latest", tmp_path / "missing")


def test_a_root_that_cannot_be_written_is_found_out_first(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(SystemFault, match=r"file/runs.*Not a directory"):
        check_writable(blocker / "runs")
    with pytest.raises(SystemFault, match=r"file/runs.*Not a directory"):
        create_run(blocker / "runs", "x")
    check_writable(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.slow
def test_a_second_holder_is_told_who_holds_it(tmp_path):
    run = Run(make(tmp_path, "r"))
    code = (
        "import sys, pathlib; from nnlab.runs import Run\n"
        "from nnlab.errors import RunError\n"
        "try:\n"
        "    with Run(pathlib.Path(sys.argv[1])).locked(): print('held')\n"
        "except RunError as error: print(error)\n"
    )

    def other():
        return subprocess.run(
            [sys.executable, "-c", code, str(run.path)], capture_output=True, text=True, check=True
        )

    with run.locked():
        assert re.match(rf"{run.path} .*\b{os.getpid()}\b", other().stdout)
    assert other().stdout == "held\n"


@pytest.mark.slow
def test_a_killed_holder_leaves_the_run_free(tmp_path):
    run = Run(make(tmp_path, "r"))
    code = (
        "import sys, os, pathlib; from nnlab.runs import Run\n"
        "with Run(pathlib.Path(sys.argv[1])).locked(): os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(run.path)], check=False).returncode == -9
    with run.locked():
        pass


def test_json_files_of_a_run(tmp_path):
    run = Run(make(tmp_path, "r"))
    run.write_json("summary.json", {"a": 1})
    assert run.read_json("summary.json") == {"a": 1}
    (run.path / "list.json").write_text("[]")
    for name in ("list.json", "missing.json", "config.yaml"):
        with pytest.raises(RunError):
            run.read_json(name)


def test_a_link_to_another_folder_is_refused_and_one_beside_the_run_is_another_name(tmp_path):
    real = make(tmp_path / "elsewhere", "real")
    root = tmp_path / "runs"
    root.mkdir()
    (root / "a-link").symlink_to(real)
    for address in (str(root / "a-link"), f"{root}/a-link/", "a-link", "a-", "latest"):
        with pytest.raises(RunError, match=f"leads elsewhere; name the run itself: {real}"):
            find_run(address, root)
    assert [path.name for path in real.iterdir()] == ["config.yaml"]
    here = make(root, "b")
    (root / "b-link").symlink_to("b")
    assert find_run("b-link", root) == Run(here)
    assert find_run(str(root / "b-link"), root) == Run(here)


@pytest.mark.parametrize("name", ["checkpoints", "evaluation", "figures", "tensorboard"])
def test_a_folder_of_a_run_that_is_a_link_is_refused(tmp_path, name):
    run = Run(make(tmp_path, "r"))
    assert run.folder(name, "x") == run.path / name / "x"
    getattr(run, name)
    (run.path / name).symlink_to(tmp_path)
    with pytest.raises(RunError, match=f"{name} is a link, which nnlab does not follow"):
        getattr(run, name)
    with pytest.raises(RunError, match=f"{name} is a link"):
        run.folder(name, "x")


def test_without_the_best_checkpoint_an_intact_last_one_is_named(tmp_path):
    run = Run(make(tmp_path, "r"))
    state = {"params/0.weight": np.ones(3, np.float32)}
    run.checkpoints.save(Checkpoint(2, state), Checkpoint(1, state))
    assert (run.load("best").step, run.load("last").step) == (1, 2)
    (run.path / "checkpoints" / "best-00000001.safetensors").write_bytes(b"")
    with pytest.raises(RunError, match=r"best-00000001.safetensors .*; that of step 2 is intact"):
        run.load("best")
    (run.path / "checkpoints" / "step-00000002.safetensors").write_bytes(b"")
    for which in ("best", "last"):
        with pytest.raises(RunError, match=r"\d\.safetensors [^;]*$"):
            run.load(which)
