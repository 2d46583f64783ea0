import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.nn.kernels import blocks, threads

SHAPES = [(1, 1), (5, 3), (40, 7, 5), (300, 1000), (2, 300_000), (9, 50, 40, 16)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_elementwise_equals_the_function(rng, shape, dtype):
    a, b = rng.standard_normal((2, *shape)).astype(dtype)
    result = blocks.elementwise(lambda a, b: a * b + 1, a, b)
    np.testing.assert_array_equal(result, a * b + 1)
    assert result.dtype == dtype


@pytest.mark.parametrize("shape", SHAPES)
def test_channel_sums_equal_a_sum_in_high_precision(rng, shape):
    a, b = rng.standard_normal((2, *shape)).astype(np.float32)
    exact = (a.astype(np.float64) * b).reshape(-1, shape[-1]).sum(axis=0)
    result = blocks.channel_sums(lambda a, b: a * b, a, b)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, exact, atol=1e-5 + 2e-8 * a.size / shape[-1])


@given(
    rows=st.integers(1, 60), inner=st.integers(1, 60), columns=st.integers(1, 60), smallest=st.integers(1, 9000)
)
@settings(deadline=None)
def test_products_equal_numpy_whatever_the_pieces(rows, inner, columns, smallest):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((rows, inner)), rng.standard_normal((inner, columns))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_PRODUCTS", smallest)
        patch.setattr(blocks, "PAIR_PRODUCTS", 2 * smallest)
        for left, right in ((a, b), (np.asfortranarray(a), b), (a, np.asfortranarray(b))):
            np.testing.assert_allclose(blocks.matmul(left, right), a @ b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_assigned_values_arrive(rng, shape):
    values = rng.standard_normal(shape[::-1]).T
    target = np.empty(shape, np.float32)
    blocks.assign(target, values)
    np.testing.assert_array_equal(target, values.astype(np.float32))


@pytest.mark.parametrize("shape", [(300, 400, 200), (200, 400, 300), (64, 3000, 700)])
def test_the_bits_do_not_depend_on_the_number_of_threads(rng, shape):
    rows, inner, columns = shape
    a, b = rng.standard_normal((rows, inner), np.float32), rng.standard_normal((inner, columns), np.float32)
    results = []
    for count in (1, 2, 4):
        with threads.compute(count):
            product = blocks.matmul(a, b)
            results.append((product.tobytes(), blocks.channel_sums(np.tanh, b).tobytes()))
    assert results[0] == results[1] == results[2]
    assert len(blocks._blocks(b)) > 1
