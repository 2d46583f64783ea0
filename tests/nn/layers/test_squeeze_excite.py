import numpy as np
import pytest
from support import oracles

from nnlab.errors import OptionError
from nnlab.nn.initializers import Fill
from nnlab.nn.layers import SqueezeExcite


def squeeze_excite(input_shape, **options):
    layer = SqueezeExcite(input_shape, np.random.default_rng(0), **options)
    rng = np.random.default_rng(1)
    layer.bind({name: rng.standard_normal(p.shape) for name, p in layer.params.items()})
    return layer


def test_values_equal_slow_loops(rng):
    layer, x = squeeze_excite((3, 4, 6), reduction=2), rng.standard_normal((5, 3, 4, 6))
    np.testing.assert_allclose(layer.predict(x), oracles.squeeze_excite(x, *layer.params.values()), atol=1e-13)


@pytest.mark.parametrize(("channels", "reduction", "units"), [(64, 16, 4), (24, 16, 1), (8, 16, 1), (9, 2, 4)])
def test_units_parameters_and_multiply_adds(channels, reduction, units):
    layer = SqueezeExcite((4, 4, channels), np.random.default_rng(0), reduction=reduction)
    assert {name: p.shape for name, p in layer.params.items()} == {
        "reduce.weight": (channels, units),
        "reduce.bias": (units,),
        "expand.weight": (units, channels),
        "expand.bias": (channels,),
    }
    assert layer.multiply_adds == 2 * channels * units


def test_both_layers_are_drawn_by_the_initializer():
    layer = SqueezeExcite((4, 4, 32), np.random.default_rng(0), init=Fill(value=0.0))
    assert not any(p.any() for p in layer.params.values())
    x = np.ones((2, 4, 4, 32), np.float32)
    np.testing.assert_array_equal(layer.predict(x), 0.5 * x)


def test_rows_are_refused():
    with pytest.raises(OptionError, match=r" 9$"):
        squeeze_excite((9,))


def test_values_and_gradients_equal_torch(rng):
    torch = pytest.importorskip("torch")
    layer, x = squeeze_excite((4, 5, 6), reduction=2), rng.standard_normal((3, 4, 5, 6))
    params = {name: torch.tensor(p, requires_grad=True) for name, p in layer.params.items()}
    image = torch.tensor(x, requires_grad=True)
    hidden = torch.relu(image.mean(dim=(1, 2)) @ params["reduce.weight"] + params["reduce.bias"])
    gate = torch.sigmoid(hidden @ params["expand.weight"] + params["expand.bias"])
    result = image * gate[:, None, None, :]
    grad_y = rng.standard_normal(result.shape)
    result.backward(torch.tensor(grad_y))
    y, cache = layer.forward(x)
    grad_x, grads = layer.backward(grad_y, cache)
    np.testing.assert_allclose(y, result.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(grad_x, image.grad.numpy(), atol=1e-12)
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, params[name].grad.numpy(), atol=1e-12)
