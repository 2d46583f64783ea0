"""What must be the same for a training to go on, and what is written if it goes on nevertheless."""

import json
import shutil
from dataclasses import replace

import pytest
from support.experiments import load, stop_at, without_clock

import nnlab
from nnlab.errors import Interrupted, RunError
from nnlab.runs import Run
from nnlab.runs.checkpoint_arrays import fingerprint


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A run that was stopped at step 8 of 12; checkpoints are of steps 6 and 8, the best one of step 3 or 6."""
    folder = tmp_path_factory.mktemp("stopped")
    with pytest.raises(Interrupted):
        nnlab.train(load(folder), runs_dir=folder / "runs", report=stop_at(8))
    return nnlab.open_run("latest", folder / "runs")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    return nnlab.train(load(folder), runs_dir=folder / "runs")


@pytest.fixture
def run(stopped, tmp_path):
    shutil.copytree(stopped.path, tmp_path / "run")
    return Run(tmp_path / "run")


def contents(run):
    return {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}


def environment_with(run, **changes):
    run.write_json("environment.json", run.read_json("environment.json") | changes)


def elsewhere(run):
    facts = run.read_json("environment.json")
    facts["versions"]["numpy"] = "1.0"
    facts["blas"][0]["architecture"] = "Zen"
    run.write_json("environment.json", facts)


def refused(run, match):
    before = contents(run)
    with pytest.raises(RunError, match=match) as caught:
        nnlab.resume(run)
    assert contents(run) == before
    return str(caught.value)


def test_another_numpy_and_core_type_are_listed_and_nothing_is_written(run):
    elsewhere(run)
    told = refused(run, "cannot go on as it began").splitlines()
    assert told[1].startswith("  NumPy: ")
    assert told[1].endswith(", was 1.0")
    assert told[2].startswith("  BLAS core type: ")
    assert told[2].endswith(", was Zen")
    assert told[3].startswith("--allow-inexact ")


def test_allowed_it_goes_on_and_is_recorded(run, undisturbed):
    elsewhere(run)
    began = run.read_json("environment.json")["began"]
    assert nnlab.resume(run, allow_inexact=True) is True
    assert without_clock(run) == without_clock(undisturbed)
    assert run.read_json("environment.json")["began"] == began
    [note] = run.read_json("environment.json")["resumed"]
    assert note["step"] == 8
    assert [each["what"] for each in note["differences"]] == ["NumPy", "BLAS core type"]
    assert note["differences"][1]["before"] == "Zen"
    assert run.read_json("environment.json")["blas"] == undisturbed.read_json("environment.json")["blas"]


def test_a_second_change_is_noted_beside_the_first(run):
    environment_with(run, resumed=[{"when": "once"}], simd={"baseline": [], "found": ["NEON"]})
    nnlab.resume(run, allow_inexact=True)
    first, second = run.read_json("environment.json")["resumed"]
    assert first == {"when": "once"}
    assert second["differences"][0]["what"] == "SIMD"


def test_the_other_config_and_data_are_never_gone_on_with(run):
    run.config.write_text(run.config.read_text().replace("learning_rate: 0.05", "learning_rate: 0.5"))
    data = run.read_json("environment.json")["data"]
    environment_with(run, data=data | {"test": "f" * 64})
    elsewhere(run)
    for options in ({}, {"allow_inexact": True}):
        with pytest.raises(RunError) as caught:
            nnlab.resume(run, **options)
        keys = [line.strip().partition(":")[0] for line in str(caught.value).splitlines()[1:-1]]
        assert keys == ["optimizer.learning_rate", "test data", "NumPy", "BLAS core type"]
        assert str(caught.value).endswith(f"begin a new run: nnlab train {run.config}")


def test_a_finished_run_may_be_looked_at_anywhere(undisturbed, tmp_path):
    shutil.copytree(undisturbed.path, tmp_path / "run")
    run = Run(tmp_path / "run")
    elsewhere(run)
    assert nnlab.resume(run) is False
    assert "resumed" not in run.read_json("environment.json")


@pytest.mark.parametrize("content", [None, "{", "[]", "{}", "[" * 100_000, '{"versions": 3, "blas": [1]}'])
def test_without_its_environment_it_goes_on_only_if_told(run, content, undisturbed):
    path = run.path / "environment.json"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(RunError, match=r"environment\.json|NumPy: .* was unknown"):
        nnlab.resume(run)
    nnlab.resume(run, allow_inexact=True)
    assert without_clock(run) == without_clock(undisturbed)
    assert run.read_json("environment.json")["resumed"][0]["differences"][0]["before"] == "unknown"


def test_a_log_that_was_changed_is_not_gone_on_with(run):
    lines = run.metrics.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"step": ', b'"step": 1')
    run.metrics.write_bytes(b"".join(lines))
    refused(run, r"metrics\.jsonl:3 ")
    run.metrics.write_bytes(b"".join(lines[:2]))
    refused(run, r"metrics\.jsonl is shorter than it was")
    run.metrics.unlink()
    refused(run, r"metrics\.jsonl\b")


def test_what_follows_the_checkpoint_in_the_log_does_not_matter(run, undisturbed):
    with run.metrics.open("ab") as file:
        file.write(b'{"torn": ' + bytes(5000) + b"\n\xff")
    nnlab.resume(run)
    assert without_clock(run) == without_clock(undisturbed)


def test_after_a_damaged_checkpoint_the_one_before_is_kept_until_there_are_two_good_ones(run, undisturbed):
    newest = run.path / "checkpoints" / "step-00000008.safetensors"
    newest.write_bytes(newest.read_bytes()[:-1])
    with pytest.raises(Interrupted):
        nnlab.resume(run, report=stop_at(7))
    index = json.loads((run.path / "checkpoints" / "index.json").read_text())
    assert (index["last"], index["previous"]) == ("step-00000007.safetensors", "step-00000006.safetensors")
    nnlab.resume(run)
    assert without_clock(run) == without_clock(undisturbed)


def test_a_damaged_best_checkpoint_costs_the_best_and_only_if_told(run):
    [best] = (run.path / "checkpoints").glob("best-*")
    best.write_bytes(b"")
    refused(run, r"best checkpoint: damaged, was of step \d")
    nnlab.resume(run, allow_inexact=True)
    assert run.checkpoints.load("best").step > 8
    assert run.read_json("environment.json")["resumed"][0]["differences"][0]["what"] == "best checkpoint"


def test_a_damaged_best_checkpoint_of_the_last_step_is_made_again(tmp_path, caplog):
    with pytest.raises(Interrupted):
        nnlab.train(load(tmp_path), runs_dir=tmp_path, report=stop_at(3))
    run = nnlab.open_run("latest", tmp_path)
    [best] = (run.path / "checkpoints").glob("best-*")
    best.write_bytes(b"")
    nnlab.resume(run)
    assert "its weights are also those of step 3" in caplog.text
    assert run.checkpoints.load("best").arrays


def test_temporary_files_of_a_killed_process_are_removed(run):
    for folder in (run.path, run.path / "checkpoints"):
        (folder / ".summary.json.0123abcd.tmp").write_text("half")
        (folder / ".mine.tmp").write_text("mine")
    nnlab.resume(run)
    left = [path.name for path in run.path.rglob("*.tmp")]
    assert left == [".mine.tmp", ".mine.tmp"]


@pytest.mark.parametrize(
    "change",
    [{"config": 3}, {"monitor": {"metric": "loss"}}, {"streams": 7}],
    ids=["config", "monitor", "streams"],
)
def test_a_checkpoint_whose_facts_are_of_another_kind_is_passed_over(run, undisturbed, change, caplog):
    last = run.checkpoints.load("last")
    run.checkpoints.save(replace(last, facts={**last.facts, **change}), None)
    nnlab.resume(run)
    assert ["going back to step 6" in text for text in caplog.messages] == [True]
    assert run.checkpoints.load("last").arrays.keys() == undisturbed.checkpoints.load("last").arrays.keys()
    assert fingerprint(run.checkpoints.load("last")) == fingerprint(undisturbed.checkpoints.load("last"))


def test_a_checkpoint_without_what_a_training_needs_is_of_another_version(run):
    last = run.checkpoints.load("last")
    run.checkpoints.save(replace(last, facts={**last.facts, "streams": {}}), None)
    refused(run, "the checkpoint of step 8 is of another version")
