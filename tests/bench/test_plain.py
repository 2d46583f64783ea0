import numpy as np
import pytest
from typer.testing import CliRunner

from bench import plain
from bench.catalogue import load
from nnlab.nn.kernels import convolution, pooling
from nnlab.nn.kernels.windows import Windows
from nnlab.training.state import prepare


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", [(0, 0), (1, 2)])
def test_the_textbook_convolution_equals_the_fast_one(rng, stride, padding):
    windows = Windows((6, 5), (3, 2), (stride, stride), padding, padding)
    x, weight = rng.standard_normal((2, 6, 5, 3)), rng.standard_normal((3, 2, 3, 4))
    bias, grad_y = rng.standard_normal(4), rng.standard_normal(windows.shape(2, 4))
    found = plain.convolve(x, weight, bias, windows), *plain.gradients(x, grad_y, weight, windows)
    fast = convolution.convolve(x, weight, bias, windows), *convolution.gradients(x, grad_y, weight, windows)
    for a, b in zip(found, fast, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_textbook_pooling_equals_the_fast_one(rng, stride):
    windows = Windows((7, 6), (3, 3), (stride, stride), (1, 1), (1, 1))
    x = rng.integers(0, 4, (2, 7, 6, 3)).astype(float)  # with ties
    y = plain.max_pool(x, windows)
    np.testing.assert_array_equal(y, pooling.max_pool(x, windows))
    grad_y = rng.integers(-9, 9, y.shape).astype(float)
    found = plain.max_pool_gradient(grad_y, x, y, windows)
    np.testing.assert_array_equal(found, pooling.max_pool_gradient(grad_y, x, y, windows))


def test_the_layers_use_textbook_kernels_only_inside_the_context(rng):
    network = prepare(load("mnist")).network
    fast, x = convolution.convolve, rng.standard_normal((1, *network.input_shape), np.float32)
    scores = network.predict(x)
    with plain.plain_kernels():
        assert convolution.convolve is plain.convolve
        np.testing.assert_allclose(network.predict(x), scores, rtol=1e-4, atol=1e-5)
    assert convolution.convolve is fast


@pytest.mark.slow
def test_the_command_prints_a_ratio():
    app = plain.typer.Typer()
    app.command()(plain.main)
    result = CliRunner().invoke(app, ["--networks", "mnist", "--rounds", "1", "--seconds", "0"])
    assert result.exit_code == 0, result.output
    assert "times faster" in result.output
    assert "mnist" in result.output
