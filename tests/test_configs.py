"""The shipped configs: each loads, has the parameters its source counts, and takes a step."""

import numpy as np
import pytest
from support import CONFIGS

import nnlab
from nnlab.config import load_config
from nnlab.summary import summarize

NAMES = sorted(str(path.relative_to(CONFIGS)) for path in CONFIGS.rglob("*.yaml") if path.parent.name != "sweeps")

PARAMETERS = {
    "mnist.yaml": 14_682,
    "cifar10_baseline.yaml": 48_602,
    "cifar10_improved.yaml": 120_298,
    "cifar10_mlp.yaml": 308_310,
    "cifar10_mlp_adam.yaml": 3_139_510,
    "cifar10_vgg.yaml": 9_231_114,
    "cifar10_resnet20.yaml": 269_722 + 16 * 32 + 32 * 64,  # the source, and two projections
    "cifar10_cnn_bn.yaml": 288_746,
    "cifar10_wide_mlp.yaml": 10_168_010,
    "mnist_mlp.yaml": 238_510,
    "arithmetic/dense.yaml": 441_060_000,
}


@pytest.mark.parametrize("name", NAMES)
def test_every_config_loads_and_fits_a_screen(name):
    path = CONFIGS / name
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 45
    assert lines[0].startswith("# ")
    assert load_config(path).name == path.stem


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_parameters_are_those_of_the_source(name):
    assert summarize(load_config(CONFIGS / name)).total_parameters == PARAMETERS[name]


def test_the_arithmetic_of_a_convolution():
    rows = summarize(load_config(CONFIGS / "arithmetic/convolution.yaml")).rows
    assert rows[0].output_shape == (25, 25, 64)
    rows = summarize(load_config(CONFIGS / "arithmetic/filters.yaml")).rows
    assert rows[0].parameters == 168


@pytest.mark.parametrize("name", [name for name in NAMES if name != "arithmetic/dense.yaml"])
def test_every_config_takes_a_step(name, tmp_path):
    config = load_config(CONFIGS / name)
    plan = summarize(config)
    shape, classes = list(plan.input_shape), len(plan.class_names)
    data = f"{{type: random, shape: {shape}, classes: {classes}, train: 8, test: 4, normalize: none}}"
    small = [f"data={data}", "training={steps: 1, batch_size: 4, evaluate_on: test}"]
    run = nnlab.train(load_config(CONFIGS / name, small), runs_dir=tmp_path)
    assert np.isfinite(run.records()[0]["loss"])
