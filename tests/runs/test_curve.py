"""Means over epochs equal slow ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.runs.curve import Curve, epoch_means


def curve(steps, loss):
    return Curve(np.array(steps, np.int64), np.array(loss, np.float64), np.array(loss, np.float64) / 10)


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
