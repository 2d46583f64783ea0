import numpy as np
import pytest
from support import oracles

from nnlab.errors import OptionError
from nnlab.nn.layers import BatchNorm

RNG = np.random.default_rng(0)


def batchnorm(shape, **options):
    layer = BatchNorm(shape, RNG, **options)
    gamma, beta = np.random.default_rng(1).uniform(0.5, 2, (2, shape[-1]))
    layer.bind({"gamma": gamma, "beta": beta})
    return layer


@pytest.mark.parametrize("shape", [(3,), (4, 5, 3)])
def test_training_equals_slow_loops(rng, shape):
    layer, x = batchnorm(shape), 5 + 2 * rng.standard_normal((6, *shape))
    expected = oracles.batch_norm(x, layer.params["gamma"], layer.params["beta"], 1e-5)
    np.testing.assert_allclose(layer.forward(x)[0], expected, atol=1e-11)


def test_inference_uses_the_running_averages_and_leaves_them(rng):
    layer, x = batchnorm((4,), epsilon=0.1), rng.standard_normal((6, 4))
    layer.state["running_mean"][:], layer.state["running_variance"][:] = 3, 4
    gamma, beta = layer.params.values()
    np.testing.assert_allclose(layer.predict(x), gamma * (x - 3) / np.sqrt(4.1) + beta, rtol=1e-6)
    assert layer.state["running_mean"].tolist() == [3] * 4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_moves_the_running_averages_in_place(rng, dtype):
    layer = batchnorm((2, 2, 3), momentum=0.25)
    mean, variance = layer.state["running_mean"], layer.state["running_variance"]
    x = rng.standard_normal((5, 2, 2, 3)).astype(dtype)
    layer.forward(x)
    np.testing.assert_allclose(mean, 0.25 * x.mean(axis=(0, 1, 2)), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(variance, 0.75 + 0.25 * x.var(axis=(0, 1, 2), ddof=1), rtol=1e-5)
    assert layer.state["running_mean"] is mean
    assert mean.dtype == variance.dtype == np.float32


def test_a_large_mean_costs_no_precision(rng):
    layer, noise = BatchNorm((1,), RNG), rng.standard_normal((20_000, 1)).astype(np.float32)
    y, _ = layer.forward(1000 + noise)
    assert abs(float(y.mean(dtype=np.float64))) < 1e-3
    assert float(y.std(dtype=np.float64)) == pytest.approx(1, abs=1e-3)


def test_a_single_value_per_channel_is_refused():
    with pytest.raises(OptionError, match="needs two examples or more"):
        batchnorm((3,)).forward(np.ones((1, 3)))
    batchnorm((2, 2, 3)).forward(np.ones((1, 2, 2, 3)))


def test_values_gradients_and_averages_equal_torch(rng):
    torch = pytest.importorskip("torch")
    layer, theirs = batchnorm((4, 3, 2)), torch.nn.BatchNorm2d(2, dtype=torch.float64)
    with torch.no_grad():
        theirs.weight[:], theirs.bias[:] = (torch.tensor(p) for p in layer.params.values())
    for _ in range(3):
        x, grad_y = rng.standard_normal((2, 5, 4, 3, 2))
        tensor = torch.tensor(x, requires_grad=True)
        theirs.zero_grad()
        result = theirs(tensor.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        result.backward(torch.tensor(grad_y))
        y, cache = layer.forward(x)
        grad_x, grads = layer.backward(grad_y, cache)
        pairs = (y, result.detach()), (grad_x, tensor.grad), (grads["gamma"], theirs.weight.grad)
        for ours, expected in (*pairs, (grads["beta"], theirs.bias.grad)):
            np.testing.assert_allclose(ours, expected.numpy(), atol=1e-10)
    np.testing.assert_allclose(layer.state["running_mean"], theirs.running_mean.numpy(), atol=1e-6)
    np.testing.assert_allclose(layer.state["running_variance"], theirs.running_var.numpy(), atol=1e-6)
