"""What can be known before training is refused before it, at its line and with the cure."""

import numpy as np
import pytest
from support.experiments import write_config

from nnlab.config import as_yaml, load_config
from nnlab.errors import ConfigError, UsageError
from nnlab.training.state import prepare

SMALL = """\
data: {type: random, shape: [5], classes: 3, train: 17, test: 6, validation: 10}
network:
  - {type: dense, units: 4}
  - batchnorm
  - {type: dense, units: 3}
optimizer: {type: sgd, learning_rate: 0.1}
training: {epochs: 1, batch_size: 3, drop_last: false}
"""
IMAGES = """\
data: {type: random, shape: [4, 4, 1], classes: 3, train: 17, test: 6, validation: 10}
network: [{type: conv2d, filters: 4, kernel: 3}, batchnorm, {type: dense, units: 3}]
optimizer: {type: sgd, learning_rate: 0.1}
training: {epochs: 1, batch_size: 1, drop_last: false}
"""


def problem(tmp_path, text, *overrides):
    with pytest.raises(ConfigError) as caught:
        load_config(write_config(tmp_path, text), overrides)
    (only,) = caught.value.problems
    return only


def test_a_last_batch_of_one_is_too_small_for_batchnorm(tmp_path):
    found = problem(tmp_path, SMALL)
    assert (found.line, found.column) == (7, 35)
    assert "network[1] needs at least 2 examples" in found.message
    assert "of 7 examples in batches of 3 the last batch of an epoch has 1" in found.message
    assert "drop_last: true" in found.hint


@pytest.mark.parametrize(
    "overrides",
    [
        ["training.drop_last=true"],
        ["training.replacement=true"],
        ["training.batch_size=5"],
        ["data.validation=9"],
        ["training={steps: 2, batch_size: 3, drop_last: false}"],
        ["network.1=relu"],
    ],
)
def test_batches_that_are_large_enough_are_accepted(tmp_path, overrides):
    load_config(write_config(tmp_path, SMALL), overrides)


@pytest.mark.parametrize("change", ["training.drop_last=true", "training.replacement=true"])
def test_a_batch_size_of_one_is_too_small_for_batchnorm(tmp_path, change):
    found = problem(tmp_path, SMALL.replace("batch_size: 3", "batch_size: 1"), change)
    assert (found.line, found.column) == (7, 35)
    assert "not 1" in found.message


def test_a_batchnorm_inside_a_residual_block_counts(tmp_path):
    found = problem(tmp_path, SMALL.replace("- batchnorm", "- {type: residual, body: [batchnorm]}"))
    assert found.line == 7


def test_an_image_has_enough_values_alone(tmp_path):
    load_config(write_config(tmp_path, IMAGES))
    assert problem(tmp_path, IMAGES.replace("kernel: 3", "kernel: 4")).line == 4


def test_the_rest_is_counted_in_arrays_too(tmp_path):
    arrays = {"train_inputs": np.zeros((7, 5), np.float32), "train_labels": np.arange(7) % 3}
    arrays |= {"test_inputs": np.zeros((3, 5), np.float32), "test_labels": np.arange(3)}
    np.savez(tmp_path / "own.npz", **arrays)
    own = f"data: {{type: arrays, path: {tmp_path}/own.npz}}\n"
    assert problem(tmp_path, own + SMALL.partition("\n")[2]).line == 7


def test_data_whose_size_is_not_known_are_counted_before_training(tmp_path, monkeypatch):
    config = load_config(write_config(tmp_path, SMALL), ["training.drop_last=true"])
    config = config.model_copy(update={"training": config.training.model_copy(update={"drop_last": False})})
    with pytest.raises(UsageError, match=r"training\.batch_size is 3: network\[1\] needs at least 2 .* drop_last"):
        prepare(config)


@pytest.mark.parametrize("last", ["dense", "sigmoid"])
def test_cross_entropy_needs_probabilities(tmp_path, last):
    plain = SMALL.replace("- batchnorm", "- relu") + "loss: cross_entropy\n"
    end = plain if last == "dense" else plain.replace("optimizer", "  - sigmoid\noptimizer")
    found = problem(tmp_path, end)
    assert (found.line, found.column) == ((5, 12) if last == "dense" else (6, 5))
    assert f"cross_entropy takes probabilities, which {last} does not give" in found.message
    assert "softmax" in found.hint
    load_config(write_config(tmp_path, plain.replace("optimizer", "  - softmax\noptimizer")))


def test_a_sigmoid_needs_two_classes(tmp_path):
    text = SMALL.replace("- batchnorm", "- relu").replace("units: 3", "units: 1")
    found = problem(tmp_path, text.replace("classes: 3", "classes: 1") + "loss: sigmoid_binary_cross_entropy\n")
    assert found.line == 5
    assert "the data has one class" in found.message
    load_config(
        write_config(tmp_path, text.replace("classes: 3", "classes: 2") + "loss: sigmoid_binary_cross_entropy\n")
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("drop_last: true", "drop_last: false"), "correct {config} and train it again"),
        (("epochs: 1", "epochs: 2"), None),
    ],
)
def test_a_run_that_cannot_go_on_is_not_said_to(tmp_path, nnlab_, change, told):
    config = load_config(write_config(tmp_path, SMALL), ["training.drop_last=true"])
    run = tmp_path / "runs" / "20261121-093000-x-0001"
    run.mkdir(parents=True)
    (run / "config.yaml").write_text(as_yaml(config).replace(*change))
    code, out, _ = nnlab_("runs", "show", "latest")
    assert code == 0
    (line,) = [line.partition("  ")[2].strip() for line in out.splitlines() if line.startswith("next")]
    path = run.relative_to(tmp_path)
    assert line.startswith(told.format(config=path / "config.yaml") if told else f"nnlab resume {path}")
