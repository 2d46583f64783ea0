import pytest
from support import CONFIGS

from nnlab.config import load_config
from nnlab.summary import kernel_choices


def test_each_convolution_of_a_config_has_its_choice():
    rows = kernel_choices(load_config(CONFIGS / "cifar10_vgg.yaml"))
    assert [row.place for row in rows] == ["0", "4", "8", "11", "15", "18", "22", "25"]
    assert [row.forward for row in rows] == ["patches"] + 3 * ["tiles of 4x4"] + 4 * ["taps"]
    assert rows[0].backward == "patches, weight only"
    assert rows[1].backward == "tiles of 4x4"
    # F(4x4, 3x3) takes 36 multiplications for 16 outputs of 9 taps.
    assert [row.saving for row in rows] == [1, *3 * [pytest.approx(16 * 9 / 36)], 1, 1, 1, 1]


def test_convolutions_inside_residual_blocks_are_found():
    block = "{type: residual, body: [{type: conv2d, filters: 32, kernel: 5, padding: 2}, relu], projection: "
    block += "{type: conv2d, filters: 32, kernel: 1}}"
    overrides = [f"network=[{block}, {{type: residual, body: [relu]}}, {{type: dense, units: 10}}]"]
    rows = kernel_choices(load_config(CONFIGS / "mnist.yaml", overrides))
    assert [(row.place, row.weight_shape) for row in rows] == [
        ("0.body.0", (5, 5, 1, 32)),
        ("0.projection", (1, 1, 1, 32)),
    ]
    assert rows[1].forward == "product"
    assert rows[0].as_json()["input_shape"] == [28, 28, 1]


def test_depthwise_convolutions_and_those_in_branches_are_found():
    branches = "[[{type: conv2d, filters: 4, kernel: 1}], [{type: depthwise_conv2d, kernel: 3, padding: 1}]]"
    overrides = [f"network=[{{type: concat, branches: {branches}}}, {{type: dense, units: 10}}]"]
    rows = kernel_choices(load_config(CONFIGS / "mnist.yaml", overrides))
    assert [(row.place, row.forward, row.backward) for row in rows] == [
        ("0.branches.0.0", "product", "product"),
        ("0.branches.1.0", "channelwise", "channelwise"),
    ]


def test_strips_of_four_take_two_fifths_of_the_multiplications():
    rows = kernel_choices(load_config(CONFIGS / "cifar10_improved.yaml"))
    # 8 values of each row of 5 taps for 4 outputs, and every row of the filter: 40 instead of 100.
    assert rows[1].saving == pytest.approx(100 / 40)


def test_nothing_is_allocated():
    config = load_config(CONFIGS / "mnist.yaml", ["network.0.filters=100000", "network.3.filters=1000000"])
    assert [row.weight_shape[3] for row in kernel_choices(config)] == [100_000, 1_000_000]
