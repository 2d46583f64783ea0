"""Layers and other entries of lists, inserted and taken away by overrides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.experiments import load, write_config

from nnlab.config.nodes import Position, compose, plain
from nnlab.config.overrides import Override, read_value, with_override
from nnlab.errors import ConfigError

PLACE = Position("a test")


def changed(items, *overrides):
    root, _ = compose(f"network: {list(items)}", "c.yaml")
    for key, value in overrides:
        root = with_override(root, Override(key, read_value(value, PLACE), PLACE))
    return list(plain(root)["network"])


@given(st.lists(st.sampled_from("abc"), max_size=5), st.data())
def test_an_insertion_is_that_of_python_and_a_removal_takes_it_back(items, data):
    index = data.draw(st.integers(0, len(items)))
    inserted = changed(items, (f"network.+{index}", "new"))
    expected = list(items)
    expected.insert(index, "new")
    assert inserted == expected
    assert changed(items, (f"network.+{index}", "new"), (f"network.{index}", "null")) == list(items)


def test_a_network_with_one_more_convolution_and_without_dropout(tmp_path):
    config = load(tmp_path, "network.+4={type: conv2d, filters: 3, kernel: 3}", "network.+5=relu", "network.7=")
    assert [layer.type for layer in config.network] == [
        "conv2d", "batchnorm", "relu", "maxpool2d", "conv2d", "relu", "residual", "dense"
    ]  # fmt: skip


def test_inside_of_a_layer_too(tmp_path):
    config = load(tmp_path, "network.4.body.+1=relu", "network.4.body.2=null")
    assert [layer.type for layer in config.network[4].body] == ["conv2d", "relu"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("network.+8=relu", "network has 7 entries, 0 to 6; '+8' is none of them; network.+7 adds one at the end"),
        ("network.+0.filters=3", "network.+0 inserts an entry, which is given whole (such as network.+0=relu or"),
        ("network.+0=", "network.+0 inserts an entry, which is given whole"),
        ("network.7=", "network has 7 entries, 0 to 6; '7' is none of them"),
        ("network.-1=", "network has 7 entries, 0 to 6; '-1' is none of them"),
        ("network.+-1=relu", "'+-1' is none of them"),
        ("network.+01=relu", "'+01' is none of them"),
        ("network.6=", "3x3x3"),
    ],
)
def test_errors_say_where_an_entry_can_be(tmp_path, override, message):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, override)
    assert message in str(caught.value)


def test_a_list_without_entries_has_no_numbers():
    with pytest.raises(ConfigError, match=r"network has no entries; network\.\+0 adds one at the end"):
        changed([], ("network.0", "relu"))


@pytest.mark.parametrize("step", ["1", "x"])
def test_a_list_of_one_entry_has_one_number(step):
    with pytest.raises(ConfigError, match=f"network has 1 entry, number 0; '{step}' is none of them"):
        changed(["a"], (f"network.{step}", "relu"))


def test_a_key_with_an_empty_part_is_none(tmp_path):
    write_config(tmp_path)
    root, _ = compose("a: 1", "c.yaml")
    with pytest.raises(ConfigError, match=r"expected a key such as optimizer\.learning_rate"):
        with_override(root, Override("a..b", root, PLACE))
