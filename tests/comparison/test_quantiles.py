"""Student's distribution, against SciPy, tables and its symmetry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nnlab.comparison.quantiles import student_cdf, student_quantile


@pytest.mark.parametrize(
    ("freedom", "tabled"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (30, 2.042), (120, 1.980)]
)
def test_the_quantiles_are_those_of_printed_tables(freedom, tabled):
    assert round(student_quantile(0.975, freedom), 3) == tabled


@pytest.mark.parametrize("freedom", [*range(1, 41), 99, 100, 999, 1000, 9999])
@pytest.mark.parametrize("probability", [0.51, 0.8, 0.9, 0.975, 0.995])
def test_the_quantiles_are_those_of_scipy(freedom, probability):
    assert student_quantile(probability, freedom) == pytest.approx(stats.t.ppf(probability, freedom), rel=1e-10)


@given(st.floats(0, 50), st.integers(1, 500))
def test_the_distribution_function_is_that_of_scipy(t, freedom):
    assert student_cdf(t, freedom) == pytest.approx(stats.t.cdf(t, freedom), abs=1e-12)


@given(st.floats(0.5, 0.999), st.integers(1, 200))
def test_the_quantile_inverts_the_distribution_function(probability, freedom):
    assert student_cdf(student_quantile(probability, freedom), freedom) == pytest.approx(probability, abs=1e-12)
