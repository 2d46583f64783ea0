"""A forged run is found, however consistently its files were edited."""

import hashlib
import json

import numpy as np
import pytest
from support.own_data import MLP, points, save_points

import nnlab
from nnlab.config import load_config
from nnlab.evaluation import calibrate, measure
from nnlab.evaluation.predictions import Predictions
from nnlab.integrity import verify
from nnlab.runs import MetricsLog
from nnlab.runs.checkpoint import Checkpoint, encode, read_checkpoint
from nnlab.runs.ledger import LedgerEntry, enter, read_ledger
from nnlab.runs.predictions_file import write_predictions


@pytest.fixture
def run(tmp_path):
    """A finished run, evaluated on test and validation examples."""
    hard = points(classes=3)
    hard["test_inputs"] = hard["test_inputs"] + np.random.default_rng(5).normal(size=(30, 4), scale=2)
    save_points(tmp_path / "own.npz", **{key: np.asarray(a) for key, a in hard.items() if key != "test_inputs"})
    save_points(tmp_path / "own.npz", test_inputs=hard["test_inputs"].astype(np.float32))
    (tmp_path / "mlp.yaml").write_text(MLP)
    run = nnlab.train(load_config(tmp_path / "mlp.yaml"), runs_dir=tmp_path / "runs")
    nnlab.evaluate(run)
    nnlab.evaluate(run, split="validation")
    return run


def notes(run, **options):
    return {each.file: each.note for each in verify(run, **options).findings if each.state == "damaged"}


def edit_evaluation(run, change, folder="evaluation"):
    """Edit predictions, and metrics and ledger so that they follow from them."""
    place = run.path / folder
    record = json.loads((place / "metrics.json").read_text())
    stored = dict(np.load(place / "predictions.npz"))
    change(stored)
    write_predictions(place / "predictions.npz", stored)
    predictions = Predictions(*(stored[key] for key in ("labels", "predicted", "probabilities", "losses")))
    metrics = measure(predictions, [row["class"] for row in record["per_class"]])
    digest = hashlib.sha256((place / "predictions.npz").read_bytes()).hexdigest()
    record |= {**metrics.as_json(), "calibration": calibrate(predictions).as_json(), "predictions": digest}
    if record["split"] == "test":
        [entry] = read_ledger(run.path).entries
        (run.path / "test-ledger.jsonl").unlink()
        changed = entry.model_copy(update={"accuracy": metrics.accuracy, "loss": metrics.loss})
        [record["ledger"]] = enter(run.path, changed).checks
    run.write_json(f"{folder}/metrics.json", record)


def all_right(stored):
    stored["predicted"] = stored["labels"].copy()
    stored["probabilities"] = np.eye(3, dtype=np.float32)[stored["labels"]] * 0.97 + np.float32(0.01)
    stored["losses"] = -np.log(stored["probabilities"][np.arange(len(stored["labels"])), stored["labels"]])


def other_labels(stored):
    stored["labels"] = stored["predicted"].copy()


def surer(stored):
    stored["losses"] = stored["losses"] * np.float32(0.999)


def test_the_run_is_intact_as_it_is(run):
    found = verify(run)
    assert found.intact
    assert found.verdict == "intact, evaluated again"
    [note] = [each.note for each in found.findings if each.file == "evaluation/metrics.json"]
    assert note.endswith("; evaluated again: the same")
    assert verify(run, quick=True).verdict == "intact, not evaluated again"


@pytest.mark.parametrize("change", [all_right, other_labels, surer])
def test_predictions_metrics_and_ledger_edited_consistently_are_found(run, change):
    edit_evaluation(run, change)
    assert "evaluation/metrics.json" in notes(run)
    assert "test-ledger.jsonl" in notes(run)
    assert notes(run, quick=True) == {}
    edit_evaluation(run, change, "evaluation/validation")
    assert "evaluation/validation/metrics.json" in notes(run)


def test_an_evaluation_of_another_network_or_other_data_is_found(run):
    record = run.read_json("evaluation/metrics.json")
    run.write_json("evaluation/metrics.json", record | {"fingerprint": "0" * 64})
    assert "of another network" in notes(run, quick=True)["evaluation/metrics.json"]
    run.write_json("evaluation/metrics.json", record | {"data": "0" * 64})
    assert "of other data than the test examples" in notes(run, quick=True)["evaluation/metrics.json"]
    run.write_json("evaluation/metrics.json", record | {"split": "validation"})
    assert "not what evaluation is for" in notes(run, quick=True)["evaluation/metrics.json"]
    run.write_json("evaluation/metrics.json", record | {"calibration": {}})
    assert "calibration does not match" in notes(run, quick=True)["evaluation/metrics.json"]
    run.write_json("evaluation/metrics.json", record | {"predictions": "0" * 64})
    assert "digest of the file" in notes(run, quick=True)["evaluation/metrics.json"]


def test_an_evaluation_that_the_ledger_does_not_list_is_found(run):
    (run.path / "test-ledger.jsonl").unlink()
    enter(run.path, LedgerEntry(cause="x", checkpoint="best", step=20, accuracy=1.0))
    assert notes(run, quick=True)["test-ledger.jsonl"].endswith("evaluation/metrics.json")
    record = run.read_json("evaluation/metrics.json")
    del record["ledger"]
    run.write_json("evaluation/metrics.json", record)
    assert notes(run, quick=True)["evaluation/metrics.json"] == "test-ledger.jsonl does not list it"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("steps", 40),
        ("epochs", 1.0),
        ("examples", 9_000_000),
        ("parameters", 1),
        ("monitor", "accuracy"),
        ("steps_per_epoch", 1),
        ("seconds", 0.0),
        ("evaluated_on", "test"),
        ("status", "stopped early"),
    ],
)
def test_a_summary_that_does_not_follow_from_the_other_files_is_found(run, key, value):
    summary = run.read_json("summary.json")
    run.write_json("summary.json", summary | {key: value})
    if key == "status":
        assert (
            notes(run, quick=True) == {}
        )  # the config has no early stopping, but the run is as long as asked for
        return
    assert "summary.json" in notes(run, quick=True)


@pytest.mark.parametrize("which", ["best", "last"])
def test_another_evaluation_as_the_best_or_the_last_is_found(run, which):
    evaluations = [each for each in run.records() if each["split"] == "validation"]
    summary = run.read_json("summary.json")
    wrong = next(each for each in evaluations if each["step"] != summary[which]["step"])
    wrong = {key: wrong[key] for key in ("step", "loss", "accuracy")}
    run.write_json("summary.json", summary | {which: wrong})
    assert f"its {which} evaluation is of step {wrong['step']}" in notes(run, quick=True)["summary.json"]


def test_records_and_summary_edited_consistently_are_found(run):
    records, summary = run.records(), run.read_json("summary.json")
    for record in records:
        if record["split"] == "validation":
            record |= {"accuracy": 1.0, "loss": record["loss"] / 2}
    run.metrics.unlink()
    log = MetricsLog(run.metrics)
    for record in records:
        log.append({key: value for key, value in record.items() if key != "check"})
    log.close()
    for which in ("best", "last"):
        summary[which] |= {"accuracy": 1.0, "loss": summary[which]["loss"] / 2}
    run.write_json("summary.json", summary)
    assert [name for name in notes(run) if name.startswith("checkpoints/step-")]


def test_another_normalization_is_found(run):
    path = run.path / "normalization.safetensors"
    arrays = {name: 2 * array for name, array in read_checkpoint(path).arrays.items()}
    path.write_bytes(b"".join(encode(Checkpoint(0, arrays))))
    assert "normalization.safetensors" in notes(run)


def test_every_file_that_nnlab_writes_is_known_and_no_other(run, monkeypatch):
    from nnlab.report import report

    report([str(run.path)], run.path.parent, "html")
    report([str(run.path)], run.path.parent, "md")
    report([str(run.path)], run.path.parent, "tex")
    (run.path / "figures").mkdir(exist_ok=True)
    (run.path / "figures" / "curves.png").write_bytes(b"")
    (run.path / "evaluation" / "mine.txt").write_text("")
    (run.path / "thesis.pdf").write_bytes(b"")
    strangers = {each.file for each in verify(run).findings if each.note == "not written by nnlab"}
    assert strangers == {"evaluation/mine.txt", "thesis.pdf"}
