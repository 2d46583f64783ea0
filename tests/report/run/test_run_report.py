"""The report of a run: what stands in it, what is left out and why, and that its numbers are right."""

import re
import warnings
from unittest import mock

import numpy as np
import pytest
from support.experiments import load, stop_at

import nnlab
from nnlab.comparison.comparison import evaluated_examples
from nnlab.errors import DataError, Interrupted
from nnlab.evaluation import TrainedRun, trained_run
from nnlab.report.content import Code, Comment, Facts, Matrix, Picture, Prose, Table, TableCell
from nnlab.report.run.run_report import run_report
from nnlab.runs import Run, run_config
from nnlab.runs.ledger import read_ledger
from nnlab.runs.overview import overview
from nnlab.runs.predictions_file import read_predictions

pytestmark = pytest.mark.slow

POINTS = """\
data: {type: ellipse, train: 60, test: 40, validation: 20, normalize: min_max}
network: [{type: dense, units: 2}]
optimizer: {type: sgd, learning_rate: 0.1}
schedule: cosine
training: {steps: 4, batch_size: 20, evaluate_every: 2}
"""


def blocks(document, kind):
    return [block for section in document.sections for block in section.blocks if isinstance(block, kind)]


def named(document, kind, name):
    return next(block for block in blocks(document, kind) if block.name == name)


def told(document):
    return {name: value for facts in blocks(document, Facts) for name, value in facts.rows}


def warned(document):
    return " ".join(block.text for block in blocks(document, Prose) if block.warning)


@pytest.fixture
def small(tmp_path):
    """The small network, trained."""
    return nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs")


def test_its_numbers_are_those_of_scikit_learn_on_the_saved_predictions(small):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own imports
        from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, precision_recall_fscore_support
    document = run_report(small)
    kept = read_predictions(small.evaluation / "predictions.npz", 20, 3)
    labels, predicted = kept["labels"], kept["predicted"]
    matrix = named(document, Matrix, "confusion")
    assert matrix.counts.tolist() == confusion_matrix(labels, predicted, labels=[0, 1, 2]).tolist()
    facts = told(document)
    assert facts["accuracy"].startswith(f"{100 * accuracy_score(labels, predicted):.2f} % (")
    exact = log_loss(labels, kept["probabilities"], labels=[0, 1, 2])
    assert float(facts["loss"].removesuffix(" nats")) == pytest.approx(exact, abs=6e-5)
    each = precision_recall_fscore_support(labels, predicted, labels=[0, 1, 2], zero_division=0)
    means = precision_recall_fscore_support(labels, predicted, labels=[0, 1, 2], zero_division=0, average="macro")
    *rows, mean = named(document, Table, "class-measures").rows
    numbers = [[cell.number for cell in row[1:]] for row in rows]
    assert numbers == pytest.approx(np.transpose(each))
    assert [cell.number for cell in mean[1:4]] == pytest.approx(means[:3])
    assert facts["macro F1"] == f"{100 * means[2]:.2f} %"


def test_it_evaluates_once_and_remembers(small, monkeypatch):
    first = run_report(small)
    (entry,) = read_ledger(small.path).entries
    assert (entry.cause, entry.checkpoint) == ("nnlab report", "best")
    monkeypatch.setattr("nnlab.evaluation.trained_run.predict_split", None)
    assert told(run_report(small)) == told(first)
    assert read_ledger(small.path).looks == 1


def test_names_are_unique_and_every_figure_is_described(small):
    document = run_report(small)
    names = [block.name for block in blocks(document, Table | Picture | Matrix | Comment)]
    assert len(names) == len(set(names))
    sections = [section.name for section in document.sections]
    assert len(sections) == len(set(sections))
    assert {"architecture", "data-samples", "data-values", "curves", "misclassified", "pairs"} <= set(names)
    assert {"filters", "activations", "weights", "classes", "calibration", "layers", "examples"} <= set(names)
    assert all(picture.caption and picture.description for picture in blocks(document, Picture))
    for table in blocks(document, Table):
        assert {len(row) for row in table.rows} == {len(table.columns)}


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("predictions.npz", b"PK no archive"),
        ("predictions.npz", None),
        ("metrics.json", b"{}"),
        ("metrics.json", None),
    ],
)
def test_results_that_are_not_whole_are_not_recalled(small, file, damage):
    nnlab.evaluate(small)
    assert TrainedRun(small).stored_evaluation() is not None
    if damage is None:
        (small.evaluation / file).unlink()
    else:
        (small.evaluation / file).write_bytes(damage)
    assert TrainedRun(small).stored_evaluation() is None


@pytest.mark.parametrize(
    "change",
    [
        {"labels": np.full(20, 3)},
        {"labels": np.zeros(20)},
        {"predicted": np.full(20, -1)},
        {"probabilities": np.ones((20, 4), np.float32)},
        {"losses": np.ones(19, np.float32)},
        {"predicted": np.zeros(20, np.int64), "labels": np.zeros(20, np.int64)},
    ],
)
def test_predictions_that_do_not_fit_are_not_recalled(small, change):
    nnlab.evaluate(small)
    kept = read_predictions(small.evaluation / "predictions.npz", 20, 3)
    np.savez(small.evaluation / "predictions.npz", **{**kept, **change})
    assert TrainedRun(small).stored_evaluation() is None


def test_results_of_another_step_are_not_recalled(small):
    told_before = nnlab.evaluate(small).as_json()
    small.write_json("evaluation/metrics.json", {**told_before, "step": 1})
    assert TrainedRun(small).stored_evaluation() is None


def test_if_only_the_last_checkpoint_was_evaluated_it_is_reported(tmp_path):
    config = load(tmp_path, "training.monitor=accuracy", "optimizer.learning_rate=0.1")
    run = nnlab.train(config, runs_dir=tmp_path / "runs")
    nnlab.evaluate(run, checkpoint="last")
    assert told(run_report(run))["checkpoint"] == "last, after step 12"
    assert [entry.cause for entry in read_ledger(run.path).entries] == ["nnlab.evaluate"]


def test_a_report_parses_the_config_once_and_loads_each_checkpoint_at_most_once(small, monkeypatch):
    parsed, loaded = [], []
    parse, load_checkpoint = run_config.read_document, Run.load
    monkeypatch.setattr(run_config, "read_document", lambda path, more: parsed.append(path) or parse(path, more))
    for module in ("overview", "run_config"):
        monkeypatch.setattr(f"nnlab.runs.{module}.read_config", parsed.append)
    monkeypatch.setattr(Run, "load", lambda run, which: loaded.append(which) or load_checkpoint(run, which))
    run_report(small)
    assert parsed == [small.config]
    assert len(loaded) == len(set(loaded)) >= 1


def test_predictions_of_other_labels_are_made_again(small):
    nnlab.evaluate(small)
    kept = read_predictions(small.evaluation / "predictions.npz", 20, 3)
    swapped = {name: array[::-1] for name, array in kept.items()}
    np.savez(small.evaluation / "predictions.npz", **swapped)
    run_report(small)
    again = read_predictions(small.evaluation / "predictions.npz", 20, 3)
    assert again["labels"].tolist() == kept["labels"].tolist()


def test_two_features_have_a_boundary_and_a_schedule_its_curve(tmp_path):
    document = run_report(nnlab.train(load(tmp_path, text=POINTS), runs_dir=tmp_path / "runs"))
    names = {picture.name for picture in blocks(document, Picture)}
    assert {"boundary", "schedule"} <= names
    assert "pairs" not in names


def test_a_network_without_weights_that_was_never_evaluated(tmp_path):
    text = """\
data: {type: random, shape: [3], classes: 3, train: 9, test: 9}
network: [relu]
optimizer: {type: sgd, learning_rate: 0.1}
training: {steps: 2, batch_size: 2}
"""
    run = nnlab.train(load(tmp_path, text=text), runs_dir=tmp_path / "runs")
    document = run_report(run)
    facts = told(document)
    assert facts["held out for validation"] == "none"
    assert facts["for choosing"] == "nothing: no examples were held out, and the last checkpoint is used"
    prose = [block.text for block in blocks(document, Prose)]
    assert f"Not shown: no layer of {run.name} has weights to draw." in prose
    assert "activations" in {picture.name for picture in blocks(document, Picture)}


def test_what_needs_data_that_are_gone_is_left_out(small, monkeypatch):
    kept = nnlab.evaluate(small).metrics
    gone = mock.Mock(side_effect=DataError("no disk at /data"))
    monkeypatch.setattr(trained_run, "load_dataset", gone)
    document = run_report(small)
    assert "Parts that need the data are left out: no disk at /data." in warned(document)
    assert told(document)["accuracy"].startswith(f"{100 * kept.accuracy:.2f} %")
    names = {block.name for block in blocks(document, Picture | Matrix)}
    assert {"confusion", "calibration", "filters", "curves"} <= names
    assert not {"data-samples", "misclassified", "pairs", "activations", "weights"} & names


def test_an_interrupted_training_is_reported_without_a_look_at_test_data(tmp_path):
    with pytest.raises(Interrupted):
        nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs", report=stop_at(5))
    run = nnlab.open_run("latest", tmp_path / "runs")
    document = run_report(run)
    assert "interrupted before its end" in warned(document)
    assert "no results on test data" in warned(document)
    assert not read_ledger(run.path).entries
    assert "curves" in {picture.name for picture in blocks(document, Picture)}


def test_a_run_of_a_config_alone_is_reported(tmp_path):
    run = nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs")
    for path in sorted(run.path.rglob("*"), reverse=True):
        if path.name != "config.yaml":
            path.rmdir() if path.is_dir() else path.unlink()
    document = run_report(run)
    assert "has not started" in warned(document)
    assert "No checkpoint was saved." in warned(document)
    assert "not recorded" in warned(document)


def test_it_says_that_the_training_chose_by_test_data(tmp_path):
    config = load(tmp_path, "training.evaluate_on=test")
    document = run_report(nnlab.train(config, runs_dir=tmp_path / "runs"))
    assert "chose the best checkpoint by them" in warned(document)
    facts = told(document)
    assert "on the test examples, at step" in facts["for choosing"]
    assert facts["test data"].startswith("looked at 4 times (4 in training")
    (training, report) = named(document, Table, "ledger").rows
    assert [training[1], report[1]] == [TableCell("training"), TableCell("nnlab report")]


def test_a_damaged_summary_costs_the_curves_only(small):
    nnlab.evaluate(small)
    (small.path / "summary.json").write_bytes(b"")
    document = run_report(small)
    assert "The run is damaged: summary.json " in warned(document)
    assert "The figure curves is left out: summary.json " in warned(document)
    assert {"filters", "calibration"} <= {picture.name for picture in blocks(document, Picture)}


def test_an_edited_config_is_told(small):
    text = small.config.read_text(encoding="utf-8")
    small.config.write_text(text.replace("learning_rate: 0.05", "learning_rate: 0.5"), encoding="utf-8")
    assert "optimizer.learning_rate" in warned(run_report(small))


def test_the_commands_name_the_run(small):
    assert f"nnlab reproduce runs/{small.name}\n" in blocks(run_report(small), Code)[0].text


@pytest.mark.parametrize(("held_out", "words"), [("", None), (", test: 0.25", {"25 %", "15"})])
def test_data_without_test_examples(tmp_path, held_out, words):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "own.npz", x=rng.normal(size=(60, 2)), y=np.arange(60) % 2)
    data = f"type: arrays, path: own.npz, validation: 0.3{held_out}"
    config = POINTS.replace("type: ellipse, train: 60, test: 40, validation: 20", data)
    run = nnlab.train(load(tmp_path, text=config), runs_dir=tmp_path / "runs")
    document = run_report(run)
    facts = told(document)
    assert {"30 %", "18"} <= set(re.findall(r"\d+(?: %)?", facts["held out for validation"]))
    assert ("none were held out" in warned(document)) == (words is None)
    assert len(read_ledger(run.path).entries) == bool(words)
    if words:
        assert words <= set(re.findall(r"\d+(?: %)?", facts["held out for testing"]))
    assert evaluated_examples(overview(run), "validation_accuracy") == 18
