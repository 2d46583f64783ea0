"""Means over records, epochs and seeds equal slow ones."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.drawing import Curve, epoch_means
from nnlab.drawing.curve import running_mean, stacked


def curve(steps, loss):
    return Curve(np.array(steps, np.int64), np.array(loss, np.float64), np.array(loss, np.float64) / 10)


@given(st.lists(st.one_of(st.floats(-5, 5), st.just(float("nan"))), min_size=1, max_size=50), st.integers(1, 60))
def test_the_running_mean_equals_a_slow_one(y, window):
    steps, means = running_mean(np.arange(len(y)), np.array(y), window)
    assert steps.tolist() == list(range(len(y)))
    for i, mean in enumerate(means):
        recent = [value for value in y[max(0, i - window + 1) : i + 1] if not math.isnan(value)]
        assert mean == pytest.approx(sum(recent) / len(recent), abs=1e-12) if recent else np.isnan(mean)


def test_running_means_of_several_seeds_are_those_of_each(rng):
    values = rng.random((3, 40))
    _, together = running_mean(np.arange(40), values, 7)
    for row, alone in zip(together, values, strict=True):
        assert row == pytest.approx(running_mean(np.arange(40), alone, 7)[1])


def test_a_huge_value_leaves_no_trace_behind_its_window():
    values = np.ones(100)
    values[20] = 1e30
    assert (running_mean(np.arange(100), values, 10)[1][31:] == 1).all()


steps_and_losses = st.lists(st.tuples(st.integers(1, 9), st.floats(0, 5)), min_size=1, max_size=30)


@given(steps_and_losses, st.integers(1, 40))
def test_epoch_means_equal_those_of_single_steps(records, steps_per_epoch):
    """A record is the mean of the steps since the one before; here all of these have its loss."""
    single = [loss for count, loss in records for _ in range(count)]
    ends = np.cumsum([count for count, _ in records])
    means = epoch_means(curve(ends, [loss for _, loss in records]), steps_per_epoch)
    epochs = [single[start : start + steps_per_epoch] for start in range(0, len(single), steps_per_epoch)]
    assert means.x[-1] == pytest.approx(len(single) / steps_per_epoch)
    assert means.x[:-1] == pytest.approx(np.arange(1, len(epochs)))
    assert means.loss == pytest.approx([sum(each) / len(each) for each in epochs], abs=1e-9)
    assert means.accuracy == pytest.approx(means.loss / 10, abs=1e-9)


def test_epoch_means_count_a_long_record_for_more():
    means = epoch_means(curve([1, 4], [5, 1]), 4)
    assert (means.x.tolist(), means.loss.tolist()) == ([1], [2])


def test_epoch_means_leave_out_what_is_not_finite():
    means = epoch_means(curve([1, 2, 3, 4], [1, np.nan, np.inf, np.nan]), 2)
    assert means.loss[0] == 1
    assert np.isnan(means.loss[1])


def test_nothing_has_no_epoch_means():
    assert len(epoch_means(curve([], []), 5).x) == 0


def test_seeds_are_stacked_where_all_have_a_record():
    x, loss, accuracy = stacked([curve([1, 2, 4], [1, 2, 4]), curve([2, 3, 4, 5], [20, 30, 40, 50])])
    assert x.tolist() == [2, 4]
    assert loss.tolist() == [[2, 4], [20, 40]]
    assert accuracy == pytest.approx(loss / 10)
