"""Layers in a row give what they give one by one."""

import numpy as np
import pytest

from nnlab import seeding
from nnlab.kernels import threads
from nnlab.layers import chain
from nnlab.layers.chain import Chain
from nnlab.registry import LAYERS


def entry(name, **options):
    return LAYERS.spec(name)(type=name, **options)


NETWORKS = {
    "images": (
        entry("conv2d", filters=4, kernel=3, padding=1),
        entry("relu"),
        entry("maxpool2d", size=2),
        entry("conv2d", filters=3, kernel=3),
        entry("relu"),
        entry("maxpool2d", size=3, stride=2, padding=1),
        entry("dense", units=5),
        entry("relu"),
    ),
    "chance and batches": (
        entry("relu"),
        entry("maxpool2d", size=2),
        entry("conv2d", filters=4, kernel=3),
        entry("dropout", rate=0.5),
        entry("batchnorm"),
        entry("conv2d", filters=2, kernel=2),
    ),
    "residual": (
        entry("residual", body=(entry("conv2d", filters=2, kernel=3, padding=1), entry("relu"))),
        entry("maxpool2d", size=2),
    ),
}


def layers_of(name):
    shape, layers = (9, 8, 2), []
    for i, spec in enumerate(NETWORKS[name]):
        layers.append(LAYERS.build(spec, shape, seeding.stream(0, name, i)))
        layers[-1].bind({key: param.astype(np.float64) for key, param in layers[-1].params.items()})
        shape = layers[-1].output_shape
    return layers


def one_by_one(layers, x, grad_y):
    caches, grads, y = [], [], x
    for layer in layers:
        y, cache = layer.forward(y)
        caches.append(cache)
    grad_x = grad_y(y)
    for layer, cache in zip(reversed(layers), reversed(caches), strict=True):
        grad_x, found = layer.backward(grad_x, cache)
        grads.insert(0, found)
    return y, grad_x, grads


@pytest.fixture(params=[1, 3, 1 << 20])
def parts(request, monkeypatch):
    """Let a batch be cut into single examples, a few parts, or not at all."""
    monkeypatch.setattr(chain, "PART_PRODUCTS", request.param)
    monkeypatch.setattr(chain, "MOST_PARTS", 7)
    monkeypatch.setattr(chain, "LEAST_REUSE", 1)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_chain_is_its_layers_one_by_one(name, rng, parts):
    # Whole numbers make ties, and windows without a positive value, frequent.
    x = rng.integers(-2, 3, (7, 9, 8, 2)).astype(np.float64)
    y, grad_x, grads = one_by_one(layers_of(name), x, np.cos)
    layers = layers_of(name)
    row = Chain(layers)
    found, caches = row.forward(x)
    np.testing.assert_allclose(found, y, rtol=1e-12, atol=1e-12)
    found_x, found_grads = row.backward(np.cos(found), caches)
    np.testing.assert_allclose(found_x, grad_x, rtol=1e-10, atol=1e-12)
    for alone, both, expected in zip(row.gradients(np.cos(found), caches), found_grads, grads, strict=True):
        assert list(alone) == list(both) == list(expected)
        for key, grad in expected.items():
            np.testing.assert_allclose(alone[key], grad, rtol=1e-10, atol=1e-11)
            np.testing.assert_allclose(both[key], grad, rtol=1e-10, atol=1e-11)
    predicted = x
    for layer in layers:
        predicted = layer.predict(predicted)
    np.testing.assert_allclose(row.predict(x), predicted, rtol=1e-12, atol=1e-12)
    assert row.predict(x[:0]).shape == (0, *layers[-1].output_shape)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_bits_do_not_depend_on_the_number_of_threads(name, rng, parts):
    x = rng.standard_normal((7, 9, 8, 2))
    results = []
    for count in (1, 2, 4):
        with threads.compute(count):
            row = Chain(layers_of(name))
            y, caches = row.forward(x)
            grads = [grad for named in row.gradients(np.cos(y), caches) for grad in named.values()]
            results.append([array.tobytes() for array in (y, row.predict(x), *grads)])
    assert results[0] == results[1] == results[2]


def test_a_pool_goes_before_relu_to_the_bit(rng):
    layers = layers_of("images")[1:3]
    x = rng.standard_normal((3, 9, 8, 4)).astype(np.float32)
    assert Chain(layers).predict(x).tobytes() == layers[1].predict(layers[0].predict(x)).tobytes()


def test_layers_that_mix_the_examples_see_them_all():
    mixed = {name for name in LAYERS.names() if not LAYERS[name].examples_apart}
    assert mixed == {"batchnorm", "dropout", "residual"}  # a residual goes by its body, once it is built
