"""From names in a config to objects: registries, random streams, networks."""

import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest

from nnlab import registry, seeding
from nnlab.config import Experiment
from nnlab.config.validation import validate_entry
from nnlab.errors import OptionError, UsageError
from nnlab.layers import Dense
from nnlab.network import Network, build_network, outline_layer
from nnlab.registry import INITIALIZERS, LAYERS, LOSSES, SCHEDULES, Component, Registry


def specs(*entries):
    return tuple(LAYERS.spec(type_)(type=type_, **options) for type_, options in entries)


CNN = specs(
    ("conv2d", {"filters": 4, "kernel": 3, "padding": 1}),
    ("batchnorm", {}),
    ("relu", {}),
    (
        "residual",
        {"body": ({"type": "conv2d", "filters": 4, "kernel": 1}, "batchnorm", {"type": "dropout", "rate": 0.1})},
    ),
    ("dense", {"units": 3}),
)


def test_parameters_are_views_of_one_vector():
    network = build_network(CNN, (6, 6, 2))
    network.weights[:] = np.arange(network.weights.size)
    assert np.concatenate([p.ravel() for p in network.params.values()]).tolist() == network.weights.tolist()
    assert "3.body.0.weight" in network.params
    inner = network.layers[3]
    assert np.shares_memory(inner.params["body.0.weight"], network.weights)
    assert network.state.keys() == {
        f"{place}.running_{what}" for place in ("1", "3.body.1") for what in ("mean", "variance")
    }
    assert network.streams.keys() == {"3.body.2.mask"}


def test_backward_writes_the_gradient_of_every_parameter(rng):
    network = build_network(CNN, (6, 6, 2))
    x = rng.standard_normal((5, 6, 6, 2)).astype(np.float32)
    y, caches = network.forward(x)
    network.backward(np.ones_like(y), caches)
    assert network.gradient.shape == network.weights.shape
    bias = network.gradient[-3:]
    np.testing.assert_allclose(bias, [5, 5, 5])
    first = network.gradient.copy()
    y, caches = network.forward(x)
    network.backward(np.zeros_like(y), caches)
    assert first.any()
    assert not network.gradient.any()


def test_initial_weights_depend_on_the_seed_and_the_layers_own_place():
    a, b = build_network(CNN, (6, 6, 2), seed=1), build_network(CNN, (6, 6, 2), seed=1)
    assert a.weights.tobytes() == b.weights.tobytes()
    assert a.weights.tobytes() != build_network(CNN, (6, 6, 2), seed=2).weights.tobytes()
    wider = specs(("conv2d", {"filters": 8, "kernel": 3, "padding": 1})) + CNN[1:3] + CNN[4:]
    narrow = CNN[:3] + CNN[4:]
    one, other = build_network(wider, (6, 6, 2), seed=1), build_network(narrow, (6, 6, 2), seed=1)
    assert one.params["0.weight"].shape != other.params["0.weight"].shape


def test_a_network_of_float64():
    network = build_network(CNN, (6, 6, 2))
    doubled = Network(network.layers, dtype=np.float64)
    assert doubled.weights.dtype == doubled.layers[0].params["weight"].dtype == np.float64


def test_an_outline_takes_no_memory():
    tracemalloc.start()
    [spec] = specs(("dense", {"units": 10**6}))
    layer = outline_layer(spec, (1000, 1000, 1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert layer.params["weight"].size == 10**12
    assert peak < 32 * 2**20


def test_streams_have_names_and_can_be_saved():
    a, b = seeding.stream(1, "layer", 3), seeding.stream(1, "layer", 3)
    assert a.random() == b.random()
    assert seeding.stream(1, "layer", 4).random() != seeding.stream(1, "layer", 3).random()
    assert seeding.stream(2, "layer", 3).random() != seeding.stream(1, "layer", 3).random()
    state = seeding.saved(a)
    later = a.random(5).tolist()
    seeding.restore(a, state)
    assert a.random(5).tolist() == later


def test_options_are_the_keyword_only_parameters():
    assert list(LAYERS.options("dense")) == ["units", "init", "bias_init"]
    assert LAYERS.options("dense")["units"][1] is ...


def test_a_name_is_registered_once():
    kinds = Registry("thing", home="nnlab.layers")
    kinds.register("a")(Dense)
    with pytest.raises(ValueError, match="registered already"):
        kinds.register("a")(Dense)
    with pytest.raises(UsageError, match=r"unknown thing 'b' \(known: a\)"):
        kinds["b"]


@pytest.mark.parametrize("kind", [INITIALIZERS, SCHEDULES], ids=lambda kind: kind.kind)
def test_components_are_described_as_a_config_names_them(kind):
    examples = {
        "normal": {"std": 0.1},
        "uniform": {"low": -1.0, "high": 1.0},
        "constant": {"value": 2.0} if kind is INITIALIZERS else {},
        "values": {"values": (1.0, 2.0)},
        "step": {"every": 5.0},
        "linear_warmup": {
            "duration": 5.0,
            "then": {"type": "linear_warmup", "duration": 2.0, "then": {"type": "cosine"}},
        },
    }
    for name in kind.names():
        built = kind.build(kind.spec(name)(type=name, **examples.get(name, {})))
        assert isinstance(built, Component)
        described = kind.describe(built)
        assert kind.build(kind.spec(name)(**described)) == built


def test_an_option_that_does_not_fit_is_found_when_a_component_is_built():
    @dataclass(frozen=True, kw_only=True)
    class Odd(INITIALIZERS["zeros"]):
        number: int

        def __post_init__(self):
            if self.number % 2 == 0:
                raise OptionError("number must be odd", option="number")

    with pytest.raises(OptionError, match="must be odd"):
        Odd(number=2)


def test_the_json_schema_knows_the_short_forms():
    schema = Experiment.model_json_schema()
    assert {"data", "network", "optimizer", "training"} <= set(schema["required"])
    text = str(schema)
    assert "conv2d" in text
    assert "relu" in text
    assert "softmax_cross_entropy" in text


def test_an_entry_that_cannot_be_told_is_none():
    from nnlab.config.nodes import compose

    def entry(text):
        node, _ = compose(text, "c")
        return validate_entry(registry.Annotated[registry.Spec, registry.SpecOf(LOSSES)], node)

    assert entry("{type: mean_squared_error}").type == "mean_squared_error"
    assert entry("{type: mean_squared_error, reduction: 7}") is None
    assert entry("{type: nothing}") is None
