"""Networks: parameters in one vector, made from a seed, outlined without memory."""

import tracemalloc

import numpy as np
import pytest
from support.oracles import central_differences, relative_error

from nnlab import seeding
from nnlab.errors import OptionError
from nnlab.nn.network import Network, build_network, outline_layer
from nnlab.registry import LAYERS


def entry(name, **options):
    return LAYERS.spec(name)(type=name, **options)


CONV = entry("conv2d", filters=4, kernel=3, padding=1)
SPECS = [
    CONV,
    entry("batchnorm"),
    entry("tanh"),
    entry("residual", body=(CONV, entry("batchnorm"), entry("residual", body=(entry("dropout", rate=0.4),)))),
    entry("maxpool2d", size=2),
    entry("dropout", rate=0.3),
    entry("dense", units=3),
]
SHAPE = (6, 6, 2)


@pytest.fixture
def network():
    return build_network(SPECS, SHAPE, seed=5)


def test_parameters_are_views_of_one_vector(network):
    assert network.weights.dtype == network.gradient.dtype == np.float32
    assert network.weights.size == network.gradient.size == sum(param.size for param in network.params.values())
    assert all(np.shares_memory(param, network.weights) for param in network.params.values())
    flat = np.concatenate([param.ravel() for param in network.params.values()])
    np.testing.assert_array_equal(flat, network.weights)
    network.weights[:] = np.arange(network.weights.size)
    flat = np.concatenate([param.ravel() for param in network.params.values()])
    np.testing.assert_array_equal(flat, network.weights)


def test_layers_inside_layers_use_the_same_vector(network, rng):
    x = rng.standard_normal((4, *SHAPE)).astype(np.float32)
    inner = network.layers[3].body[0]
    before = inner.params["weight"].copy()
    network.params["3.body.0.weight"][...] *= 2
    np.testing.assert_array_equal(inner.params["weight"], 2 * before)
    assert np.shares_memory(inner.params["weight"], network.weights)
    assert network.predict(x).shape == (4, 3)


def test_names_reach_parameters_state_and_streams_at_any_depth(network):
    assert list(network.params) == [
        *("0.weight", "0.bias", "1.gamma", "1.beta"),
        *("3.body.0.weight", "3.body.0.bias", "3.body.1.gamma", "3.body.1.beta", "6.weight", "6.bias"),
    ]
    assert list(network.state) == [
        *("1.running_mean", "1.running_variance", "3.body.1.running_mean", "3.body.1.running_variance"),
    ]
    assert list(network.streams) == ["3.body.2.body.0.mask", "5.mask"]


def test_roles_reach_parameters_at_any_depth(network):
    assert network.roles == {
        "0.weight": "weight",
        "0.bias": "bias",
        "1.gamma": "scale",
        "1.beta": "bias",
        "3.body.0.weight": "weight",
        "3.body.0.bias": "bias",
        "3.body.1.gamma": "scale",
        "3.body.1.beta": "bias",
        "6.weight": "weight",
        "6.bias": "bias",
    }


def test_only_weights_decay_without_biases_and_scales(network):
    matrices = [np.full(param.size, param.ndim > 1) for param in network.params.values()]
    np.testing.assert_array_equal(network.decayed, np.concatenate(matrices))


def test_a_network_without_parameters_has_nothing_that_decays():
    decayed = build_network([LAYERS.spec("relu")(type="relu")], (3,)).decayed
    assert (decayed.shape, decayed.dtype) == ((0,), bool)


def test_state_and_streams_are_those_that_training_uses(network, rng):
    x = 2 + rng.standard_normal((8, *SHAPE)).astype(np.float32)
    positions = {name: seeding.saved(stream) for name, stream in network.streams.items()}
    first, _ = network.forward(x)
    assert (network.state["3.body.1.running_mean"] != 0).any()
    assert all(seeding.saved(stream) != positions[name] for name, stream in network.streams.items())
    for name, stream in network.streams.items():
        seeding.restore(stream, positions[name])
    np.testing.assert_array_equal(network.forward(x)[0], first)


def gradient_error(network, x, grad_y):
    """Return the relative error of dL/dweights, where L = sum of grad_y y."""
    positions = {name: seeding.saved(stream) for name, stream in network.streams.items()}

    def again():
        for name, stream in network.streams.items():
            seeding.restore(stream, positions[name])
        return network.forward(x)

    network.backward(grad_y, again()[1])
    numeric = central_differences(lambda: float((again()[0] * grad_y).sum()), network.weights)
    return relative_error(network.gradient, numeric)


@pytest.fixture
def small(rng):
    """A network in float64, an input and the gradient of its output."""
    specs = [
        entry("dense", units=4),
        entry("tanh"),
        entry("residual", body=(entry("dense", units=4),)),
        entry("dense", units=2),
    ]
    layers = build_network(specs, (3,), seed=1).layers
    network = Network(layers, dtype=np.float64)
    return network, rng.standard_normal((5, 3)), rng.standard_normal((5, 2))


def test_backward_writes_the_gradient_of_every_weight(small):
    network, x, grad_y = small
    vector = network.gradient
    assert gradient_error(network, x, grad_y) < 1e-7
    assert network.gradient is vector
    assert vector.dtype == network.weights.dtype == np.float64


def test_a_gradient_in_another_place_is_noticed(small, monkeypatch):
    network, x, grad_y = small
    monkeypatch.setattr(network, "_gradients", network._gradients[:2] + network._gradients[2:][::-1])
    with pytest.raises((AssertionError, ValueError, KeyError)):
        assert gradient_error(network, x, grad_y) < 1e-3


def test_a_network_is_a_function_of_its_specs_shape_and_seed_alone():
    first = build_network(SPECS, SHAPE, seed=5)
    np.random.default_rng().random(10)
    again, other = build_network(SPECS, SHAPE, seed=5), build_network(SPECS, SHAPE, seed=6)
    assert first.weights.tobytes() == again.weights.tobytes()
    assert (first.params["0.weight"] != other.params["0.weight"]).all()
    for name, stream in first.streams.items():
        assert seeding.saved(stream) == seeding.saved(again.streams[name]) != seeding.saved(other.streams[name])


def test_initial_weights_of_a_layer_do_not_depend_on_the_others():
    base = build_network([CONV, entry("relu"), CONV, entry("dense", units=3)], SHAPE, seed=5)
    changed = build_network([CONV, entry("dropout"), CONV, entry("relu"), entry("dense", units=3)], SHAPE, seed=5)
    for name in ("0.weight", "2.weight"):
        np.testing.assert_array_equal(base.params[name], changed.params[name])
    wider = build_network(
        [entry("conv2d", filters=9, kernel=1), entry("flatten"), entry("dense", units=3)], SHAPE, seed=5
    )
    same = build_network(
        [entry("conv2d", filters=9, kernel=1, bias=False), entry("relu"), entry("dense", units=3)], SHAPE, seed=5
    )
    np.testing.assert_array_equal(wider.params["2.weight"], same.params["2.weight"])


def test_equal_layers_begin_with_other_weights():
    network = build_network([entry("dense", units=4), entry("dense", units=4)], (4,))
    assert (network.params["0.weight"] != network.params["1.weight"]).all()


def test_labels_say_where_and_what():
    network = build_network(SPECS, SHAPE)
    assert [network.label(0), network.label(3)] == ["network[0] (conv2d)", "network[3] (residual)"]


def test_a_network_without_parameters_has_an_empty_vector(rng):
    network = build_network([entry("relu"), entry("flatten")], (2, 3))
    assert network.weights.shape == network.gradient.shape == (0,)
    y, caches = network.forward(rng.random((2, 2, 3)).astype(np.float32))
    network.backward(y, caches)


def test_the_first_layer_that_does_not_fit_is_an_error():
    with pytest.raises(OptionError, match=r"9x9.*6x6x4"):
        build_network([CONV, entry("conv2d", filters=1, kernel=9), entry("dense", units=1)], SHAPE)


def test_an_outline_of_a_million_million_weights_takes_no_memory():
    residual = entry("residual", body=(entry("dense", units=10**6), entry("relu")))
    tracemalloc.start()
    layer = outline_layer(residual, (10**6,))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert layer.params["body.0.weight"].shape == (10**6, 10**6)
    assert layer.output_shape == (10**6,)
    assert peak < 2**20


def test_an_outline_too_large_for_an_array_is_an_error():
    with pytest.raises(OptionError) as caught:
        outline_layer(entry("dense", units=10**18), (10**6,))
    assert isinstance(caught.value.__cause__, ValueError | OverflowError | MemoryError)


@pytest.mark.parametrize(
    ("options", "option", "shapes"),
    [
        ({"init": {"type": "values", "values": ((1.0,),)}}, "init.values", r"\(1, 1\).*\(3, 2\)"),
        ({"bias_init": {"type": "values", "values": (1.0,)}}, "bias_init.values", r"\(1,\).*\(2,\)"),
    ],
)
def test_an_outline_checks_values_that_are_written_out(options, option, shapes):
    with pytest.raises(OptionError, match=shapes) as caught:
        outline_layer(entry("dense", units=2, **options), (3,))
    assert caught.value.option == option
    fitting = {"init": {"type": "values", "values": ((1, 2), (3, 4), (5, 6))}}
    assert outline_layer(entry("dense", units=2, **fitting), (3,)).output_shape == (2,)
