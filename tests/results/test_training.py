"""Missing runs are trained, and nothing else."""

import json

import pytest
from support.experiments import stop_at

import nnlab
from nnlab.errors import Interrupted, SystemFault
from nnlab.runs import list_runs
from results.training import train_missing


def train(entries, runs_dir):
    return train_missing(list(entries.values()), runs_dir, quiet=True)


def state(runs_dir):
    """Return every file with its modification time."""
    return {path: path.stat().st_mtime_ns for path in runs_dir.rglob("*") if path.is_file()}


def checkpoints(runs_dir):
    """Return which checkpoint was evaluated, by experiment."""
    return {
        run.name.split("-")[2]: any(run.path.glob("evaluation/**/metrics.json")) and json_of(run)["checkpoint"]
        for run in list_runs(runs_dir)
    }


def json_of(run):
    """Return the newest evaluation of a run."""
    newest = max(run.path.glob("evaluation/**/metrics.json"), key=lambda path: path.stat().st_mtime_ns)
    return json.loads(newest.read_text())


def test_everything_is_trained_once(entries, tmp_path, capsys):
    runs_dir = tmp_path / "runs"
    assert train(entries, runs_dir) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "small, seed 0 (1 of 4)",
        "small, seed 1 (2 of 4)",
        "watched, seed 0 (3 of 4)",
        "by_hand, seed 0 (4 of 4)",
    ]
    assert checkpoints(runs_dir) == {"small": "best", "watched": "last", "by_hand": False}
    before = state(runs_dir)
    assert train(entries, runs_dir) == 0
    assert state(runs_dir) == before


def test_the_folder_of_the_data_and_the_threads_do_not_matter(entries, tmp_path):
    config = entries["small"].load(0)
    elsewhere = config.model_copy(
        update={
            "compute": config.compute.model_copy(update={"threads": 1}),
            "logging": config.logging.model_copy(update={"tensorboard": True}),
            "data": config.data.model_copy(update={"root": "/elsewhere"}),
        }
    )
    nnlab.train(elsewhere, runs_dir=tmp_path / "runs")
    train({"small": entries["small"]}, tmp_path / "runs")
    assert len(list_runs(tmp_path / "runs")) == 2  # and seed 1


def test_a_run_with_other_settings_does_not_count(entries, tmp_path):
    config = entries["watched"].load(0)
    other = config.model_copy(update={"training": config.training.model_copy(update={"steps": 3})})
    nnlab.train(other, runs_dir=tmp_path / "runs")
    train({"watched": entries["watched"]}, tmp_path / "runs")
    assert len(list_runs(tmp_path / "runs")) == 2


def test_a_stopped_run_is_resumed(entries, tmp_path):
    with pytest.raises(Interrupted):
        nnlab.train(entries["watched"].load(0), runs_dir=tmp_path / "runs", report=stop_at(5))
    train({"watched": entries["watched"]}, tmp_path / "runs")
    (run,) = list_runs(tmp_path / "runs")
    assert run.read_json("summary.json")["status"] == "completed"
    assert json_of(run)["step"] == 12


def test_an_evaluation_of_another_checkpoint_does_not_count(entries, tmp_path):
    run = nnlab.train(entries["watched"].load(0), runs_dir=tmp_path / "runs")
    nnlab.evaluate(run, checkpoint="best")
    train({"watched": entries["watched"]}, tmp_path / "runs")
    assert json_of(run)["checkpoint"] == "last"


def test_one_failure_does_not_stop_the_others(entries, tmp_path, capsys, monkeypatch):
    path = tmp_path / "configs" / "small.yaml"
    path.write_text(path.read_text().replace("learning_rate: 0.05", "learning_rate: 1.0e+30"))
    assert train(entries, tmp_path / "runs") == 6
    assert "error: small, seed 0: step " in capsys.readouterr().err
    assert checkpoints(tmp_path / "runs") == {"small": False, "watched": "last", "by_hand": False}


@pytest.mark.parametrize("stop", [Interrupted("stopped", signal=2), SystemFault("disk full")])
def test_a_signal_or_a_full_disk_stops_everything(entries, tmp_path, monkeypatch, stop):
    def fail(*args, **options):
        raise stop

    monkeypatch.setattr("nnlab.training.train", fail)
    with pytest.raises(type(stop)):
        train(entries, tmp_path / "runs")


def test_a_broken_run_does_not_hide_others(entries, tmp_path):
    train(entries, tmp_path / "runs")
    broken = tmp_path / "runs" / "20990101-000000-broken"
    broken.mkdir()
    (broken / "config.yaml").write_text("network: 7")
    before = state(tmp_path / "runs")
    assert train(entries, tmp_path / "runs") == 0
    assert state(tmp_path / "runs") == before
