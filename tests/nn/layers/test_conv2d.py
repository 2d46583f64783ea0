import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import oracles

from nnlab.errors import OptionError
from nnlab.nn.initializers import Fill
from nnlab.nn.layers import Conv2d

pairs = st.tuples(st.integers(0, 2), st.integers(0, 2))
sizes = st.tuples(st.integers(1, 3), st.integers(1, 3))


def conv2d(input_shape, **options):
    return Conv2d(input_shape, np.random.default_rng(0), **{"filters": 3, "kernel": (3, 3)} | options)


@given(image=st.tuples(st.integers(1, 7), st.integers(1, 7)), kernel=sizes, stride=sizes, padding=pairs)
@settings(deadline=None)
def test_values_equal_slow_loops(image, kernel, stride, padding):
    assume(all(h + 2 * p >= k for h, p, k in zip(image, padding, kernel, strict=True)))
    layer = conv2d((*image, 2), kernel=kernel, stride=stride, padding=padding, bias_init=Fill(value=0.5))
    x = np.random.default_rng(1).standard_normal((2, *image, 2))
    weight, bias = layer.params["weight"], layer.params["bias"]
    expected = oracles.convolve(x, weight, bias, stride=stride, before=padding, after=padding)
    np.testing.assert_allclose(layer.predict(x), expected, atol=1e-12)
    assert layer.output_shape == expected.shape[1:]


@given(image=st.tuples(st.integers(1, 9), st.integers(1, 9)), kernel=sizes, stride=sizes, dilation=sizes)
@settings(deadline=None, max_examples=60)
def test_dilation_is_a_kernel_with_zeros_between_its_entries(image, kernel, stride, dilation):
    layer = conv2d((*image, 2), kernel=kernel, stride=stride, padding="same", dilation=dilation)
    x, rng = np.random.default_rng(1).standard_normal((2, *image, 2)), np.random.default_rng(2)
    layer.bind({name: p.astype(np.float64) for name, p in layer.params.items()})
    place = {"stride": stride, "before": layer.windows.before, "after": layer.windows.after}
    weight = oracles.dilated(layer.params["weight"], layer.windows.dilation)
    y, cache = layer.forward(x)
    np.testing.assert_allclose(y, oracles.convolve(x, weight, layer.params["bias"], **place), atol=1e-12)
    grad_y = rng.standard_normal(y.shape)
    grad_x, grads = layer.backward(grad_y, cache)
    expected_x, expected, _ = oracles.convolve_gradients(x, grad_y, weight, **place)
    down, across = layer.windows.dilation
    np.testing.assert_allclose(grad_x, expected_x, atol=1e-12)
    np.testing.assert_allclose(grads["weight"], expected[::down, ::across], atol=1e-12)


@given(image=st.tuples(st.integers(1, 9), st.integers(1, 9)), kernel=sizes, stride=sizes)
def test_same_padding_gives_a_window_for_each_stride(image, kernel, stride):
    layer = conv2d((*image, 1), kernel=kernel, stride=stride, padding="same")
    assert layer.output_shape[:2] == tuple(-(-h // s) for h, s in zip(image, stride, strict=True))
    assert layer.predict(np.ones((2, *image, 1), np.float32)).shape == (2, *layer.output_shape)


def test_same_padding_of_an_even_kernel_is_longer_below_and_to_the_right():
    layer = conv2d((4, 4, 1), filters=1, kernel=(2, 4), padding="same")
    x = np.random.default_rng(1).standard_normal((1, 4, 4, 1))
    expected = oracles.convolve(x, *layer.params.values(), stride=(1, 1), before=(0, 1), after=(1, 2))
    np.testing.assert_allclose(layer.predict(x), expected, atol=1e-12)


def test_flip_is_convolution_in_the_mathematical_sense(rng):
    layer = conv2d((5, 6, 1), filters=1, kernel=(3, 2), padding=(2, 1), flip=True)
    x, weight = rng.standard_normal((1, 5, 6, 1)), layer.params["weight"]
    expected = np.zeros((7, 7))
    for i, j in np.ndindex(5, 6):
        for a, b in np.ndindex(3, 2):
            expected[i + a, j + b] += x[0, i, j, 0] * weight[a, b, 0, 0]
    np.testing.assert_allclose(layer.predict(x)[0, :, :, 0], expected, atol=1e-6)


def test_gradients_of_a_flipped_kernel_match_central_differences(rng):
    layer = conv2d((4, 5, 2), kernel=(3, 2), flip=True)
    layer.bind({name: p.astype(np.float64) for name, p in layer.params.items()})
    x, grad_y = rng.standard_normal((2, 4, 5, 2)), rng.standard_normal((2, *layer.output_shape))
    grad_x, grads = layer.backward(grad_y, layer.forward(x)[1])
    for name, array in {"x": x, **layer.params}.items():
        numeric = oracles.central_differences(lambda: float((layer.predict(x) * grad_y).sum()), array)
        assert oracles.relative_error({"x": grad_x, **grads}[name], numeric) < 1e-6, name


def test_without_bias_there_is_none(rng):
    layer = conv2d((5, 5, 2), bias=False)
    y, cache = layer.forward(rng.standard_normal((2, 5, 5, 2)))
    assert list(layer.params) == list(layer.backward(y, cache)[1]) == list(layer.gradients(y, cache)) == ["weight"]


@pytest.mark.parametrize(
    ("input_shape", "options", "output_shape", "parameters"),
    [
        ((28, 28, 1), {"filters": 16, "kernel": (5, 5), "padding": (2, 2)}, (28, 28, 16), 416),
        ((14, 14, 16), {"filters": 16, "kernel": (5, 5), "padding": (2, 2)}, (14, 14, 16), 6_416),
        ((98, 98, 3), {"filters": 64, "kernel": (6, 6), "stride": (4, 4), "padding": (2, 2)}, (25, 25, 64), 6_976),
        ((99, 99, 3), {"filters": 6, "kernel": (3, 3)}, (97, 97, 6), 168),
    ],
)
def test_published_shapes_and_counts(input_shape, options, output_shape, parameters):
    layer = conv2d(input_shape, **options)
    assert layer.output_shape == output_shape
    assert sum(p.size for p in layer.params.values()) == parameters
    assert layer.multiply_adds == output_shape[0] * output_shape[1] * layer.params["weight"].size


@pytest.mark.parametrize(
    ("input_shape", "options", "message", "hint"),
    [
        ((7, 7, 16), {"kernel": (9, 9)}, r"9x9.* 7x7x16 ", "padding: 1 "),
        ((2, 9, 1), {"kernel": (5, 3)}, r"5x3.* 2x9x1 ", "padding: [2, 0] "),
        (
            (3, 3, 1),
            {"kernel": (9, 9), "padding": (1, 1)},
            r"9x9.* 3x3x1 .* 1$",
            "padding: 3 ",
        ),
        (
            (7, 9, 2),
            {"kernel": (5, 3), "dilation": (2, 4)},
            r"5x3\b.*\b9x9\b.* \[2, 4\].* 7x9x2 ",
            "padding: [1, 0] ",
        ),
    ],
)
def test_a_kernel_that_does_not_fit_says_what_would(input_shape, options, message, hint):
    with pytest.raises(OptionError, match=message) as error:
        conv2d(input_shape, **options)
    assert error.value.option == "kernel"
    assert error.value.hint.startswith(hint)


def test_a_flat_input_is_refused():
    with pytest.raises(OptionError, match=r"it needs images .* has the shape 300$") as error:
        conv2d((300,))
    assert "put it before the layers that flatten" in error.value.hint
