import math

import numpy as np
import pytest
from support import oracles

from nnlab.nn.layers import Elu, Gelu, LeakyRelu, Relu, Sigmoid, Silu, Softmax, Tanh

RNG = np.random.default_rng(0)
X = np.array([[-3.0, -0.5, 0.0, 0.5, 3.0]])
FORMULAS = {
    Relu: lambda x: max(x, 0),
    LeakyRelu: lambda x: x if x > 0 else 0.01 * x,
    Elu: lambda x: x if x > 0 else math.expm1(x),
    Gelu: lambda x: x * math.erfc(-x / math.sqrt(2)) / 2,
    Silu: lambda x: x / (1 + math.exp(-x)),
    Sigmoid: lambda x: 1 / (1 + math.exp(-x)),
    Tanh: lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
}


@pytest.mark.parametrize("layer", FORMULAS)
def test_values_equal_the_formula(layer):
    expected = [FORMULAS[layer](float(x)) for x in X[0]]
    np.testing.assert_allclose(layer((5,), RNG).predict(X)[0], expected, rtol=1e-14)


def test_the_approximate_gelu_is_its_formula_and_near_the_exact_one():
    x = np.linspace(-6, 6, 1201)[:, None]
    u = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    approximate = Gelu((1,), RNG, approximate="tanh").predict(x)
    np.testing.assert_allclose(approximate, 0.5 * x * (1 + np.tanh(u)), atol=1e-15)
    difference = np.abs(approximate - Gelu((1,), RNG).predict(x)).max()
    assert 1e-4 < difference < 5e-4


def test_alpha_scales_the_negative_side_of_elu():
    y = Elu((5,), RNG, alpha=0.3).predict(X)[0]
    np.testing.assert_allclose(y, [0.3 * math.expm1(-3), 0.3 * math.expm1(-0.5), 0, 0.5, 3], rtol=1e-14)


@pytest.mark.parametrize(
    ("layer", "options"), [(Elu, {}), (Gelu, {}), (Gelu, {"approximate": "tanh"}), (Silu, {})]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_smooth_activations_neither_overflow_nor_lose_small_values(layer, options, dtype):
    x = np.array([[-1e30, -1e4, -1e-20, 1e-20, 1e4, 1e30]], dtype)
    y, cache = layer((6,), RNG, **options).forward(x)
    slope = layer((6,), RNG, **options).backward(np.ones_like(x), cache)[0]
    at_zero = 1 if layer is Elu else 0.5
    np.testing.assert_allclose(y[0, 2:], [-1e-20 * at_zero, 1e-20 * at_zero, 1e4, 1e30], rtol=1e-6)
    np.testing.assert_allclose(slope[0], [0, 0, at_zero, at_zero, 1, 1], rtol=1e-6)
    assert y[0, :2].tolist() == ([-1, -1] if layer is Elu else [0, 0])


def test_the_bounds_that_warnings_give_hold():
    x = np.linspace(-4, 0, 4001)[:, None]
    for layer in (Gelu, Silu, Elu):
        least, bound = layer((1,), RNG).predict(x).min(), layer.bounds.removeprefix("above ")
        bound = -1.0 if bound == "-alpha" else float(bound)
        assert bound < least < bound + 0.02


TORCH = [
    (Elu, {"alpha": 0.3}, lambda f, x: f.elu(x, 0.3)),
    (Gelu, {}, lambda f, x: f.gelu(x)),
    (Gelu, {"approximate": "tanh"}, lambda f, x: f.gelu(x, approximate="tanh")),
    (Silu, {}, lambda f, x: f.silu(x)),
]


@pytest.mark.parametrize(("layer", "options", "function"), TORCH)
def test_values_and_gradients_equal_torch(layer, options, function, rng):
    torch = pytest.importorskip("torch")
    x, grad_y = 3 * rng.standard_normal((2, 40, 25))
    theirs = torch.tensor(x, requires_grad=True)
    result = function(torch.nn.functional, theirs)
    result.backward(torch.tensor(grad_y))
    y, cache = layer((25,), RNG, **options).forward(x)
    np.testing.assert_allclose(y, result.detach().numpy(), atol=1e-14)
    grad_x, _ = layer((25,), RNG, **options).backward(grad_y, cache)
    np.testing.assert_allclose(grad_x, theirs.grad.numpy(), atol=1e-14)


AT_ZERO = [(Relu, 0), (LeakyRelu, 0.01), (Sigmoid, 0.25), (Tanh, 1), (Elu, 1), (Gelu, 0.5), (Silu, 0.5)]


@pytest.mark.parametrize(("layer", "at_zero"), AT_ZERO)
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
