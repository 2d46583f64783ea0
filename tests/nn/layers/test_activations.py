import math

import numpy as np
import pytest
from support import oracles

from nnlab.nn.layers import LeakyRelu, Relu, Sigmoid, Softmax, Tanh

RNG = np.random.default_rng(0)
X = np.array([[-3.0, -0.5, 0.0, 0.5, 3.0]])
FORMULAS = {
    Relu: lambda x: max(x, 0),
    LeakyRelu: lambda x: x if x > 0 else 0.01 * x,
    Sigmoid: lambda x: 1 / (1 + math.exp(-x)),
    Tanh: lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
}


@pytest.mark.parametrize("layer", FORMULAS)
def test_values_equal_the_formula(layer):
    expected = [FORMULAS[layer](float(x)) for x in X[0]]
    np.testing.assert_allclose(layer((5,), RNG).predict(X)[0], expected, rtol=1e-14)


@pytest.mark.parametrize(("layer", "at_zero"), [(Relu, 0), (LeakyRelu, 0.01), (Sigmoid, 0.25), (Tanh, 1)])
def test_gradient_at_zero(layer, at_zero):
    layer = layer((1,), RNG)
    grad_x, _ = layer.backward(np.ones((2, 1)), layer.forward(np.array([[0.0], [-0.0]]))[1])
    assert grad_x.tolist() == [[at_zero], [at_zero]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_and_softmax_neither_overflow_nor_lose_small_values(dtype):
    x = np.array([[-1e4, -50.0, 0.0, 50.0, 1e4]], dtype)
    y = Sigmoid((5,), RNG).predict(x)
    np.testing.assert_allclose(y[0], [0, math.exp(-50), 0.5, 1, 1], rtol=1e-5)
    np.testing.assert_array_equal(Softmax((5,), RNG).predict(x), [[0, 0, 0, 0, 1]])


def test_softmax_equals_slow_loops(rng):
    layer = Softmax((3, 4), RNG)
    x, grad_y = rng.standard_normal((2, 5, 3, 4))
    y, cache = layer.forward(x)
    np.testing.assert_allclose(y, oracles.softmax(x), rtol=1e-12)
    np.testing.assert_allclose(layer.backward(grad_y, cache)[0], oracles.softmax_gradient(x, grad_y), atol=1e-12)
    np.testing.assert_allclose(layer.predict(x + 700), y, rtol=1e-9)
