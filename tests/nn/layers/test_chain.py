"""Layers in a row have the same results as one by one."""

import numpy as np
import pytest

from nnlab import seeding
from nnlab.nn.layers.chain import Chain
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


@pytest.mark.parametrize("name", NETWORKS)
def test_a_chain_is_its_layers_one_by_one(name, rng):
    # Whole numbers make ties, and windows without a positive value, frequent.
    x = rng.integers(-2, 3, (7, 9, 8, 2)).astype(np.float64)
    y, grad_x, grads = one_by_one(layers_of(name), x, np.cos)
    layers = layers_of(name)
    chain = Chain(layers)
    found, caches = chain.forward(x)
    found_x, found_grads = chain.backward(np.cos(found), caches)
    np.testing.assert_array_equal(found, y)
    np.testing.assert_array_equal(found_x, grad_x)
    for alone, both, expected in zip(chain.gradients(np.cos(found), caches), found_grads, grads, strict=True):
        assert list(alone) == list(both) == list(expected)
        for key, grad in expected.items():
            np.testing.assert_allclose(alone[key], grad, rtol=1e-12, atol=1e-12)
            np.testing.assert_array_equal(both[key], grad)
    predicted = x
    for layer in layers:
        predicted = layer.predict(predicted)
    np.testing.assert_array_equal(chain.predict(x), predicted)
    assert chain.predict(x[:0]).shape == (0, *layers[-1].output_shape)


def test_a_pool_goes_before_relu_to_the_bit(rng):
    layers = layers_of("images")[1:3]
    x = rng.standard_normal((3, 9, 8, 4))
    seen = []
    layers[0].predict = lambda x: seen.append(x.shape) or np.maximum(x, 0)
    assert Chain(layers).predict(x).tobytes() == np.maximum(layers[1].predict(x), 0).tobytes()
    assert seen == [(3, 4, 4, 4)]
