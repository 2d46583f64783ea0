"""Running means equal slow ones, and seeds are stacked where all have a record."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.drawing.smoothing import running_mean, stacked
from nnlab.runs.curve import Curve


def curve(steps, loss):
    return Curve(np.array(steps, np.int64), np.array(loss, np.float64), np.array(loss, np.float64) / 10)


@given(st.lists(st.one_of(st.floats(-5, 5), st.just(float("nan"))), min_size=1, max_size=50), st.integers(1, 60))
def test_the_running_mean_equals_a_slow_one(y, window):
    steps, means = running_mean(np.arange(len(y)), np.array(y), window)
    assert steps.tolist() == list(range(len(y)))
    for i, mean in enumerate(means):
        reach = min(window // 2, i, len(y) - 1 - i)
        around = [value for value in y[i - reach : i + reach + 1] if not math.isnan(value)]
        assert mean == pytest.approx(sum(around) / len(around), abs=1e-12) if around else np.isnan(mean)


def test_the_mean_so_far_is_over_all_records_up_to_each():
    y = np.array([3.0, 1, np.nan, 5])
    assert running_mean(np.arange(4), y, "so far")[1].tolist() == [3, 2, 2, 3]


def test_a_running_mean_of_a_straight_line_is_that_line():
    x = np.arange(300)
    for window in (2, 7, 100, 1000):
        assert running_mean(x, 2 - 0.01 * x, window)[1] == pytest.approx(2 - 0.01 * x)


def test_running_means_of_several_seeds_are_those_of_each(rng):
    values = rng.random((3, 40))
    _, together = running_mean(np.arange(40), values, 7)
    for row, alone in zip(together, values, strict=True):
        assert row == pytest.approx(running_mean(np.arange(40), alone, 7)[1])


def test_a_huge_value_leaves_no_trace_behind_its_window():
    values = np.ones(100)
    values[20] = 1e30
    assert (running_mean(np.arange(100), values, 10)[1][26:] == 1).all()


def test_seeds_are_stacked_where_all_have_a_record():
    x, loss, accuracy = stacked([curve([1, 2, 4], [1, 2, 4]), curve([2, 3, 4, 5], [20, 30, 40, 50])])
    assert x.tolist() == [2, 4]
    assert loss.tolist() == [[2, 4], [20, 40]]
    assert accuracy == pytest.approx(loss / 10)
