import numpy as np
import pytest
from support import oracles

from nnlab.errors import OptionError
from nnlab.nn.layers import AvgPool2d, GlobalAvgPool, MaxPool2d

RNG = np.random.default_rng(0)
OPTIONS = [
    ((2, 2), None, (0, 0)),
    ((3, 2), (2, 1), (1, 0)),
    ((3, 3), (2, 2), (1, 1)),
    ((2, 2), (3, 3), (0, 1)),
]


@pytest.mark.parametrize(("size", "stride", "padding"), OPTIONS)
def test_maxima_equal_slow_loops(rng, size, stride, padding):
    x = rng.standard_normal((3, 7, 6, 2))
    layer = MaxPool2d((7, 6, 2), RNG, size=size, stride=stride, padding=padding)
    y, cache = layer.forward(x)
    np.testing.assert_array_equal(y, oracles.max_pool(x, size, stride or size, padding))
    grad_y = rng.standard_normal(y.shape)
    expected = oracles.max_pool_gradient(x, grad_y, size, stride or size, padding)
    np.testing.assert_allclose(layer.backward(grad_y, cache)[0], expected, atol=1e-12)


def test_of_equal_maxima_the_first_gets_the_gradient():
    layer = MaxPool2d((2, 4, 1), RNG, size=(2, 2))
    x = np.array([[1.0, 2, 5, 5], [2, 2, 5, 5]]).reshape(1, 2, 4, 1)
    y, cache = layer.forward(x)
    grad_x, _ = layer.backward(np.array([3.0, 7]).reshape(y.shape), cache)
    np.testing.assert_array_equal(grad_x[0, :, :, 0], [[0, 3, 7, 0], [0, 0, 0, 0]])


@pytest.mark.parametrize("count_include_pad", [True, False])
@pytest.mark.parametrize(("size", "stride", "padding"), OPTIONS)
def test_means_equal_slow_loops(rng, size, stride, padding, count_include_pad):
    x = rng.standard_normal((3, 7, 6, 2))
    options = {"size": size, "stride": stride, "padding": padding, "count_include_pad": count_include_pad}
    y = AvgPool2d((7, 6, 2), RNG, **options).predict(x)
    expected = oracles.avg_pool(x, size, stride or size, padding, count_include_pad=count_include_pad)
    np.testing.assert_allclose(y, expected, atol=1e-12)


@pytest.mark.parametrize("count_include_pad", [True, False])
def test_means_and_their_gradient_equal_torch(rng, count_include_pad):
    torch = pytest.importorskip("torch")
    x = rng.standard_normal((3, 7, 6, 2))
    layer = AvgPool2d(
        (7, 6, 2), RNG, size=(3, 3), stride=(2, 2), padding=(1, 1), count_include_pad=count_include_pad
    )
    theirs = torch.tensor(x, requires_grad=True)
    result = torch.nn.functional.avg_pool2d(
        theirs.permute(0, 3, 1, 2), 3, 2, 1, count_include_pad=count_include_pad
    ).permute(0, 2, 3, 1)
    grad_y = rng.standard_normal(result.shape)
    result.backward(torch.tensor(grad_y))
    y, cache = layer.forward(x)
    np.testing.assert_allclose(y, result.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(layer.backward(grad_y, cache)[0], theirs.grad.numpy(), atol=1e-12)


def test_the_global_mean_is_that_of_each_channel(rng):
    x = rng.standard_normal((3, 4, 5, 2))
    y = GlobalAvgPool((4, 5, 2), RNG).predict(x)
    for n, c in np.ndindex(3, 2):
        assert y[n, c] == pytest.approx(sum(x[n, :, :, c].ravel()) / 20)


@pytest.mark.parametrize("layer", [MaxPool2d, AvgPool2d])
def test_a_window_that_does_not_fit_is_refused(layer):
    with pytest.raises(OptionError, match=r"5x5.*4x4x3") as error:
        layer((4, 4, 3), RNG, size=(5, 5))
    assert error.value.option == "size"
    assert error.value.hint.startswith("padding: 1 ")


@pytest.mark.parametrize("layer", [MaxPool2d, AvgPool2d])
def test_padding_that_fills_a_window_is_refused(layer):
    with pytest.raises(OptionError, match=r"padding \[0, 2\].* 2\b") as error:
        layer((4, 4, 3), RNG, size=(2, 2), padding=(0, 2))
    assert error.value.option == "padding"


def test_a_flat_input_is_refused():
    for build in (lambda: MaxPool2d((9,), RNG, size=(2, 2)), lambda: GlobalAvgPool((9,), RNG)):
        with pytest.raises(OptionError, match=r" 9$"):
            build()
