"""Likely mistakes that do not prevent training are reported once, at their line, and stop nothing."""

import logging

import pytest
from support import ROOT
from support.experiments import write_config

from nnlab.config import load_config
from nnlab.config.cautions import warn

TEXT = """\
data: {type: random, shape: [5], classes: 3, train: 50, test: 6, validation: 10}
network:
  - {type: dense, units: 4}
  - relu
  - {type: dense, units: 3}
optimizer: {type: sgd, learning_rate: 0.1}
schedule: {type: linear_warmup, duration: 4}
training: {epochs: 2, batch_size: 10}
"""


@pytest.fixture
def told(tmp_path, caplog):
    def told(text, *overrides):
        warn.cache_clear()
        caplog.clear()
        load_config(write_config(tmp_path, text), overrides)
        return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]

    return told


def test_nothing_is_said_of_a_sound_config(told):
    assert told(TEXT) == []


@pytest.mark.parametrize("layer", ["relu", "sigmoid", "tanh"])
def test_scores_that_are_bounded(told, layer):
    (message,) = told(TEXT.replace("optimizer", f"  - {layer}\noptimizer"))
    head, excerpt, marker = message.splitlines()
    assert head.startswith("warning: ")
    assert f"small.yaml:6:5: network[3]: {layer} keeps all scores " in head
    assert excerpt == f"      6 |   - {layer}"
    assert marker.endswith("leave this layer out")


@pytest.mark.parametrize("loss", ["mean_squared_error", "cross_entropy"])
def test_other_losses_take_bounded_scores(told, loss):
    end = "sigmoid" if loss == "mean_squared_error" else "softmax"
    assert told(TEXT.replace("optimizer", f"  - {end}\nloss: {loss}\noptimizer")) == []


@pytest.mark.parametrize("between", ["", "  - flatten\n"])
def test_two_affine_layers_in_a_row(told, between):
    (message,) = told(TEXT.replace("  - relu\n", between))
    index = 2 if between else 1
    assert f"small.yaml:{index + 3}:12: network[{index}]: dense follows dense (network[0])" in message


def test_two_affine_layers_in_a_row_inside_a_block(told):
    body = "{type: residual, body: [{type: dense, units: 4}, {type: dense, units: 4}]}"
    (message,) = told(TEXT.replace("- relu", f"- relu\n  - {body}"))
    assert "small.yaml:5:" in message
    assert "network[2].body[1]: dense follows dense" in message


def test_two_affine_layers_in_a_row_in_a_branch(told):
    dense = "{type: dense, units: 4}"
    joined = f"{{type: concat, branches: [[{dense}, relu], [{dense}, {dense}]]}}"
    (message,) = told(TEXT.replace("- relu", f"- relu\n  - {joined}\n  - relu"))
    assert "network[2].branches[1][1]: dense follows dense" in message


@pytest.mark.parametrize(
    ("change", "warned"),
    [
        (["schedule.duration=8"], True),
        (["schedule.duration=7"], False),
        (["schedule.unit=epochs"], True),
        (["schedule={type: linear_warmup, duration: 1.5, unit: epochs}"], False),
        (["training={steps: 4, batch_size: 10}"], True),
        (["training={steps: 5, batch_size: 10}"], False),
        (["training={steps: 10, batch_size: 10}", "schedule.unit=epochs"], True),
        (["training={steps: 20, batch_size: 10}", "schedule.unit=epochs"], False),
    ],
)
def test_a_warmup_longer_than_the_training(told, change, warned):
    found = told(TEXT, *change)
    assert len(found) == warned
    assert all("schedule.duration: a warm-up of " in message for message in found)


def test_a_warning_is_given_once_and_stops_nothing(nnlab_, tmp_path, caplog):
    warn.cache_clear()
    write_config(tmp_path, TEXT.replace("  - relu\n", "").replace("duration: 4", "duration: 9"))
    assert nnlab_("train", "small.yaml", "-q")[0] == 0
    affine, warmup = caplog.messages
    assert affine.startswith("warning: small.yaml:4:12: network[1]")
    assert warmup.startswith("warning: small.yaml:6:43: schedule.duration")
    warn.cache_clear()
    assert nnlab_("resume", "latest")[0] == 0
    assert len(caplog.messages) == 2


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_nothing_is_said_of_the_shipped_configs(path, caplog):
    warn.cache_clear()
    load_config(path)
    assert [record for record in caplog.records if "warning: " in record.getMessage()] == []
