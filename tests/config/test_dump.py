"""A config written back reads as the same config."""

import math

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support import planting

from nnlab.config import as_yaml, load_config
from nnlab.config.nodes import compose, plain
from nnlab.errors import DataError

SLOWLY = [HealthCheck.function_scoped_fixture]


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dump")

    def load(text):
        path = folder / "c.yaml"
        path.write_text(text, encoding="utf-8")
        return load_config(path)

    return load


@pytest.fixture(scope="module")
def rich(load):
    return load(planting.RICH)


@pytest.mark.parametrize("path", planting.SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_config_comes_back(load, path):
    experiment = load_config(path)
    text = as_yaml(experiment)
    assert load(text) == experiment
    assert as_yaml(load(text)) == text
    assert max(map(len, text.splitlines())) < 150


def test_everything_is_written_defaults_included(load, rich):
    text = as_yaml(rich)
    assert load(text) == rich
    data = yaml.safe_load(text)
    assert data["compute"] == {"threads": 1}
    assert data["training"]["log_every"] == 1
    assert data["network"][0]["padding"] == "same"
    assert data["network"][0]["bias_init"] == {"type": "zeros"}
    assert data["schedule"]["then"] == {"type": "cosine", "final": 0.1}


# A new line would end a message, and a control character steer a terminal; names hold neither by other rules.
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100)


@pytest.mark.slow
@given(name=NAMES)
@settings(max_examples=300, deadline=None, suppress_health_check=SLOWLY)
@example("1e4")
@example("NO")
@example("010")
@example("0x1F")
@example("1:30")
@example("null")
@example("~")
@example(".inf")
@example("- a")
@example("ä: #")
@example("a: b")
@example("'\"")
@example("2026-11-21")
@example("<<")
@example("=")
@example("*a")
@example("&a")
@example("!a")
@example("%a")
@example("@a")
@example(" a ")
@example("a\tb")
@example("{")
@example("[1]")
@example("#")
@example("---")
@example("\ufeff")
@example("\u2028")
@example("\x85")
@example("\x07")
@example("🙂")
def test_every_text_comes_back(load, rich, name):
    experiment = rich.model_copy(update={"name": name})
    assert load(as_yaml(experiment)).name == name


@pytest.mark.slow
@given(rate=st.floats(min_value=0, exclude_min=True, allow_infinity=False), seed=st.integers(0, 2**63 - 1))
@settings(max_examples=200, deadline=None, suppress_health_check=SLOWLY)
@example(1e-5, 0)
@example(5e-324, 0)
@example(1e22, 10**18)
@example(1e16, 2**63 - 1)
@example(123456789.0, 2**53 + 1)
def test_every_number_comes_back(load, rich, rate, seed):
    optimizer = rich.optimizer.model_copy(update={"learning_rate": rate})
    experiment = rich.model_copy(update={"seed": seed, "optimizer": optimizer})
    again = load(as_yaml(experiment))
    assert (again.optimizer.learning_rate, again.seed) == (rate, seed)
    assert yaml.safe_load(as_yaml(experiment))["optimizer"]["learning_rate"] == rate  # for YAML 1.1 readers too


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@given(values=st.lists(ANYTHING, min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
@example([math.inf, -math.inf])
@example([["010", "NO", ""], [None, True]])
def test_values_written_out_come_back(rich, values):
    # The dumper sees plain data, whatever the field.
    optimizer = rich.optimizer.model_copy(update={"decay": values})
    with pytest.warns(UserWarning, match="serializer"):
        text = as_yaml(rich.model_copy(update={"optimizer": optimizer}))
    node, problems = compose(text, "c.yaml")
    assert not problems
    assert plain(node)["optimizer"]["decay"] == frozen(values)


def frozen(value):
    return tuple(map(frozen, value)) if isinstance(value, list) else value


def test_what_is_the_same_object_is_written_twice(load):
    text = (
        "data: {type: inline, inputs: [[1, 2]], labels: [1]}\n"
        "network: [{type: dense, units: 2, init: {type: values, values: [&row [1, 2], *row]}}]\n"
        "optimizer: {type: sgd, learning_rate: 0.1}\ntraining: {steps: 1}\n"
    )
    experiment = load(text)
    written = as_yaml(experiment)
    assert "*" not in written
    assert load(written) == experiment


def test_a_number_that_is_none_is_written_as_yaml_has_it(load):
    text = (
        "data: {type: inline, inputs: [[1]], labels: [1]}\n"
        "network: [{type: dense, units: 2, init: {type: values, values: [[.nan, -.inf]]}}]\n"
        "optimizer: {type: sgd, learning_rate: 0.1}\ntraining: {steps: 1}\n"
    )
    try:
        written = as_yaml(load(text))
    except DataError:
        return
    first, second = load(written).network[0].init.values[0]
    assert math.isnan(first)
    assert second == -math.inf
