import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import oracles

from nnlab.nn.kernels import by_patches, by_taps, by_tiles, convolution, threads, winograd
from nnlab.nn.kernels.patches import patches
from nnlab.nn.kernels.windows import Windows
from nnlab.nn.kernels.winograd import Tiling

pairs = st.tuples(st.integers(0, 3), st.integers(0, 3))
sizes = st.tuples(st.integers(1, 4), st.integers(1, 4))


@st.composite
def problems(draw, max_channels=6):
    """A batch, a weight, a bias and windows that fit."""
    image, size = draw(st.tuples(st.integers(1, 8), st.integers(1, 8))), draw(sizes)
    windows = Windows(image, size, draw(st.just((1, 1)) | sizes), draw(pairs), draw(pairs))
    assume(min(windows.counts) > 0)
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    channels, filters = draw(st.integers(1, max_channels)), draw(st.integers(1, max_channels))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    # Small whole numbers, whose products and sums are exact in either precision.
    x = rng.integers(-4, 5, (draw(st.integers(1, 4)), *image, channels)).astype(dtype)
    weight = rng.integers(-4, 5, (*size, channels, filters)).astype(dtype)
    bias = rng.integers(-4, 5, filters).astype(dtype)
    grad_y = rng.integers(-4, 5, windows.shape(len(x), filters)).astype(dtype)
    return x, weight, bias, grad_y, windows, draw(st.sampled_from([1, 1000, 1 << 20]))


@pytest.mark.slow
@given(problems())
@settings(deadline=None, max_examples=150)
def test_values_and_gradients_equal_slow_loops(problem):
    x, weight, bias, grad_y, windows, patch_bytes = problem
    place = {"stride": windows.stride, "before": windows.before, "after": windows.after}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(by_patches, "PATCH_BYTES", patch_bytes)
        y = convolution.convolve(x, weight, bias, windows)
        found = convolution.gradients(x, grad_y, weight, windows)
        general = by_patches.input_gradient(grad_y, weight, windows)
        alone = convolution.parameter_gradients(x, grad_y, windows)
    np.testing.assert_array_equal(y, oracles.convolve(x, weight, bias, **place))
    expected = oracles.convolve_gradients(x, grad_y, weight, **place)
    for a, b in zip((*found, general, *alone), (*expected, *expected), strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == x.dtype


@pytest.mark.slow
@given(problems(), st.sampled_from([(1, 2), (1, 4), (2, 2), (4, 4), (3, 2)]), st.sampled_from([1, 1 << 20]))
@settings(deadline=None, max_examples=150)
def test_tiles_give_nearly_what_slow_loops_give(problem, outputs, piece_bytes):
    x, weight, bias, grad_y, windows, _ = problem
    assume(windows.reversible)
    place = {"before": windows.before, "after": windows.after}
    tiling, backwards = Tiling(windows, outputs), Tiling(windows.reversed, outputs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(by_tiles, "PIECE_BYTES", piece_bytes)
        found = by_tiles.convolve(x, weight, bias, tiling), *by_tiles.gradients(x, grad_y, weight, backwards)
    y = oracles.convolve(x, weight, bias, stride=(1, 1), **place)
    expected = oracles.convolve_gradients(x, grad_y, weight, stride=(1, 1), **place)
    for a, b in zip(found, (y, *expected), strict=True):
        assert a.dtype == x.dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=100 * np.finfo(x.dtype).eps * (100 + np.abs(b).max()))


@pytest.mark.slow
@given(problems())
@settings(deadline=None, max_examples=100)
def test_taps_give_what_slow_loops_give(problem):
    x, weight, bias, grad_y, windows, _ = problem
    assume(windows.reversible)
    place = {"stride": (1, 1), "before": windows.before, "after": windows.after}
    np.testing.assert_array_equal(
        by_taps.convolve(x, weight, bias, windows), oracles.convolve(x, weight, bias, **place)
    )
    expected = oracles.convolve_gradients(x, grad_y, weight, **place)
    for a, b in zip(by_taps.gradients(x, grad_y, weight, windows), expected, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == x.dtype


SHAPES = [
    ((9, 9), (5, 5, 16, 32), 2, "tiles of 1x4"),
    ((12, 11), (3, 3, 32, 64), 1, "tiles of 4x4"),
    ((12, 12), (3, 3, 32, 32), 0, "tiles of 5x5"),
    ((4, 4), (3, 3, 64, 96), 1, "taps"),
    ((2, 2), (3, 3, 128, 64), 1, "taps"),
    ((8, 8), (5, 5, 3, 32), 2, "patches"),
    ((8, 8), (1, 1, 64, 64), 0, "product"),
    ((8, 8), (1, 1, 64, 64), 1, "patches"),
]


@pytest.mark.parametrize(("image", "weight_shape", "padding", "algorithm"), SHAPES)
def test_each_choice_is_within_1e_4_of_float64(rng, image, weight_shape, padding, algorithm):
    *size, channels, filters = weight_shape
    windows = Windows(image, tuple(size), (1, 1), (padding, padding), (padding, padding))
    assert convolution.choice(windows, channels, filters) == algorithm
    x, weight = rng.standard_normal((6, *image, channels)), rng.standard_normal(weight_shape)
    bias, grad_y = rng.standard_normal(filters), rng.standard_normal(windows.shape(6, filters))
    exact = by_patches.convolve(x, weight, bias, windows), *by_patches.gradients(x, grad_y, weight, windows)
    x, weight, bias, grad_y = (array.astype(np.float32) for array in (x, weight, bias, grad_y))
    found = convolution.convolve(x, weight, bias, windows), *convolution.gradients(x, grad_y, weight, windows)
    alone = convolution.parameter_gradients(x, grad_y, windows)
    for a, b in zip((*found, *alone), (*exact, *exact[2:]), strict=True):
        assert a.dtype == np.float32
        assert np.abs(a - b).max() < 1e-4 * np.abs(b).max()


def _forget_choices():
    convolution._algorithm.cache_clear()
    winograd.best_tiling.cache_clear()


def test_the_check_of_accuracy_notices_a_wrong_transform(rng, monkeypatch):
    transforms = winograd.transforms

    def wrong(outputs, taps, dtype):
        exact = transforms(outputs, taps, dtype)
        return winograd.Transforms(exact.outputs, exact.taps, exact.inputs * dtype.type(1.001))

    monkeypatch.setattr(winograd, "transforms", wrong)
    _forget_choices()
    with pytest.raises(AssertionError):
        test_each_choice_is_within_1e_4_of_float64(rng, *SHAPES[0])
    _forget_choices()


@pytest.mark.slow
@given(problems())
@settings(deadline=None, max_examples=50)
def test_patches_are_the_windows(problem):
    x, _, _, _, windows, _ = problem
    found = patches(x, windows).reshape(-1, *windows.size, x.shape[3])
    inputs = oracles.padded(x, windows.before, windows.after, 0)
    places = oracles.each_window(x.shape, windows.size, windows.stride, windows.before, windows.after)
    for window, (n, _, _, rows, columns) in zip(found, places, strict=True):
        np.testing.assert_array_equal(window, inputs[n, rows, columns])


def test_no_bias_is_a_bias_of_0(rng):
    x, weight = rng.standard_normal((2, 4, 4, 3)), rng.standard_normal((2, 2, 3, 5))
    windows = Windows((4, 4), (2, 2), (1, 1), (0, 0), (0, 0))
    np.testing.assert_array_equal(
        convolution.convolve(x, weight, None, windows), convolution.convolve(x, weight, np.zeros(5), windows)
    )


@pytest.mark.parametrize("strides", ["transposed", "reversed", "broadcast"])
def test_the_batch_need_not_be_contiguous(rng, strides):
    x = {
        "transposed": rng.standard_normal((2, 3, 6, 5)).transpose(0, 3, 2, 1),
        "reversed": rng.standard_normal((2, 5, 6, 3))[::-1, :, ::-1],
        "broadcast": np.broadcast_to(rng.standard_normal((1, 5, 6, 3)), (2, 5, 6, 3)),
    }[strides]
    weight, windows = rng.standard_normal((3, 3, 3, 2)), Windows((5, 6), (3, 3), (1, 1), (0, 0), (1, 1))
    grad_y = rng.standard_normal(windows.shape(2, 2))
    for channels in (x, np.concatenate([x, x], axis=3)):
        doubled = weight if channels is x else np.concatenate([weight, weight], axis=2)
        copied = np.ascontiguousarray(channels)
        np.testing.assert_array_equal(
            convolution.convolve(channels, doubled, None, windows),
            convolution.convolve(copied, doubled, None, windows),
        )
        for a, b in zip(
            convolution.gradients(channels, grad_y, doubled, windows),
            convolution.gradients(copied, grad_y, doubled, windows),
            strict=True,
        ):
            np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize(
    ("image", "weight_shape", "stride"),
    [
        ((28, 28), (5, 5, 1, 16), 1),
        ((14, 14), (5, 5, 16, 16), 1),
        ((15, 14), (3, 3, 16, 8), 2),
        ((4, 4), (3, 3, 64, 96), 1),
        ((12, 12), (5, 5, 32, 32), 1),
        ((16, 16), (3, 3, 32, 48), 1),
    ],
)
def test_the_bits_do_not_depend_on_the_number_of_threads(rng, image, weight_shape, stride):
    *size, channels, filters = weight_shape
    windows = Windows(image, tuple(size), (stride, stride), (1, 1), (1, 1))
    x = rng.standard_normal((33, *image, channels), np.float32)
    weight = rng.standard_normal(weight_shape, np.float32)
    grad_y = rng.standard_normal(windows.shape(33, filters), np.float32)
    bias = np.ones(filters, np.float32)
    results = []
    for count in (1, 2, 4):
        with threads.compute(count):
            arrays = (
                convolution.convolve(x, weight, bias, windows),
                *convolution.gradients(x, grad_y, weight, windows),
                *convolution.parameter_gradients(x, grad_y, windows),
            )
            results.append([array.tobytes() for array in arrays])
    assert results[0] == results[1] == results[2]
    algorithm = convolution._algorithm(windows, channels, filters)
    if algorithm == "patches":
        assert len(by_patches.pieces(x, windows, filters)) > 1
    elif algorithm != "taps":
        assert len(by_tiles._pieces(x, algorithm, filters)) > 1


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("channels", [1, 3, 8])
def test_values_and_gradients_equal_torch(rng, stride, channels):
    torch = pytest.importorskip("torch")
    x, weight = rng.standard_normal((3, 9, 8, channels)), rng.standard_normal((3, 3, channels, 5))
    bias, windows = rng.standard_normal(5), Windows((9, 8), (3, 3), (stride, stride), (1, 1), (1, 1))
    grad_y = rng.standard_normal(windows.shape(3, 5))
    theirs = [torch.tensor(a, requires_grad=True) for a in (x, weight, bias)]
    y = torch.nn.functional.conv2d(
        theirs[0].permute(0, 3, 1, 2), theirs[1].permute(3, 2, 0, 1), theirs[2], stride=stride, padding=1
    ).permute(0, 2, 3, 1)
    y.backward(torch.tensor(grad_y))
    np.testing.assert_allclose(convolution.convolve(x, weight, bias, windows), y.detach().numpy(), atol=1e-12)
    for a, b in zip(convolution.gradients(x, grad_y, weight, windows), theirs, strict=True):
        np.testing.assert_allclose(a, b.grad.numpy(), atol=1e-11)
