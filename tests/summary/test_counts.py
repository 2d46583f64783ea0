"""Summaries of configs without allocating weights, and the problems that prevent them."""

import json
import re

import pytest
from support.planting import CONFIGS, RICH

from nnlab.config import load_config
from nnlab.data import load_dataset
from nnlab.errors import ConfigError, DataError
from nnlab.nn.network import build_network
from nnlab.summary import summarize

# The published parameter counts of each network.
COUNTS = {
    "mnist": 14_682,
    "cifar10_baseline": 48_602,
    "cifar10_improved": 120_298,
    "arithmetic/dense": 441_060_000,
    "arithmetic/filters": 168,
}


@pytest.fixture
def read(tmp_path):
    def read(text, *overrides):
        path = tmp_path / "c.yaml"
        path.write_text(text)
        return load_config(path, overrides)

    return read


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_the_published_numbers_of_parameters(name, count):
    assert summarize(load_config(CONFIGS / f"{name}.yaml")).total_parameters == count


def test_the_published_shape_of_a_convolution():
    assert summarize(load_config(CONFIGS / "arithmetic" / "convolution.yaml")).rows[0].output_shape == (25, 25, 64)


def test_a_summary_matches_the_network_that_is_built(read):
    config = read(RICH)
    summary, network = summarize(config), build_network(config.network, (9, 12, 2), config.seed)
    assert summary.total_parameters == network.weights.size
    assert [row.output_shape for row in summary.rows] == [layer.output_shape for layer in network.layers]
    assert [row.parameters for row in summary.rows] == [
        sum(p.size for p in la.params.values()) for la in network.layers
    ]
    assert summary.multiply_adds == sum(layer.multiply_adds for layer in network.layers)
    assert summary.parameter_bytes == network.weights.nbytes + network.gradient.nbytes
    assert summary.input_shape == load_dataset(config.data, config.seed).input_shape
    assert [(row.layer, row.weights, row.biases) for row in summary.rows[:2]] == [
        ("conv2d", 180, 0),
        ("batchnorm", 6, 6),
    ]


def test_a_summary_as_json_is_plain_data_and_adds_up(read):
    summary = json.loads(json.dumps(summarize(read(RICH)).as_json()))
    assert summary["total_parameters"] == sum(layer["parameters"] for layer in summary["layers"])
    assert summary["layers"][0] == {
        "layer": "conv2d",
        "output_shape": [9, 12, 6],
        "weights": 180,
        "biases": 0,
        "multiply_adds": 19_440,
        "parameters": 180,
    }
    values = 9 * 12 * 2 + sum(_product(layer["output_shape"]) for layer in summary["layers"])
    assert summary["activation_bytes"] == 2 * 4 * 5 * values
    assert (summary["name"], summary["classes"], summary["batch_size"]) == ("rich", ["0", "1", "2", "3"], 5)


def _product(shape):
    result = 1
    for length in shape:
        result *= length
    return result


def test_one_override_need_not_be_a_list(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(RICH)
    assert load_config(str(path), "seed=7").seed == 7
    assert load_config(path, ("seed=7", "seed=8")).seed == 8


def test_data_of_ones_own_are_read_only_if_the_config_is_right(read, tmp_path):
    own = f"type: arrays, path: {tmp_path}"
    text = RICH.replace("type: random, shape: [9, 12, 2], classes: 4, train: 50", own)
    with pytest.raises(DataError):
        read(text)
    with pytest.raises(ConfigError) as caught:
        read(text, "seed=x")
    assert [problem.source for problem in caught.value.problems] == ["override 'seed=x'"]


def test_early_stopping_needs_validation_data_or_the_test_set(read):
    text = RICH.replace("validation: 10, ", "")
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert [p.message.partition(":")[0] for p in caught.value.problems] == [
        "training.evaluate_every",
        "training.early_stopping",
    ]
    assert read(text, "training.evaluate_on=test").training.evaluate_on == "test"


def test_augmentation_is_checked_against_the_inputs(read):
    text = RICH.replace("divide: 2.5}}", "divide: 2.5},\n       augment: [flip, {type: shift, pixels: 9}]}")
    with pytest.raises(ConfigError) as caught:
        read(text)
    [problem] = caught.value.problems
    assert problem.line == 5
    assert re.match(r"data\.augment\[1\]\.pixels: .*\b9\b.*\b9x12\b", problem.message)
    with pytest.raises(ConfigError, match=r"data\.augment: .*\[9\]"):
        read(text, "data.shape=[9]")


def test_problems_come_in_the_order_of_the_file_and_only_once(read):
    text = RICH.replace("units: 4", "units: x").replace("seed: 3", "seed: x").replace("rate: 0.25", "rate: 2")
    with pytest.raises(ConfigError) as caught:
        read(text)
    lines = [problem.line for problem in caught.value.problems]
    assert lines == sorted(set(lines)) == [2, 11, 19]


@pytest.mark.parametrize(
    ("loss", "layer"), [("softmax_cross_entropy", "softmax"), ("sigmoid_binary_cross_entropy", "sigmoid")]
)
def test_a_last_layer_that_the_loss_applies_itself_is_an_error(read, loss, layer):
    config = "data: {type: random, shape: [4], classes: 3}\nnetwork: [{type: dense, units: 3}, %s]\n"
    config += f"loss: {loss}\noptimizer: {{type: sgd, learning_rate: 0.1}}\ntraining: {{steps: 1}}\n"
    with pytest.raises(ConfigError, match=rf"network\[1\]: the loss, {loss}, applies {layer} itself") as caught:
        read(config % layer)
    assert (caught.value.problems[0].line, caught.value.problems[0].hint) == (2, "leave this layer out")
    assert read(config % "tanh").loss.type == loss
