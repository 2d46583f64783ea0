"""Runs are grouped by everything but the seed, and labelled by just what differs."""

import numpy as np
import pytest

from nnlab.config import load_config
from nnlab.runs.grouping import group

CONFIG = """\
name: base
data: {type: random, shape: [6, 6, 1], classes: 3, train: 40, test: 20}
network:
  - {type: conv2d, filters: 3, kernel: 3, padding: 1}
  - relu
  - {type: conv2d, filters: 3, kernel: 3, padding: 1}
  - relu
  - {type: dense, units: 3}
optimizer: {type: sgd, learning_rate: 0.1}
training: {steps: 12}
"""
TWO_LAYERS = "network=[{type: conv2d, filters: 3, kernel: 3, padding: 1}, {type: dense, units: 3}]"


@pytest.fixture
def configs(tmp_path):
    """Resolve the config with some overrides each time."""
    path = tmp_path / "base.yaml"
    path.write_text(CONFIG)
    return lambda *changes: [load_config(path, change.split(" | ")).model_dump(mode="json") for change in changes]


def labels(settings):
    return [setting.label for setting in settings]


def test_seeds_and_threads_and_folders_make_no_setting(configs):
    (only,) = group(configs("seed=0", "seed=1", "seed=1 | compute.threads=1", "seed=2 | data.root=/data"))
    assert (only.members, only.differing, only.label) == ((0, 1, 2, 3), {}, "")


def test_settings_are_named_by_what_differs(configs):
    settings = group(configs("seed=0", "optimizer.learning_rate=1e-3", "seed=1", "seed=4"))
    assert [setting.members for setting in settings] == [(0, 2, 3), (1,)]
    assert labels(settings) == ["learning_rate = 0.1", "learning_rate = 0.001"]
    assert settings[1].differing == {"optimizer.learning_rate": 0.001}


@pytest.mark.parametrize(
    ("change", "first", "second"),
    [
        ("network.0.filters=8", "filters = 3", "filters = 8"),
        (
            "network.0.filters=8 | network.2.filters=9",
            "network.0.filters = 3, network.2.filters = 3",
            "network.0.filters = 8, network.2.filters = 9",
        ),
        (
            "optimizer={type: adam, learning_rate: 0.1}",
            "optimizer = sgd, weight_decay = 0",
            "optimizer = adam, weight_decay = 0",
        ),
        ("network.1=tanh", "network = 5 layers with relu", "network = 5 layers with tanh"),
        (TWO_LAYERS, "network = 5 layers with conv2d + 2 relu", "network = 2 layers"),
        ("training.clip_norm=1", "clip_norm = null", "clip_norm = 1"),
        ("name=other", "base", "other"),
        ("data.augment=[flip, {type: shift, pixels: 2}]", "augment = []", "augment.0 = flip, augment.1 = shift"),
    ],
)
def test_what_labels_say(configs, change, first, second):
    found = labels(group(configs("seed=0", change)))
    assert [text.replace(", weight_decay = 0", "") for text in found] == [
        text.replace(", weight_decay = 0", "") for text in (first, second)
    ]


def test_differences_are_those_within_a_name(configs):
    settings = group(
        configs("name=a", "name=b | training.steps=3", "name=b | training.steps=3 | optimizer.learning_rate=1")
    )
    assert labels(settings) == ["a", "b: learning_rate = 0.1", "b: learning_rate = 1"]


def test_networks_of_one_outline_are_still_different_settings(configs):
    other = TWO_LAYERS.replace("kernel: 3, padding: 1", "kernel: 5, padding: 2")
    settings = group(configs("seed=0", TWO_LAYERS, other))
    assert [setting.members for setting in settings] == [(0,), (1,), (2,)]


def test_the_order_of_runs_decides_only_the_order_of_settings(configs):
    runs = configs(
        "seed=0", "seed=1", "training.steps=3", "training.steps=3 | seed=1", "optimizer.learning_rate=1"
    )
    expected = {(setting.label, setting.members) for setting in group(runs)}
    order = list(range(len(runs)))
    for shuffle in range(5):
        np.random.default_rng(shuffle).shuffle(order)
        found = group([runs[i] for i in order])
        assert {(each.label, tuple(sorted(order[i] for i in each.members))) for each in found} == expected
