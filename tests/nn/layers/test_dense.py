import numpy as np
import pytest

from nnlab.nn.layers import Dense


def test_values_and_gradients_equal_slow_loops(rng):
    layer = Dense((2, 3), rng, units=4)
    weight, bias = layer.params["weight"], layer.params["bias"] = rng.standard_normal((6, 4)), np.arange(4.0)
    x, grad_y = rng.standard_normal((5, 2, 3)), rng.standard_normal((5, 4))
    y, cache = layer.forward(x)
    grad_x, grads = layer.backward(grad_y, cache)
    for n, m in np.ndindex(5, 4):
        assert y[n, m] == pytest.approx(sum(x[n].ravel() * weight[:, m]) + bias[m])
    for n, d in np.ndindex(5, 6):
        assert grad_x[n].ravel()[d] == pytest.approx(sum(grad_y[n] * weight[d]))
    for d, m in np.ndindex(6, 4):
        assert grads["weight"][d, m] == pytest.approx(sum(x[n].ravel()[d] * grad_y[n, m] for n in range(5)))
    np.testing.assert_allclose(grads["bias"], [sum(grad_y[:, m]) for m in range(4)])


def test_multiply_adds_are_the_weights(rng):
    assert Dense((2, 3), rng, units=4).multiply_adds == 24
