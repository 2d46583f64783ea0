"""What holds for every registered layer."""

import copy

import numpy as np
import pytest
from support.layer_cases import CASES, case_shape, case_spec
from support.oracles import central_differences, relative_error

from nnlab import seeding
from nnlab.nn.kernels import blocks, by_patches, channelwise, pooling, standardize, threads
from nnlab.nn.network import build_network, outline_layer
from nnlab.registry import LAYERS

SAME_IN_TRAINING = [key for key, (name, _) in CASES.items() if name not in {"batchnorm", "dropout", "residual"}]


@pytest.fixture(params=["whole", "cut"])
def cut(request, monkeypatch):
    """Let kernels take even small arrays to pieces, or leave them whole."""
    if request.param == "cut":
        for module, name in (
            (blocks, "BLOCK_VALUES"),
            (blocks, "BLOCK_PRODUCTS"),
            (by_patches, "PATCH_BYTES"),
            (channelwise, "PIECE_BYTES"),
            (pooling, "PIECE_BYTES"),
            (standardize, "PIECE_BYTES"),
        ):
            monkeypatch.setattr(module, name, 8)


def make(name, dtype=np.float64, batch=4):
    shape = case_shape(name)
    layer = LAYERS.build(case_spec(name), shape, np.random.default_rng(1))
    rng = np.random.default_rng(2)
    # None of the starting values 0 and 1 of biases and scales, at which a mistake could hide.
    layer.bind({key: (p + rng.uniform(0.1, 0.3, p.shape)).astype(dtype) for key, p in layer.params.items()})
    x = rng.uniform(0.1, 1, (batch, *shape)) * rng.choice([-1, 1], (batch, *shape))
    grad_y = rng.standard_normal((batch, *layer.output_shape))
    return layer, x.astype(dtype), grad_y.astype(dtype)


def training(layer, x):
    """Run ``forward`` as if for the first time: the streams stay where they are."""
    positions = {name: seeding.saved(stream) for name, stream in layer.streams.items()}
    result = layer.forward(x)
    for name, stream in layer.streams.items():
        seeding.restore(stream, positions[name])
    return result


def errors(layer, x, grad_y):
    """Return the relative error of each gradient."""
    grad_x, grads = layer.backward(grad_y, training(layer, x)[1])

    def value():
        return float((training(layer, x)[0] * grad_y).sum())

    numeric = {"x": central_differences(value, x)}
    numeric |= {name: central_differences(value, array) for name, array in layer.params.items()}
    return {name: relative_error({"x": grad_x, **grads}[name], array) for name, array in numeric.items()}


def arrays_in(value):
    if isinstance(value, np.ndarray):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    return [array for part in parts for array in arrays_in(part)]


def test_every_registered_layer_has_a_case():
    assert {name for name, _ in CASES.values()} == {*LAYERS.names()}


@pytest.mark.parametrize("name", CASES)
def test_backward_matches_central_differences(name, cut):
    found = errors(*make(name))
    assert max(found.values()) < 1e-6, found


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_the_check_notices_a_one_percent_mistake(name, monkeypatch):
    layer, x, grad_y = make(name)
    exact = layer.backward

    def wrong(grad_y, cache):
        grad_x, grads = exact(grad_y, cache)
        return 1.01 * grad_x, {key: 1.01 * grad for key, grad in grads.items()}

    monkeypatch.setattr(layer, "backward", wrong)
    found = errors(layer, x, grad_y)
    assert set(found) == {"x", *layer.params}
    assert min(found.values()) > 4e-3, found


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_dtype_and_shape_follow_the_data(name, dtype, cut):
    layer, x, grad_y = make(name, dtype)
    y, cache = layer.forward(x)
    grad_x, grads = layer.backward(grad_y, cache)
    arrays = [layer.predict(x), y, grad_x, *grads.values()]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}
    assert y.shape == layer.predict(x).shape == (len(x), *layer.output_shape)
    assert grad_x.shape == x.shape
    assert {key: grad.shape for key, grad in grads.items()} == {key: p.shape for key, p in layer.params.items()}


@pytest.mark.parametrize("name", CASES)
def test_parameters_of_initializers_take_float64_data(name):
    shape = case_shape(name)
    layer = LAYERS.build(case_spec(name), shape, np.random.default_rng(1))
    y, cache = layer.forward(np.ones((2, *shape)))
    grad_x, _ = layer.backward(np.ones_like(y), cache)
    assert y.dtype == grad_x.dtype == np.float64
    assert {array.dtype for array in layer.params.values()} <= {np.dtype(np.float32)}


@pytest.mark.parametrize("name", SAME_IN_TRAINING)
def test_inference_equals_training(name):
    layer, x, _ = make(name, np.float32)
    np.testing.assert_array_equal(layer.predict(x), layer.forward(x)[0])


@pytest.mark.parametrize("name", CASES)
def test_two_forward_passes_keep_their_caches_apart(name, cut):
    layer, x, grad_y = make(name)
    alone = [layer.backward(grad_y, training(layer, batch)[1]) for batch in (x, -2 * x)]
    first, second = training(layer, x)[1], training(layer, -2 * x)[1]
    together = layer.backward(grad_y, first), layer.backward(grad_y, second)
    for (grad_x, grads), (expected_x, expected) in zip(together, alone, strict=True):
        np.testing.assert_array_equal(grad_x, expected_x)
        for key in grads:
            np.testing.assert_array_equal(grads[key], expected[key])


@pytest.mark.parametrize("name", CASES)
def test_no_pass_changes_what_it_is_given(name, cut):
    layer, x, grad_y = make(name)
    y, cache = layer.forward(x)
    given = [x, y, grad_y, *arrays_in(cache), *layer.params.values()]
    before = copy.deepcopy(given)
    for _ in range(2):
        layer.predict(x)
        layer.gradients(grad_y, cache)
        layer.backward(grad_y, cache)
    for array, copied in zip(given, before, strict=True):
        np.testing.assert_array_equal(array, copied)


@pytest.mark.parametrize("name", CASES)
def test_gradients_alone_equal_those_of_backward(name):
    layer, x, grad_y = make(name)
    _, cache = layer.forward(x)
    alone, (_, grads) = layer.gradients(grad_y, cache), layer.backward(grad_y, cache)
    assert list(alone) == list(grads) == list(layer.params)
    for key, grad in grads.items():
        np.testing.assert_allclose(alone[key], grad, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_the_bits_do_not_depend_on_the_number_of_threads(name, cut):
    layer, x, grad_y = make(name, np.float32, batch=9)
    results = []
    for count in (1, 2, 4):
        with threads.compute(count):
            y, cache = training(layer, x)
            grad_x, grads = layer.backward(grad_y, cache)
            results.append([array.tobytes() for array in (y, grad_x, *grads.values())])
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("name", CASES)
def test_it_uses_the_parameters_it_was_bound_to(name):
    layer, x, _ = make(name)
    bound = {key: array.copy() for key, array in layer.params.items()}
    layer.bind(bound)
    before = layer.predict(x)
    for array in bound.values():
        np.multiply(array, 1.5, out=array)
    assert layer.params.keys() == bound.keys()
    assert (layer.predict(x) != before).any() == bool(bound)


@pytest.mark.parametrize("name", CASES)
def test_an_empty_batch_is_predicted(name):
    layer, x, _ = make(name, np.float32)
    assert layer.predict(x[:0]).shape == (0, *layer.output_shape)


@pytest.mark.parametrize("name", CASES)
def test_a_network_of_it_is_outlined_without_weights(name):
    shape, specs = case_shape(name), [case_spec(name)]
    bare, network = outline_layer(specs[0], shape), build_network(specs, shape)
    built = network.layers[0]
    assert bare.output_shape == built.output_shape
    assert {k: p.shape for k, p in bare.params.items()} == {k: p.shape for k, p in built.params.items()}
    assert bare.multiply_adds == built.multiply_adds
    assert bare.multiply_adds > 0 or not built.params


def test_the_same_stream_makes_the_same_layer():
    for name in CASES:
        a, b = (LAYERS.build(case_spec(name), case_shape(name), np.random.default_rng(3)) for _ in range(2))
        for key, param in a.params.items():
            np.testing.assert_array_equal(param, b.params[key])
