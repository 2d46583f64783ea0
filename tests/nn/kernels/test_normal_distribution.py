import math

import numpy as np
import pytest

from nnlab.nn.kernels import normal_distribution as kernel
from nnlab.nn.kernels.normal_distribution import normal_density, normal_distribution

X = np.concatenate([np.linspace(-9, 9, 20_001), [-1e-300, 0.0, 1e-300]])


def exact(x):
    return np.array([math.erfc(-value / math.sqrt(2)) / 2 for value in x])


def check_accuracy():
    assert np.abs(normal_distribution(X) - exact(X)).max() <= 2 * np.finfo(np.float64).eps
    near = X[np.abs(X) < 5]
    np.testing.assert_allclose(normal_distribution(near), exact(near), rtol=1e-14)


def test_it_is_exact_to_the_rounding_of_float64_in_both_tails():
    check_accuracy()
    tail = np.linspace(-37, -9, 1000)
    np.testing.assert_allclose(normal_distribution(tail), exact(tail), rtol=1e-12)


def test_the_check_notices_a_digit(monkeypatch):
    numerator, denominator = kernel._DOUBLE
    monkeypatch.setattr(kernel, "_DOUBLE", ((*numerator[:3], numerator[3] + 1e-14, *numerator[4:]), denominator))
    with pytest.raises(AssertionError):
        check_accuracy()


def test_float32_keeps_its_dtype_and_digits():
    x = X.astype(np.float32)
    y = normal_distribution(x)
    assert y.dtype == normal_density(x).dtype == np.float32
    np.testing.assert_allclose(y, exact(x.astype(np.float64)), rtol=6e-6, atol=1.5e-7)


def test_it_ends_at_0_and_1():
    x = np.array([-np.inf, -1e300, -50, 50, 1e300, np.inf, np.nan])
    np.testing.assert_array_equal(normal_distribution(x), [0, 0, 0, 1, 1, 1, np.nan])


def test_the_density_is_the_derivative():
    x, step = np.linspace(-4, 4, 101), 1e-5
    slope = (normal_distribution(x + step) - normal_distribution(x - step)) / (2 * step)
    np.testing.assert_allclose(normal_density(x), slope, atol=1e-10)
