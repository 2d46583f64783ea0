import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import oracles

from nnlab.errors import OptionError
from nnlab.nn.layers import Conv2d, DepthwiseConv2d

sizes = st.tuples(st.integers(1, 3), st.integers(1, 3))


def depthwise(input_shape, seed=0, **options):
    layer = DepthwiseConv2d(input_shape, np.random.default_rng(seed), **{"kernel": (3, 3)} | options)
    rng = np.random.default_rng(seed + 1)
    layer.bind({name: rng.standard_normal(p.shape) for name, p in layer.params.items()})
    return layer


@pytest.mark.slow
@given(
    image=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    kernel=sizes,
    steps=st.tuples(sizes, sizes),
    padding=st.just("same") | st.just((4, 5)),
    multiplier=st.integers(1, 3),
)
@settings(deadline=None, max_examples=60)
def test_values_and_gradients_equal_slow_loops(image, kernel, steps, padding, multiplier):
    stride, dilation = steps
    options = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding}
    layer = depthwise((*image, 2), multiplier=multiplier, **options)
    windows, rng = layer.windows, np.random.default_rng(2)
    place = {"stride": stride, "before": windows.before, "after": windows.after}
    x, weight = rng.standard_normal((2, *image, 2)), oracles.dilated(layer.params["weight"], windows.dilation)
    y, cache = layer.forward(x)
    assert y.shape[1:] == layer.output_shape
    np.testing.assert_allclose(
        y, oracles.convolve_channelwise(x, weight, layer.params["bias"], **place), atol=1e-12
    )
    grad_y = rng.standard_normal(y.shape)
    grad_x, grads = layer.backward(grad_y, cache)
    expected_x, expected, expected_bias = oracles.convolve_channelwise_gradients(x, grad_y, weight, **place)
    np.testing.assert_allclose(grad_x, expected_x, atol=1e-12)
    down, across = windows.dilation
    np.testing.assert_allclose(grads["weight"], expected[::down, ::across], atol=1e-12)
    np.testing.assert_allclose(grads["bias"], expected_bias, atol=1e-12)


def test_it_is_a_convolution_whose_filters_see_one_channel_each(rng):
    options = {"kernel": (3, 2), "stride": (2, 1), "padding": (1, 1)}
    layer, dense = depthwise((6, 5, 3), **options), Conv2d((6, 5, 3), rng, filters=3, **options)
    weight = np.zeros((3, 2, 3, 3))
    weight[:, :, [0, 1, 2], [0, 1, 2]] = layer.params["weight"][:, :, 0]
    dense.bind({"weight": weight, "bias": layer.params["bias"]})
    x = rng.standard_normal((4, 6, 5, 3))
    np.testing.assert_allclose(layer.predict(x), dense.predict(x), atol=1e-12)
    assert 3 * layer.multiply_adds == dense.multiply_adds == 3 * 3 * 6 * (3 * 2 * 3)


def test_the_fan_in_is_a_filter():
    layer = DepthwiseConv2d((8, 8, 500), np.random.default_rng(0), kernel=(5, 5), multiplier=2)
    assert layer.output_shape == (4, 4, 1000)
    assert layer.params["weight"].shape == (5, 5, 1, 1000)
    assert layer.params["weight"].std() == pytest.approx((2 / 25) ** 0.5, rel=0.02)


@pytest.mark.parametrize("multiplier", [1, 3])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2)])
def test_values_and_gradients_equal_torch(rng, multiplier, stride, dilation):
    torch = pytest.importorskip("torch")
    layer = depthwise(
        (9, 8, 4), multiplier=multiplier, stride=(stride,) * 2, dilation=(dilation,) * 2, padding=(1, 1)
    )
    x = rng.standard_normal((3, 9, 8, 4))
    image = torch.tensor(x, requires_grad=True)
    weight, bias = (torch.tensor(p, requires_grad=True) for p in layer.params.values())
    result = torch.nn.functional.conv2d(
        image.permute(0, 3, 1, 2), weight.permute(3, 2, 0, 1), bias, stride, 1, dilation, groups=4
    ).permute(0, 2, 3, 1)
    grad_y = rng.standard_normal(result.shape)
    result.backward(torch.tensor(grad_y))
    y, cache = layer.forward(x)
    grad_x, grads = layer.backward(grad_y, cache)
    pairs = (y, result.detach()), (grad_x, image.grad), (grads["weight"], weight.grad), (grads["bias"], bias.grad)
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-12)


def test_a_kernel_that_does_not_fit_is_refused():
    with pytest.raises(OptionError, match=r"3x3\b.* 9x9 .* 4x8x2 ") as error:
        depthwise((4, 8, 2), dilation=(4, 4))
    assert error.value.option == "kernel"
