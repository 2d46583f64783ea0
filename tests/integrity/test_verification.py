"""Every file of a run is checked, and what is said to be usable is."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.experiments import load, stop_at

import nnlab
from nnlab.errors import Interrupted, RunError
from nnlab.integrity import verify
from nnlab.runs import Run

KINDS = ["config.yaml", "metrics.jsonl", "summary.json", "checkpoints/index.json"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run that was stopped at step 8 of 12, evaluated twice."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.raises(Interrupted):
        nnlab.train(load(folder), runs_dir=folder / "runs", report=stop_at(8))
    run = nnlab.open_run("latest", folder / "runs")
    nnlab.evaluate(run)
    nnlab.evaluate(run, split="validation", checkpoint="last")
    return run


@pytest.fixture
def run(made, tmp_path):
    shutil.copytree(made.path, tmp_path / "run")
    return Run(tmp_path / "run")


def states(run):
    return {finding.file: finding.state for finding in verify(run).findings}


def note(run, file):
    [told] = [finding.note for finding in verify(run).findings if finding.file == file]
    return told


def damaged(run):
    return {file for file, state in states(run).items() if state == "damaged"}


def test_an_intact_run_and_what_it_is_good_for(run):
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    found = verify(run)
    assert found.intact
    assert {finding.state for finding in found.findings} == {"intact"}
    assert [finding.file for finding in found.findings if "/" not in finding.file] == [
        "config.yaml",
        "environment.json",
        "normalization.safetensors",
        "metrics.jsonl",
        "summary.json",
        "test-ledger.jsonl",
        "the data",
    ]
    assert len(found.findings) == 15
    assert found.usable[1] == "nnlab resume continues from step 8"
    assert "10 records of loss and accuracy can be drawn" in found.usable
    assert before == {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    assert json.loads(json.dumps(found.as_json()))["intact"] is True


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(kind=st.integers(0, 6), position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_found_where_it_is(run, kind, position, bit):
    checkpoints = sorted(path.relative_to(run.path).as_posix() for path in run.path.glob("checkpoints/*.s*"))
    name = [*KINDS, *checkpoints][kind]
    path = run.path / name
    original = path.read_bytes()
    content = bytearray(original)
    content[int(position * len(content))] ^= 1 << bit
    path.write_bytes(content)
    try:
        assert_noticed(run, name, original)
    finally:
        path.write_bytes(original)


def assert_noticed(run, name, original):
    """A file is damaged, torn or without effect; what a summary tells besides is not recorded twice."""
    if name in damaged(run) or "incomplete record" in note(run, name):
        return
    assert name == "summary.json"
    told, was = run.read_json(name), json.loads(original)
    assert told.keys() != was.keys() or any(told[key] != was[key] for key in was)
    assert all(told[key] == was[key] for key in ("best", "last") if key in told)


@pytest.mark.parametrize("content", [b"", b"[" * 100_000, b"\xff\xfe", b"null", b"[]"])
def test_nonsense_in_any_file_is_a_finding_and_no_more(run, content):
    for path in sorted(path for path in run.path.rglob("*") if path.is_file() and path.name != ".lock"):
        original = path.read_bytes()
        path.write_bytes(content)
        name = path.relative_to(run.path).as_posix()
        assert name in damaged(run) or name == "metrics.jsonl"
        path.write_bytes(original)
    assert verify(run).intact


def test_pipes_and_links_do_not_keep_it_waiting(run):
    import os

    for name in ("metrics.jsonl", "environment.json", "checkpoints/index.json"):
        (run.path / name).unlink()
        os.mkfifo(run.path / name)
    assert {"metrics.jsonl", "environment.json", "checkpoints/index.json"} <= damaged(run)


def test_an_edited_config_is_told_with_its_keys(run):
    run.config.write_text(run.config.read_text().replace("learning_rate: 0.05", "learning_rate: 0.5"))
    assert note(run, "config.yaml") == "edited since training: optimizer.learning_rate: 0.5, was 0.05"
    assert not any("continues from" in sentence or "again" in sentence for sentence in verify(run).usable)
    run.config.write_text(run.config.read_text().replace("learning_rate: 0.5", "learning_rate: 0.05") + "# mine\n")
    assert (
        note(run, "config.yaml")
        == "not as this version of nnlab writes it, but the settings are those of training"
    )
    assert verify(run).intact
    run.config.write_text("name: x\n")
    assert "missing key" in note(run, "config.yaml") or "data" in note(run, "config.yaml")
    assert verify(run).usable == ()


def test_without_the_best_checkpoint_resume_wants_to_be_told(run):
    for best in run.path.glob("checkpoints/best-*"):
        best.write_bytes(b"")
    assert "nnlab resume --allow-inexact continues from step 8" in verify(run).usable
    with pytest.raises(RunError):
        nnlab.resume(run)


def test_what_is_said_of_resume_is_true(run):
    (run.path / "checkpoints" / "step-00000008.safetensors").write_bytes(b"")
    assert "nnlab resume continues from step 6" in verify(run).usable
    lines = run.metrics.read_bytes().splitlines(keepends=True)
    run.metrics.write_bytes(b"".join(lines[:3]))
    assert not any("continues from" in sentence for sentence in verify(run).usable)
    with pytest.raises(RunError):
        nnlab.resume(run)


def test_a_run_that_has_only_begun_is_not_damaged(made, tmp_path):
    run = Run(tmp_path / "run")
    run.path.mkdir()
    shutil.copy(made.config, run.config)
    assert verify(run).intact
    assert states(run)["environment.json"] == "missing"
    shutil.copy(made.path / "environment.json", run.path)
    (run.path / "metrics.jsonl").touch()
    assert verify(run).intact
    assert verify(run).usable == (f"nnlab train {run.config} trains it again",)


def test_a_torn_end_of_the_log_is_no_damage_but_told(run):
    with run.metrics.open("ab") as file:
        file.write(b'{"step": 9')
    assert note(run, "metrics.jsonl") == "10 records to step 8; 10 bytes of an incomplete record after them"
    assert verify(run).intact


def test_numbers_that_do_not_follow_from_the_others(run):
    summary = run.read_json("summary.json")
    run.write_json("summary.json", summary | {"best": summary["best"] | {"loss": 0.0}})
    assert "its best evaluation" in note(run, "summary.json")
    metrics = run.read_json("evaluation/metrics.json")
    run.write_json("evaluation/metrics.json", metrics | {"accuracy": 1.0, "loss": 0.0})
    assert note(run, "evaluation/metrics.json") == "accuracy, loss do not match predictions.npz"
    run.write_json("evaluation/metrics.json", {"per_class": 3})
    assert "does not match predictions.npz" in note(run, "evaluation/metrics.json")
    run.write_json("evaluation/metrics.json", metrics | {"step": 2})
    assert note(run, "evaluation/metrics.json").startswith("test-ledger.jsonl ")
    [stored] = run.path.glob("evaluation/validation/**/metrics.json")
    place = stored.relative_to(run.path).as_posix()
    run.write_json(place, run.read_json(place) | {"step": 2})
    assert note(run, place) == "of step 2, whose checkpoint is no longer kept"
    run.write_json("environment.json", run.read_json("environment.json") | {"data": {"train": "0" * 64}})
    assert "differs from the data" in note(run, "the data")


def test_states_that_no_training_would_save(run):
    from dataclasses import replace

    last = run.checkpoints.load("last")
    wrong = {name: np.full_like(array, np.nan) for name, array in last.arrays.items() if array.dtype.kind == "f"}
    run.checkpoints.save(replace(last, arrays={**last.arrays, **wrong}), None)
    assert "values that are not finite" in note(run, "checkpoints/step-00000008.safetensors")
    run.checkpoints.save(replace(last, arrays={"params/0.weight": np.zeros(3, np.float32)}), None)
    assert "0.weight" in note(run, "checkpoints/step-00000008.safetensors")


def test_other_files_are_listed(run):
    (run.path / "notes.txt").write_text("mine")
    (run.path / "figures").mkdir()
    (run.path / "figures" / "curves.png").write_bytes(b"png")
    (run.path / ".summary.json.0123abcd.tmp").write_text("half")
    assert note(run, "notes.txt") == "not written by nnlab"
    assert note(run, "figures/curves.png") == "can be drawn again"
    assert note(run, ".summary.json.0123abcd.tmp") == "left by a killed process; can be deleted"
    assert verify(run).intact


def test_data_that_are_not_here_are_not_downloaded(run, tmp_path, monkeypatch):
    monkeypatch.setenv("NNLAB_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    text = run.config.read_text()
    (run.path / "checkpoints" / "index.json").unlink()
    shutil.rmtree(run.path / "checkpoints")
    start = text.index("data:")
    end = text.index("\nnetwork:")
    run.config.write_text(f"{text[:start]}data: {{type: mnist, validation: 10}}{text[end:]}")
    assert note(run, "the data").startswith("mnist ")
    assert states(run)["the data"] == "missing"


def test_a_finished_run_without_its_checkpoints_is_damaged(run):
    shutil.rmtree(run.path / "checkpoints")
    assert damaged(run) == {"summary.json"}
    assert note(run, "summary.json") == "it describes training of 8 steps, but there is no checkpoint"


def test_a_log_cut_short_is_blamed_and_not_what_it_is_compared_with(run):
    run.metrics.write_bytes(run.metrics.read_bytes()[:-200])
    assert damaged(run) == {"metrics.jsonl"}
    assert "bytes that were there when the newest checkpoint was saved" in note(run, "metrics.jsonl")
