"""Layer and group normalization against slow loops, PyTorch, and each other."""

import numpy as np
import pytest
from support import oracles

from nnlab.errors import OptionError
from nnlab.nn.layers import GroupNorm, LayerNorm

RNG = np.random.default_rng(0)


def bound(layer):
    gamma, beta = np.random.default_rng(1).uniform(0.5, 2, (2, *layer.params["gamma"].shape))
    layer.bind({"gamma": gamma, "beta": beta})
    return layer


@pytest.mark.parametrize(("shape", "groups"), [((6,), 3), ((4, 5, 6), 2), ((4, 5, 6), 1), ((2, 3, 4), 4)])
def test_group_norm_equals_slow_loops(rng, shape, groups):
    layer, x = bound(GroupNorm(shape, RNG, groups=groups, epsilon=1e-3)), 5 + 2 * rng.standard_normal((3, *shape))
    expected = oracles.group_norm(x, *layer.params.values(), groups, 1e-3)
    np.testing.assert_allclose(layer.predict(x), expected, atol=1e-11)


@pytest.mark.parametrize("shape", [(6,), (4, 5, 6)])
def test_layer_norm_takes_each_row_or_pixel_by_itself(rng, shape):
    layer, x = bound(LayerNorm(shape, RNG)), 5 + 2 * rng.standard_normal((3, *shape))
    rows = oracles.group_norm(x.reshape(-1, 6), *layer.params.values(), 1, 1e-5)
    np.testing.assert_allclose(layer.predict(x), rows.reshape(x.shape), atol=1e-11)


@pytest.mark.parametrize("layer", [LayerNorm((4, 4, 6), RNG), GroupNorm((4, 4, 6), RNG, groups=2)])
def test_examples_do_not_meet(rng, layer):
    x = rng.standard_normal((5, 4, 4, 6))
    np.testing.assert_allclose(layer.predict(x)[2:3], layer.predict(x[2:3]), atol=1e-14)
    assert layer.predicts_as_in_training
    assert layer.least_batch == 1
    assert (layer.role("gamma"), layer.role("beta")) == ("scale", "bias")


@pytest.mark.parametrize("layer", [LayerNorm((32, 32, 64), RNG), GroupNorm((32, 32, 64), RNG, groups=8)])
def test_a_large_mean_costs_no_precision(rng, layer):
    x = (1000 + rng.standard_normal((2, 32, 32, 64))).astype(np.float32)
    y = layer.predict(x)
    assert y.dtype == np.float32
    assert abs(float(y.mean(dtype=np.float64))) < 1e-3
    assert float(y.std(dtype=np.float64)) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("groups", "nearest"), [(4, 3), (7, 6)])
def test_groups_that_do_not_divide_the_channels_are_refused(groups, nearest):
    with pytest.raises(OptionError, match=rf"\b6\b.*\b{groups}\b") as error:
        GroupNorm((4, 4, 6), RNG, groups=groups)
    assert error.value.option == "groups"
    assert error.value.hint.startswith(f"groups: {nearest} ")


@pytest.mark.parametrize("groups", [None, 1, 3, 6])
def test_values_and_gradients_equal_torch(rng, groups):
    torch = pytest.importorskip("torch")
    shape = (4, 5, 6)
    layer = bound(GroupNorm(shape, RNG, groups=groups) if groups else LayerNorm(shape, RNG))
    make = torch.nn.GroupNorm(groups, 6) if groups else torch.nn.LayerNorm(6)
    theirs = make.to(torch.float64)
    with torch.no_grad():
        theirs.weight[:], theirs.bias[:] = (torch.tensor(p) for p in layer.params.values())
    x, grad_y = rng.standard_normal((2, 3, *shape))
    image = torch.tensor(x, requires_grad=True)
    result = theirs(image.permute(0, 3, 1, 2)).permute(0, 2, 3, 1) if groups else theirs(image)
    result.backward(torch.tensor(grad_y))
    y, cache = layer.forward(x)
    grad_x, grads = layer.backward(grad_y, cache)
    pairs = (y, result.detach()), (grad_x, image.grad), (grads["gamma"], theirs.weight.grad)
    for ours, expected in (*pairs, (grads["beta"], theirs.bias.grad)):
        np.testing.assert_allclose(ours, expected.numpy(), atol=1e-12)
