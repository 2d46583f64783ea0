"""The config that a run began with: recorded before the first step, compared by all that uses the weights."""

import json
import re
from dataclasses import replace

import pytest
from support.experiments import load, stop_at

import nnlab
from nnlab.config import as_yaml
from nnlab.errors import Interrupted, RunError
from nnlab.evaluation import TrainedRun
from nnlab.integrity import verify
from nnlab.runs import Run
from nnlab.runs.changes import edited
from nnlab.runs.checkpoint import encode
from nnlab.runs.checkpoint_index import read_index


class Killed(Exception):
    """Ends a training run before its first step."""


def kill(beginning):
    raise Killed


@pytest.fixture
def begun(tmp_path):
    """A run that was killed after it began and before its first checkpoint, and its config as it was laid out."""
    run = Run(tmp_path / "run")
    run.path.mkdir()
    run.config.write_text(as_yaml(load(tmp_path, "training.evaluate_every=null")))
    laid_out = run.config.read_text()
    with pytest.raises(Killed):
        nnlab.resume(run, begin=kill)
    assert not run.checkpoints.exist
    return run, laid_out


@pytest.fixture
def finished(tmp_path):
    return nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs")


def replace_in(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_an_edit_before_the_first_checkpoint_is_refused(begun):
    run, _ = begun
    replace_in(run.config, "learning_rate: 0.05", "learning_rate: 0.5")
    with pytest.raises(
        RunError, match=r"cannot go on as it began(?s:.)*optimizer\.learning_rate: 0\.5, was 0\.05"
    ):
        nnlab.resume(run, allow_inexact=True)
    assert edited(run, TrainedRun(run).config) == ["optimizer.learning_rate"]
    replace_in(run.config, "learning_rate: 0.5", "learning_rate: 0.05")
    assert nnlab.resume(run)


def test_a_config_that_a_killed_process_left_as_it_was_laid_out_is_resolved(begun):
    run, laid_out = begun
    resolved = run.config.read_text()
    assert resolved != laid_out
    run.config.write_text(laid_out)
    assert nnlab.resume(run)
    assert run.config.read_text() == resolved
    assert verify(run).verdict == "intact, evaluated again"


def test_weights_are_not_used_with_an_edited_config(finished):
    replace_in(finished.config, "learning_rate: 0.05", "learning_rate: 0.5")
    message = (
        f"{finished.config} was edited since the run began:\n"
        "  optimizer.learning_rate: 0.5, was 0.05\n"
        f"undo the changes, or train the edited config as a new run: nnlab train {finished.config}"
    )
    for use in (nnlab.evaluate, lambda run: TrainedRun(run).network("best")):
        with pytest.raises(RunError, match=re.escape(message)):
            use(finished)


def test_a_changed_layer_is_named_by_its_option(finished):
    replace_in(finished.config, "filters: 3", "filters: 4")
    assert edited(finished, TrainedRun(finished).config) == [
        "network.0.filters",
        "network.4.body.0.filters",
    ]


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ("threads: null", "threads: 1", "edited"),
        ("tensorboard: false", "tensorboard: true", "edited"),
        ("name: small", "# mine\nname: small", "intact"),
    ],
)
def test_edits_without_effect_are_named_and_change_nothing(finished, old, new, state):
    before = nnlab.evaluate(finished).metrics.as_json()
    replace_in(finished.config, old, new)
    found = verify(finished)
    assert [each.state for each in found.findings if each.file == "config.yaml"] == [state]
    assert found.intact
    assert found.verdict.endswith("; config.yaml was edited") == (state == "edited")
    assert nnlab.evaluate(finished).metrics.as_json() == before


def test_a_flipped_name_in_the_index_does_not_choose_another_checkpoint(finished, caplog):
    index = finished.path / "checkpoints" / "index.json"
    best = finished.checkpoints.load("best").step
    names = read_index(index.parent).names
    text = index.read_text().replace(f'"best": "{names["best"]}"', f'"best": "{names["previous"]}"')
    assert text != index.read_text()
    index.write_text(text)
    assert finished.checkpoints.load("best").step == best
    assert "index.json is damaged" in caplog.text


def test_a_best_checkpoint_of_another_step_is_not_continued_from(tmp_path):
    with pytest.raises(Interrupted):
        nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs", report=stop_at(8))
    run = nnlab.open_run("latest", tmp_path / "runs")
    index = run.path / "checkpoints" / "index.json"
    names = read_index(index.parent).names
    wrong = index.parent / "best-00000005.safetensors"
    wrong.write_bytes(b"".join(encode(replace(run.checkpoints.load("best"), step=5))))
    index.write_text(json.dumps({**names, "best": wrong.name}))  # as an earlier version wrote it
    with pytest.raises(RunError, match="best checkpoint: damaged"):
        nnlab.resume(run)
