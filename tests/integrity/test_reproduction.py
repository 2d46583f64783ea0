"""A run is trained again and compared; what differs is found, and by how much."""

import json
import shutil

import numpy as np
import pytest
from support.experiments import load, stop_at

import nnlab
from nnlab.errors import DivergedError, Interrupted, RunError
from nnlab.integrity.reproduction import reproduce
from nnlab.nn.layers import Conv2d
from nnlab.runs import MetricsLog, Run
from nnlab.runs.predictions_file import write_predictions


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run that was stopped at step 8 of 12."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.raises(Interrupted):
        nnlab.train(load(folder), runs_dir=folder / "runs", report=stop_at(8))
    return nnlab.open_run("latest", folder / "runs")


@pytest.fixture
def run(made, tmp_path):
    shutil.copytree(made.path, tmp_path / "run")
    return Run(tmp_path / "run")


def rewrite(run, records):
    log = MetricsLog(run.metrics)
    for record in records:
        log.append(record)
    log.close()


def test_an_interrupted_run_is_identical_up_to_its_last_checkpoint_and_left_as_it_is(run):
    before = {path: (path.stat().st_mtime_ns, path.is_dir() or path.read_bytes()) for path in run.path.rglob("*")}
    steps = []
    found = reproduce(run, report=lambda record: steps.append(record.step))
    assert (found.verdict, found.compared, found.records, found.checkpoints) == ("identical", 8, 10, 3)
    assert (found.first, found.parameter, found.largest, found.environment) == (None, None, None, ())
    assert steps == list(range(1, 9))
    assert before == {
        path: (path.stat().st_mtime_ns, path.is_dir() or path.read_bytes()) for path in run.path.rglob("*")
    }
    assert json.loads(json.dumps(found.as_json()))["verdict"] == "identical"


def test_a_run_that_stopped_early_stops_there_again(tmp_path):
    run = nnlab.train(load(tmp_path, "training.early_stopping={patience: 1, min_delta: 1.0}"), runs_dir=tmp_path)
    found = reproduce(run)
    assert (found.verdict, found.compared) == ("identical", 6)


def test_only_so_many_steps(run):
    found = reproduce(run, steps=6)
    assert (found.compared, found.records) == (6, 8)
    assert reproduce(run, steps=2).checkpoints == 0
    assert reproduce(run, steps=10**9).compared == 8


def test_another_rounding_is_found_with_its_layer_and_tolerated_if_asked(run, monkeypatch):
    exact = Conv2d.backward

    def rounded(self, grad_y, cache):
        grad_x, grads = exact(self, grad_y, cache)
        return grad_x, {name: grad * np.float32(1 + 1e-5) for name, grad in grads.items()}

    monkeypatch.setattr(Conv2d, "backward", rounded)
    found = reproduce(run)
    assert found.verdict == "different"
    assert found.first.step == 2  # the loss of the first step does not know of the gradient
    assert 0 < found.first.amount < 1e-3
    assert found.parameter.what == "network[0] (conv2d) weight"
    assert found.parameter.amount <= found.largest.amount < 1e-3
    assert reproduce(run, tolerance=1e-3).verdict == "within the tolerance"
    assert reproduce(run, tolerance=1e-12).verdict == "different"


def test_another_seed_for_the_batches_is_no_matter_of_tolerance(run, monkeypatch):
    from dataclasses import replace

    last = run.checkpoints.load("last")
    run.checkpoints.save(replace(last, facts={**last.facts, "batches": {"rng": None}}), None)
    found = reproduce(run, tolerance=1e9)
    assert found.verdict == "different"
    assert (found.first.what, found.first.amount) == ("the random batches", None)


def test_records_that_are_missing_or_others(run):
    records = run.records()
    for changed in (records[:4] + records[5:], records[:-1], [*records, records[-1]]):
        rewrite(run, changed)
        found = reproduce(run, tolerance=1.0)
        assert found.verdict == "different"
        assert found.first.what in {"another record", "a record is missing"}


def test_another_environment_is_told_before_anything_is_trained(run, caplog):
    facts = run.read_json("environment.json")
    facts["versions"]["numpy"] = "1.0"
    run.write_json("environment.json", facts)
    told = []
    found = reproduce(run, report=lambda record: told.append(caplog.text))
    assert "not as in the run: NumPy: " in told[0]
    assert [each.what for each in found.environment] == ["NumPy"]
    assert found.verdict == "identical"


def test_damaged_checkpoints_are_left_out(run, caplog):
    (run.path / "checkpoints" / "step-00000008.safetensors").write_bytes(b"")
    found = reproduce(run)
    assert (found.verdict, found.compared) == ("identical", 6)
    assert "it is left out" in caplog.text


def test_a_run_without_checkpoints_is_compared_by_its_records(run):
    shutil.rmtree(run.path / "checkpoints")
    assert reproduce(run).verdict == "identical"
    run.metrics.write_bytes(b"")
    with pytest.raises(RunError, match="nothing yet to compare"):
        reproduce(run)


def test_an_edited_config_is_refused(run):
    run.config.write_text(run.config.read_text().replace("learning_rate: 0.05", "learning_rate: 0.5"))
    with pytest.raises(
        RunError, match=r"was changed since the training: optimizer\.learning_rate: 0\.5, was 0\.05"
    ):
        reproduce(run)


def test_a_run_that_diverged_diverges_again_and_one_that_did_not_is_told_from_it(run, tmp_path, monkeypatch):
    config = load(tmp_path, "optimizer.learning_rate=1e30", "training.checkpoint_every=1")
    with pytest.raises(DivergedError):
        nnlab.train(config, runs_dir=tmp_path / "runs")
    diverged = nnlab.open_run("latest", tmp_path / "runs")
    if diverged.checkpoints.exist or diverged.records():
        assert reproduce(diverged).verdict == "identical"
    exact = Conv2d.backward
    monkeypatch.setattr(
        Conv2d, "backward", lambda self, g, cache: (exact(self, g, cache)[0] * np.nan, exact(self, g, cache)[1])
    )
    monkeypatch.setattr(
        Conv2d, "forward", lambda self, x: (np.full((len(x), *self.output_shape), np.nan, x.dtype), x)
    )
    found = reproduce(run)
    assert found.verdict == "different"
    assert found.first.step == 1
    assert found.first.amount is None


def test_the_summary_is_compared(run):
    assert reproduce(run).summary
    assert not reproduce(run, steps=6).summary
    summary = run.read_json("summary.json")
    for key, value in (("parameters", 1), ("examples", 9), ("monitor", "accuracy")):
        run.write_json("summary.json", summary | {key: value})
        found = reproduce(run)
        assert (found.verdict, found.first.what) == ("different", f"summary {key}")
    run.write_json("summary.json", summary | {"best": summary["best"] | {"accuracy": 1.0}})
    found = reproduce(run)
    assert found.first.what == "summary best"
    assert found.first.amount == pytest.approx(1 - summary["best"]["accuracy"])


def test_stored_evaluations_are_compared_with_the_predictions_of_the_second_network(run):
    nnlab.evaluate(run)
    nnlab.evaluate(run, split="validation", checkpoint="last")
    found = reproduce(run)
    assert (found.verdict, found.evaluations) == ("identical", 2)
    stored = dict(np.load(run.path / "evaluation" / "predictions.npz"))
    stored["probabilities"][3, 1] += np.float32(0.25)
    write_predictions(run.path / "evaluation" / "predictions.npz", stored)
    found = reproduce(run)
    assert (found.verdict, found.first.what) == ("different", "evaluation probabilities")
    assert found.first.amount == pytest.approx(0.25)
    record = run.read_json("evaluation/metrics.json")
    run.write_json("evaluation/metrics.json", record | {"accuracy": 0.997})
    assert reproduce(run).largest.what == "evaluation accuracy"
