"""Numeric derivatives: right where the function is smooth, and never taken across a kink."""

from math import cos, exp, inf, isnan, nan, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.gradcheck.differences import derivative

STEP = TOLERANCE = 1e-5


def estimate(f):
    return derivative(f, f(0.0), step=STEP, tolerance=TOLERANCE)


@given(st.floats(-3, 3), st.floats(0.1, 3))
def test_a_smooth_function_is_differentiated(x, a):
    found = estimate(lambda t: exp(a * (x + t)) + sin(5 * (x + t)))
    exact = a * exp(a * x) + 5 * cos(5 * x)
    assert found.value == pytest.approx(exact, rel=1e-7, abs=1e-7)
    assert abs(found.value - exact) <= found.rounding + 1e-8 * abs(exact)


@given(
    place=st.floats(-1.2, 1.2),
    jump=st.floats(-5, 5),
    slope=st.floats(-3, 3),
    bend=st.floats(-10, 10),
)
def test_no_kink_within_the_step_spoils_the_derivative(place, jump, slope, bend):
    kink = place * STEP

    def f(t):
        return 0.3 + slope * t + bend * t * t + jump * max(t - kink, 0.0)

    found = estimate(f)
    if found is None:
        assert abs(place) < 1 / 32
        return
    exact = slope + jump * (kink < 0)
    if abs(place) < 1e-3 and abs(jump) > 1e-3:
        pytest.fail(f"a kink of {jump} at {place} steps was taken for smooth")
    assert abs(found.value - exact) <= 2 * TOLERANCE * abs(exact) + found.rounding + 1e-8


@pytest.mark.parametrize("f", [lambda t: max(t, 0.0), abs, lambda t: max(2 * t, t), lambda t: -abs(t) + 7 * t])
def test_a_kink_at_the_point_itself_is_recognized(f):
    assert estimate(f) is None


def test_a_kink_nearby_is_passed_by_a_smaller_step():
    found = estimate(lambda t: max(t - STEP / 2, 0.0) + 3 * t)
    assert found.value == pytest.approx(3)
    assert found.rounding > estimate(lambda t: 3 * t).rounding


@pytest.mark.parametrize("value", [nan, inf])
def test_what_is_not_finite_is_no_kink(value):
    assert isnan(derivative(lambda _: value, value, step=STEP, tolerance=TOLERANCE).value)
