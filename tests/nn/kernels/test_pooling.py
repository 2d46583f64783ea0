import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import oracles

from nnlab.nn.kernels import pooling, threads
from nnlab.nn.kernels.windows import Windows

sizes = st.tuples(st.integers(1, 4), st.integers(1, 4))


@st.composite
def problems(draw):
    """A batch of few different values, so that ties abound, a gradient and windows that fit."""
    image, size = draw(st.tuples(st.integers(1, 8), st.integers(1, 8))), draw(sizes)
    padding = tuple(draw(st.integers(0, k - 1)) for k in size)
    windows = Windows(image, size, draw(st.just(size) | sizes), padding, padding)
    assume(min(windows.counts) > 0)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    x = rng.integers(-2, 3, (draw(st.integers(1, 4)), *image, draw(st.integers(1, 4)))).astype(dtype)
    grad_y = rng.integers(-4, 5, windows.shape(len(x), x.shape[3])).astype(dtype)
    return x, grad_y, windows, draw(st.sampled_from([1, 1 << 19]))


@pytest.mark.slow
@given(problems())
@settings(deadline=None, max_examples=150)
def test_maxima_and_their_gradient_equal_slow_loops(problem):
    x, grad_y, windows, piece_bytes = problem
    place = windows.size, windows.stride, windows.before
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pooling, "PIECE_BYTES", piece_bytes)
        y = pooling.max_pool(x, windows)
        grad_x = pooling.max_pool_gradient(grad_y, x, y, windows)
    np.testing.assert_array_equal(y, oracles.max_pool(x, *place))
    np.testing.assert_array_equal(grad_x, oracles.max_pool_gradient(x, grad_y, *place))
    assert y.dtype == grad_x.dtype == x.dtype


@pytest.mark.slow
@given(problems())
@settings(deadline=None, max_examples=100)
def test_sums_and_their_gradient_equal_slow_loops(problem):
    x, grad_y, windows, piece_bytes = problem
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pooling, "PIECE_BYTES", piece_bytes)
        y, grad_x = pooling.sum_pool(x, windows), pooling.sum_pool_gradient(grad_y, windows)
    means = oracles.avg_pool(x, windows.size, windows.stride, windows.before, count_include_pad=True)
    np.testing.assert_allclose(y, means * windows.size[0] * windows.size[1], atol=1e-5)
    ones = np.ones((*windows.size, 1, 1), x.dtype)
    for c in range(x.shape[3]):
        channel = slice(c, c + 1)
        expected, _, _ = oracles.convolve_gradients(
            x[..., channel],
            grad_y[..., channel],
            ones,
            stride=windows.stride,
            before=windows.before,
            after=windows.after,
        )
        np.testing.assert_array_equal(grad_x[..., channel], expected)


@pytest.mark.parametrize(("size", "stride", "padding"), [(2, 2, 0), (3, 2, 1)])
def test_the_bits_do_not_depend_on_the_number_of_threads(rng, size, stride, padding):
    windows = Windows((31, 30), (size, size), (stride, stride), (padding, padding), (padding, padding))
    x = rng.standard_normal((33, 31, 30, 24), np.float32)
    grad_y = rng.standard_normal(windows.shape(33, 24), np.float32)
    results = []
    for count in (1, 2, 4):
        with threads.compute(count):
            y = pooling.max_pool(x, windows)
            arrays = (
                y,
                pooling.max_pool_gradient(grad_y, x, y, windows),
                pooling.sum_pool_gradient(grad_y, windows),
            )
            results.append([array.tobytes() for array in arrays])
    assert results[0] == results[1] == results[2]
    assert len(pooling._pieces(x)) > 1


@pytest.mark.parametrize(("size", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (2, 1, 1), (2, 3, 0)])
def test_maxima_and_their_gradient_equal_torch(rng, size, stride, padding):
    torch = pytest.importorskip("torch")
    windows = Windows((9, 8), (size, size), (stride, stride), (padding, padding), (padding, padding))
    x = rng.integers(0, 3, (3, 9, 8, 2)).astype(np.float32)
    grad_y = rng.standard_normal(windows.shape(3, 2), np.float32)
    theirs = torch.tensor(x.transpose(0, 3, 1, 2).copy(), requires_grad=True)
    result = torch.nn.functional.max_pool2d(theirs, size, stride, padding)
    result.backward(torch.tensor(grad_y.transpose(0, 3, 1, 2).copy()))
    y = pooling.max_pool(x, windows)
    np.testing.assert_array_equal(y, result.detach().numpy().transpose(0, 2, 3, 1))
    grad_x = pooling.max_pool_gradient(grad_y, x, y, windows)
    np.testing.assert_allclose(grad_x, theirs.grad.numpy().transpose(0, 2, 3, 1), atol=1e-6)
