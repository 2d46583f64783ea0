"""Curves show every extreme, whatever the number of records."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlab.drawing.curves import _thinned, curves
from nnlab.runs.curve import Curve


def training(rng, count):
    steps = np.arange(1, count + 1)
    return Curve(steps, rng.random(count).astype(np.float32), rng.integers(17, size=count) / 16)


def evaluation(rng, count, every):
    steps = np.arange(every, count + 1, every)
    return Curve(steps, rng.random(len(steps)), rng.random(len(steps)))


def lines(axes):
    return {line.get_label().split(":")[0].split(" of ")[0]: line for line in axes.lines}


def test_records_are_drawn_as_they_are(rng, readable):
    records, points = training(rng, 3000), evaluation(rng, 3000, 100)
    figure = curves(records, points, title="loss and accuracy")
    assert {
        "loss (nats per example)",
        "accuracy (%)",
        "step",
        "training",
        "validation",
        "loss and accuracy",
    } <= set(readable(figure))
    loss, accuracy = (lines(axes) for axes in figure.axes)
    assert loss["training"].get_xydata().tolist() == np.stack([records.x, records.loss], axis=1).tolist()
    assert accuracy["training"].get_ydata() == pytest.approx(100 * records.accuracy)
    assert loss["validation"].get_xydata().tolist() == np.stack([points.x, points.loss], axis=1).tolist()
    assert accuracy["validation"].get_ydata() == pytest.approx(100 * points.accuracy)
    mean = loss["running mean"]
    step, value = mean.get_xydata()[500]
    assert value == pytest.approx(records.loss[int(step) - 31 : int(step) + 30].mean())
    assert mean.get_ydata()[-1] == pytest.approx(records.loss[-1])
    assert mean.get_linewidth() > 2 * loss["training"].get_linewidth()
    assert loss["training"].axes.get_yscale() == "linear"


def test_the_legend_lies_outside_the_panels(rng):
    figure = curves(training(rng, 300), evaluation(rng, 300, 10))
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    assert legend.y1 <= min(axes.get_window_extent().y0 for axes in figure.axes)


def test_a_window_of_one_record_draws_no_mean(rng):
    figure = curves(training(rng, 300), window=1)
    assert list(lines(figure.axes[0])) == ["training"]


def test_a_window_of_all_records_draws_the_mean_so_far(rng, readable):
    records = training(rng, 300)
    figure = curves(records, window="so far")
    assert "mean since the first step" in readable(figure)
    mean = lines(figure.axes[0])["mean since the first step"]
    assert mean.get_ydata() == pytest.approx(np.cumsum(records.loss) / np.arange(1, 301))


def test_the_split_that_was_evaluated_is_named(rng, readable):
    assert "test" in readable(curves(training(rng, 30), evaluation(rng, 30, 10), evaluated_on="test"))


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("count", [0, 1, 2, 20])
def test_few_records(rng, readable, count, scale):
    for points in (None, evaluation(rng, count, 1)):
        figure = curves(training(rng, count), points, loss_scale=scale)
        readable(figure)
        for line in (line for axes in figure.axes for line in axes.lines):
            assert line.get_marker()


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_values_that_are_not_finite_leave_gaps_and_are_counted(rng, readable, scale):
    records = training(rng, 300)
    records.loss[200:] = np.nan
    records.loss[100] = np.inf
    figure = curves(records, loss_scale=scale)
    assert any("losses that are not finite, left out: 101" in text for text in readable(figure))
    drawn = lines(figure.axes[0])["training"].get_ydata()
    assert np.isnan(drawn[[100, 200, 299]]).all()
    assert drawn[101] == records.loss[101]
    assert figure.axes[0].get_ylim()[1] < 2


def test_nothing_but_nan_and_no_positive_loss_can_be_drawn(readable):
    steps = np.arange(5)
    readable(curves(Curve(steps, np.full(5, np.nan), np.full(5, np.nan)), loss_scale="log"))
    figure = curves(Curve(steps, np.zeros(5), np.ones(5)), loss_scale="log")
    readable(figure)
    assert figure.axes[0].get_yscale() == "linear"


def test_the_steps_begin_at_0(rng, readable):
    one = Curve(np.array([100]), np.ones(1), np.ones(1))
    for figure in (curves(one), curves(training(rng, 300))):
        readable(figure)
        assert [axes.get_xlim()[0] for axes in figure.axes] == [0, 0]


@pytest.mark.parametrize("losses", [(2.1, 2.9), (0.0012, 0.0014), (0.3, 2.5), (0.001, 3), (1, 1e9)])
def test_a_log_scale_of_any_range_has_numbers(readable, losses):
    figure = curves(Curve(np.array([1, 2]), np.array(losses), np.ones(2)), loss_scale="log")
    readable(figure)
    low, high = figure.axes[0].get_ylim()
    named = [tick for tick in figure.axes[0].get_yticks() if low <= tick <= high]
    assert len(named) >= 3


def test_a_note_stands_before_the_count(rng, readable):
    records = training(rng, 30)
    records.loss[3] = np.nan
    assert "one left out; losses that are not finite, left out: 1" in readable(
        curves(records, note="one left out")
    )


def test_a_log_scale_can_be_asked_for(rng, readable):
    figure = curves(training(rng, 100), loss_scale="log")
    readable(figure)
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "linear"]


def test_two_million_records_are_thinned_out_but_keep_their_extremes(rng, readable):
    records = training(rng, 2_000_000)
    records.loss[1_234_567], records.loss[765_432] = 50, -50
    figure = curves(records, evaluation(rng, 2_000_000, 100))
    texts = readable(figure)
    assert "training: lowest and highest of 1,000 records" in texts
    assert "validation: lowest and highest of 10" in texts
    drawn = lines(figure.axes[0])["training"].get_xydata()
    assert len(drawn) <= 4000
    assert [1_234_568, 50] in drawn.tolist()
    assert [765_433, -50] in drawn.tolist()


values = arrays(np.float64, st.integers(4001, 9000), elements=st.floats(-1e6, 1e6), fill=st.floats(-1, 1))


@given(values, st.sets(st.integers(0, 4000), max_size=20))
def test_thinning_keeps_the_envelope_of_every_group(y, missing):
    y[list(missing)] = np.nan
    steps = np.arange(len(y)) * 3
    thin_steps, thin, every = _thinned(steps, y)
    assert len(thin) <= 4000
    assert (np.diff(thin_steps) >= 0).all()
    for group, (start, low_or_high) in enumerate(zip(range(0, len(y), every), thin.reshape(-1, 2), strict=True)):
        part = y[start : start + every]
        if np.isnan(part).all():
            assert np.isnan(low_or_high).all()
        else:
            assert sorted(low_or_high) == [np.nanmin(part), np.nanmax(part)], group
    assert set(thin[~np.isnan(thin)]) <= set(y)
    assert all(y[step // 3] == value for step, value in zip(thin_steps, thin, strict=True) if not np.isnan(value))


def test_the_running_mean_does_not_lag_behind_a_trend(readable):
    steps = np.arange(1, 1001)
    figure = curves(Curve(steps, 2 - steps / 1000, np.full(1000, 0.5)), window=400)
    mean = lines(figure.axes[0])["running mean"]
    assert mean.get_ydata() == pytest.approx(2 - mean.get_xdata() / 1000)


def test_the_accuracies_fill_the_axis_and_single_records_may_lie_outside(rng, readable):
    accuracy = np.where(np.arange(1000) % 50 == 7, 0.5, 0.98)
    records = Curve(np.arange(1, 1001), rng.random(1000), accuracy)
    points = Curve(np.array([500, 1000]), np.ones(2), np.array([0.96, 0.99]))
    figure = curves(records, points, window=100)
    low, high = figure.axes[1].get_ylim()
    assert 90 < low < 96
    assert 99 < high <= 100
    assert any("training records outside the axis of accuracies: 20" in text for text in readable(figure))
    same = Curve(records.x, records.loss, np.ones(1000))
    assert np.ptp(curves(same).axes[1].get_ylim()) == pytest.approx(2)


def test_beside_a_mean_so_far_every_record_is_inside(rng, readable):
    figure = curves(training(rng, 300), window="so far")
    assert not any("outside" in text for text in readable(figure))
