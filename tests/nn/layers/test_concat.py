import numpy as np
import pytest

from nnlab.errors import OptionError
from nnlab.nn.layers import Concat
from nnlab.nn.network import build_network
from nnlab.registry import LAYERS


def entry(name, **options):
    return LAYERS.spec(name)(type=name, **options)


def concat(input_shape, *branches):
    return Concat(input_shape, np.random.default_rng(0), branches=branches)


NARROW, WIDE = entry("conv2d", filters=3, kernel=1), entry("conv2d", filters=5, kernel=3, padding="same")


def test_the_outputs_of_the_branches_are_side_by_side(rng):
    layer, x = concat((6, 6, 2), (NARROW, entry("relu")), (), (WIDE,)), rng.standard_normal((4, 6, 6, 2))
    (first, bend), _, (last,) = layer.branches
    y = layer.predict(x)
    assert y.shape[1:] == layer.output_shape == (6, 6, 10)
    np.testing.assert_array_equal(y[..., :3], bend.predict(first.predict(x)))
    np.testing.assert_array_equal(y[..., 3:5], x)
    np.testing.assert_array_equal(y[..., 5:], last.predict(x))
    assert layer.multiply_adds == 36 * (2 * 3 + 9 * 2 * 5)


def test_gradients_are_those_of_the_branches_with_their_channels(rng):
    layer, x = concat((6, 6, 2), (NARROW,), (), (WIDE,)), rng.standard_normal((4, 6, 6, 2))
    y, cache = layer.forward(x)
    grad_y = rng.standard_normal(y.shape)
    grad_x, grads = layer.backward(grad_y, cache)
    (first,), _, (last,) = layer.branches
    first_x, first_grads = first.backward(np.ascontiguousarray(grad_y[..., :3]), first.forward(x)[1])
    last_x, last_grads = last.backward(np.ascontiguousarray(grad_y[..., 5:]), last.forward(x)[1])
    np.testing.assert_allclose(grad_x, first_x + grad_y[..., 3:5] + last_x, atol=1e-12)
    assert list(grads) == list(layer.params)
    np.testing.assert_array_equal(grads["branches.0.0.weight"], first_grads["weight"])
    np.testing.assert_array_equal(grads["branches.2.0.bias"], last_grads["bias"])


def test_a_network_reaches_the_layers_inside(rng):
    inner = entry("concat", branches=((), (entry("batchnorm"), entry("dropout"))))
    network = build_network([entry("concat", branches=((NARROW,), (WIDE, inner)))], (6, 6, 2))
    assert list(network.state) == [f"0.branches.1.1.branches.1.0.running_{name}" for name in ("mean", "variance")]
    assert list(network.streams) == ["0.branches.1.1.branches.1.1.mask"]
    layer = network.layers[0].branches[1][0]
    assert all(np.shares_memory(p, network.weights) for p in layer.params.values())
    assert network.roles["0.branches.1.1.branches.1.0.gamma"] == "scale"
    assert not network.layers[0].predicts_as_in_training
    x = rng.standard_normal((3, 6, 6, 2)).astype(np.float32)
    y, caches = network.forward(x)
    network.backward(y, caches)
    assert (network.gradient != 0).mean() > 0.8


def test_layers_inside_have_streams_of_their_own():
    layer = concat((6, 6, 2), (WIDE, WIDE), (WIDE,))
    weights = [part.params["weight"] for part in layer.parts.values()]
    assert (weights[0] != weights[2]).any()
    assert (weights[0][..., 0, :] != weights[1][..., 0, :]).any()


def test_one_branch_is_its_layers(rng):
    layer, x = concat((6,), (entry("tanh"),)), rng.standard_normal((4, 6))
    np.testing.assert_array_equal(layer.predict(x), np.tanh(x))


@pytest.mark.parametrize(
    ("branches", "option", "shapes"),
    [
        (((NARROW,), (entry("maxpool2d", size=2),)), "branches.1", r"3x3x2\b.*\b6x6x3"),
        (((), (NARROW,), (entry("flatten"),)), "branches.2", r"72\b.*\b6x6x2"),
    ],
)
def test_outputs_that_cannot_be_joined_are_refused(branches, option, shapes):
    with pytest.raises(OptionError, match=rf"\b{shapes}\b") as error:
        concat((6, 6, 2), *branches)
    assert error.value.option == option


def test_an_error_inside_names_the_place():
    with pytest.raises(OptionError, match=r"9x9.*6x6x3") as error:
        concat((6, 6, 2), (), (NARROW, entry("conv2d", filters=2, kernel=9)))
    assert error.value.option == "branches.1.1.kernel"
