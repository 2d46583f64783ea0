"""A loss that contains more than the cross-entropy is called so, with the plain cross-entropy beside it."""

import json

import numpy as np
import pytest
from support.experiments import load, write_config

from nnlab.comparison import compare
from nnlab.comparison.tables import costs
from nnlab.evaluation import measure
from nnlab.evaluation.predictions import Predictions
from nnlab.evaluation.trained_run import TrainedRun
from nnlab.figures.curves import NamedRun, draw_curves
from nnlab.runs import find_run

TEXT = """\
name: probe
data: {type: random, shape: [5], classes: 3, train: 40, test: 20, validation: 10}
network: [{type: dense, units: 3}]
loss: {type: softmax_cross_entropy, label_smoothing: 0.1}
optimizer: {type: sgd, learning_rate: 0.05}
training: {steps: 6, batch_size: 8, evaluate_every: 3}
"""
SUM = TEXT.replace("{type: softmax_cross_entropy, label_smoothing: 0.1}", "sigmoid_binary_cross_entropy")
PLAIN = TEXT.replace(", label_smoothing: 0.1", "")
NAMES = {TEXT: "loss with label smoothing 0.1", SUM: "loss, a sum over 3 outputs", PLAIN: "loss"}


@pytest.mark.parametrize("text", NAMES, ids=["smoothed", "sum", "plain"])
def test_a_loss_has_its_name(tmp_path, text):
    assert load(tmp_path, text=text).loss_name == NAMES[text]


def test_one_sigmoid_is_a_plain_cross_entropy(tmp_path):
    text = SUM.replace("units: 3", "units: 1").replace("classes: 3", "classes: 2")
    assert load(tmp_path, text=text).loss_name == "loss"


def test_cross_entropy_is_that_of_the_share_of_the_true_class():
    probabilities = np.array([[0.5, 0.25, 0.25], [0.9, 0.9, 0.6]], np.float32)
    found = Predictions(np.array([0, 2]), np.array([0, 1]), probabilities, np.array([3.0, 4.0], np.float32))
    metrics = measure(found, "abc")
    assert metrics.cross_entropy == pytest.approx(-(np.log(0.5) + np.log(0.25)) / 2)
    assert metrics.as_json()["cross_entropy"] == metrics.cross_entropy
    assert metrics.loss == 3.5


@pytest.mark.parametrize("text", NAMES, ids=["smoothed", "sum", "plain"])
def test_every_place_names_it(nnlab_, tmp_path, text):
    name = NAMES[text]
    assert nnlab_("train", write_config(tmp_path, text), "-q")[0] == 0
    code, out, err = nnlab_("eval", "latest")
    assert code == 0, err
    run = find_run("latest", tmp_path / "runs")
    metrics = json.loads((run.path / "evaluation" / "metrics.json").read_text())
    if text == PLAIN:
        assert metrics["cross_entropy"] == pytest.approx(metrics["loss"], rel=1e-5)
        assert f"loss      {metrics['loss']:.4f} nats\n" in out
        assert "cross-entropy" not in out
    else:
        assert f"loss      {metrics['loss']:.4f} nats ({name})\n" in out
        assert f"{metrics['cross_entropy']:.4f} nats (the plain cross-entropy)\n" in out
        assert metrics["cross_entropy"] != pytest.approx(metrics["loss"], rel=1e-3)
    assert nnlab_("verify", "latest")[0] == 0
    assert (
        f"{name} {json.loads((run.path / 'summary.json').read_text())['best']['loss']:.4f} nats"
        in (nnlab_("runs", "show", "latest")[1])
    )
    assert costs(compare([run]).settings).caption == f"{name} in nats, mean and sd; mean costs per run"


@pytest.mark.slow
@pytest.mark.parametrize("text", [TEXT, PLAIN], ids=["smoothed", "plain"])
def test_the_report_and_the_axis_name_it(nnlab_, tmp_path, text):
    name = NAMES[text]
    nnlab_("train", write_config(tmp_path, text), "-q")
    nnlab_("eval", "latest")
    run = find_run("latest", tmp_path / "runs")
    metrics = json.loads((run.path / "evaluation" / "metrics.json").read_text())
    assert nnlab_("report", "latest", "--format", "md")[0] == 0
    report = (run.path / "report-md" / "report.md").read_text()
    assert f"{name}: {metrics['loss']:.4f} nats" in report.replace("**", "").replace(" |", ":").replace("| ", "")
    assert ("cross-entropy: " in report.replace("**", "").replace(" |", ":").replace("| ", "")) == (text != PLAIN)
    trained = TrainedRun(run)
    figure = draw_curves([NamedRun(trained, trained.config.name, trained.config)])
    expected = "loss (nats per example)" if text == PLAIN else f"{name}\n(nats per example)"
    assert figure.axes[0].get_ylabel() == expected
