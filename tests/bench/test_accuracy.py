"""PyTorch's training of a config against nnlab's, from the same weights on the same batches."""

import pytest

from nnlab.config import load_config
from nnlab.errors import UsageError
from nnlab.training import train

pytest.importorskip("torch")
bench_accuracy = pytest.importorskip("bench.accuracy")


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(
        "data: {type: glyphs, train: 300, test: 200}\n"
        "network: [{type: conv2d, filters: 4, kernel: 3, padding: 1}, batchnorm, relu, {type: dense, units: 10}]\n"
        "optimizer: {type: adam, learning_rate: 3e-3}\n"
        "training: {steps: 40, batch_size: 20, evaluate_every: 20, evaluate_on: test}\n"
        "compute: {threads: 1}\n"
    )
    return path


def test_pytorch_reaches_nnlabs_accuracies(config, tmp_path):
    run = train(load_config(config), runs_dir=tmp_path / "runs")
    ours = [(each["step"], each["accuracy"]) for each in run.records() if each["split"] == "test"]
    theirs = list(bench_accuracy.accuracies(load_config(config)))
    assert [step for step, _ in theirs] == [20, 40]
    assert [accuracy for _, accuracy in theirs] == pytest.approx([accuracy for _, accuracy in ours], abs=0.02)


def test_settings_without_a_counterpart_are_refused(config):
    with pytest.raises(UsageError, match="without schedule"):
        next(bench_accuracy.accuracies(load_config(config, "training.clip_norm=1")))
