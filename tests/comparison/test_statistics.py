"""Means, intervals and numbers of seeds, against SciPy's distributions and by hand."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from nnlab.comparison import statistics
from nnlab.comparison.statistics import Estimate, difference, estimate, proportion, seeds_needed
from nnlab.evaluation import Metrics

VALUES = st.lists(st.floats(0, 1).map(lambda value: round(value, 6)), min_size=2, max_size=12)


def test_an_interval_by_hand():
    found = estimate([0.90, 0.92, 0.97])
    assert found.mean == pytest.approx(0.93)
    assert found.sd == pytest.approx(sqrt((0.03**2 + 0.01**2 + 0.04**2) / 2))
    reach = 4.302652729696142 * found.sd / sqrt(3)  # t of 2 degrees of freedom, as tables have it
    assert found.interval == pytest.approx((0.93 - reach, 0.93 + reach))


@pytest.mark.slow
@given(VALUES)
def test_intervals_are_those_of_scipy(values):
    assume(np.ptp(values) > 0)
    found = estimate(values)
    scale = stats.sem(values)
    assert found.interval == pytest.approx(stats.t.interval(0.95, len(values) - 1, np.mean(values), scale))
    assert found.sd == pytest.approx(np.std(values, ddof=1))


@given(VALUES, st.randoms())
def test_an_interval_contains_the_mean_and_does_not_depend_on_the_order(values, random):
    assume(np.ptp(values) > 0)
    found = estimate(values)
    assert found.interval[0] <= found.mean <= found.interval[1]
    assert not found.excludes(found.mean)
    random.shuffle(values)
    assert estimate(values).interval == pytest.approx(found.interval)


@given(VALUES, st.integers(2, 5))
def test_an_interval_shrinks_with_more_of_the_same(values, times):
    assume(np.ptp(values) > 1e-3)
    few, many = estimate(values), estimate(values * times)
    assert np.subtract(*many.interval[::-1]) < np.subtract(*few.interval[::-1])


def test_intervals_cover_the_truth_as_often_as_they_say(rng):
    covered = [not estimate(rng.normal(0.7, 0.1, 4)).excludes(0.7) for _ in range(2000)]
    assert 0.935 < np.mean(covered) < 0.965


@pytest.mark.parametrize("values", [[0.8, 0.8], [0.1 + 0.2, 0.3, 0.3], [0.0, 0.0]])
def test_equal_values_have_no_spread_and_no_interval(values):
    found = estimate(values)
    assert (found.sd, found.n, found.interval) == (0.0, len(values), None)
    assert not found.excludes(0.5)


def test_equal_differences_have_no_interval_although_subtraction_rounds():
    found = difference({0: 0.7, 1: 0.4}, {0: 0.6, 1: 0.3})
    assert 0.7 - 0.6 != 0.4 - 0.3
    assert (found.sd, found.interval) == (0.0, None)


def test_one_value_has_neither_deviation_nor_interval():
    assert estimate([0.5]) == Estimate(0.5, None, 1, None)
    assert not estimate([0.5]).excludes(0.0)


@given(st.integers(1, 10_000), st.data())
def test_the_interval_of_one_run_is_that_of_its_evaluation(count, data):
    correct = data.draw(st.integers(0, count))
    found = proportion(correct / count, count)
    whole = Metrics(0.0, np.array([[correct, count - correct], [0, 0]]), ("right", "wrong"))
    assert found.interval == pytest.approx(whole.interval, abs=1e-9)
    assert found.interval[0] <= found.mean <= found.interval[1]


@given(st.dictionaries(st.integers(0, 9), st.floats(0, 1)), st.dictionaries(st.integers(0, 9), st.floats(0, 1)))
def test_differences_are_paired_by_seed(values, reference):
    found, turned = difference(values, reference), difference(reference, values)
    shared = values.keys() & reference.keys()
    if not shared:
        assert found is None
        return
    assert found.n == len(shared)
    assert found.mean == pytest.approx(np.mean([values[seed] - reference[seed] for seed in shared]))
    assert turned.mean == pytest.approx(-found.mean)
    if len(shared) > 1 and found.sd > 1e-9:
        a, b = ([side[seed] for seed in sorted(shared)] for side in (values, reference))
        assert found.interval == pytest.approx(stats.ttest_rel(a, b).confidence_interval(0.95))


SLOW, FAST = {0: 0.50, 1: 0.60, 2: 0.70, 3: 0.80}, {3: 0.82, 1: 0.62, 2: 0.71, 0: 0.51}


def test_a_difference_the_same_at_every_seed_is_seen_through_the_spread_over_seeds():
    assert difference(FAST, SLOW).interval[0] > 0
    both = estimate(list(FAST.values())).interval, estimate(list(SLOW.values())).interval
    assert both[0][0] < both[1][1]


def test_a_wrong_pairing_is_noticed(monkeypatch):
    def in_the_order_given(values, reference):
        return estimate([a - b for a, b in zip(values.values(), reference.values(), strict=True)])

    monkeypatch.setattr(statistics, "difference", in_the_order_given)
    with pytest.raises(AssertionError):
        assert statistics.difference(FAST, SLOW).interval[0] > 0


@pytest.mark.parametrize(("mean", "sd"), [(0.01, 0.01), (0.02, 0.05), (-0.005, 0.02), (0.01, 0.008)])
def test_the_seeds_needed_give_a_power_of_four_fifths(mean, sd):
    """The power is that of the noncentral t distribution."""

    def power(n):
        least = stats.t.ppf(0.975, n - 1)
        return stats.nct.sf(least, n - 1, abs(mean) / sd * sqrt(n))

    needed = seeds_needed(Estimate(mean, sd, 5, None))
    assert power(needed + 1) > 0.8
    assert power(needed - 2) < 0.8


@pytest.mark.parametrize(
    "found",
    [
        Estimate(0.1, 0.1, 2, None),
        Estimate(0.1, None, 1, None),
        Estimate(0.0, 0.1, 5, None),
        Estimate(0.1, 0.0, 5, None),
        Estimate(1e-5, 0.1, 5, None),
    ],
)
def test_no_number_of_seeds_where_none_can_be_given_honestly(found):
    assert seeds_needed(found) is None
