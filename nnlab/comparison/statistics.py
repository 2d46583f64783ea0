"""Means with confidence intervals, over seeds and over examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

import numpy as np

from nnlab.comparison.quantiles import student_quantile
from nnlab.evaluation import wilson

CONFIDENCE = 0.95

_POWER = 0.8
_MOST_SEEDS = 1000  # more seeds are not practical advice
_ROUNDING = 1e-12  # relative spread that subtraction of equal differences leaves


@dataclass(frozen=True)
class Estimate:
    """The mean of ``n`` values, their standard deviation (n - 1) and a 95 % interval.

    An interval needs a spread: equal values have none. One value has no standard deviation, and an interval only
    if it is an accuracy: that interval is over examples and says nothing about other seeds.
    """

    mean: float
    sd: float | None
    n: int
    interval: tuple[float, float] | None

    def excludes(self, value: float) -> bool:
        """Return whether there is an interval and ``value`` lies outside it."""
        return self.interval is not None and not self.interval[0] <= value <= self.interval[1]


def estimate(values: Sequence[float], scale: float | None = None) -> Estimate:
    """Return the mean of one or more ``values`` and Student's interval ``mean +- t(n - 1) sd / sqrt(n)``.

    The interval is for the mean over all seeds and assumes about normally distributed values: Student (1908), The
    probable error of a mean, doi:10.2307/2331554. Values that differ by rounding only, at the magnitude ``scale``
    (None: their own), have standard deviation 0 and no interval: a few equal values do not show all are equal.
    """
    n, mean = len(values), float(np.mean(values))
    if n == 1:
        return Estimate(mean, None, 1, None)
    if np.ptp(values) <= _ROUNDING * (float(np.max(np.abs(values))) if scale is None else scale):
        return Estimate(mean, 0.0, n, None)
    sd = float(np.std(values, ddof=1))
    reach = student_quantile((1 + CONFIDENCE) / 2, n - 1) * sd / sqrt(n)
    return Estimate(mean, sd, n, (mean - reach, mean + reach))


def proportion(accuracy: float, count: int) -> Estimate:
    """Return the ``accuracy`` of one run on ``count`` examples, with Wilson's interval for other examples."""
    return Estimate(accuracy, None, 1, wilson(round(accuracy * count), count))


def difference(values: dict[int, float], reference: dict[int, float]) -> Estimate | None:
    """Return the mean of ``values - reference`` over the seeds that both have; None without shared seeds.

    Effects of the seed, such as the examples held out and the initial weights, cancel in each difference.
    """
    shared = sorted(values.keys() & reference.keys())
    if not shared:
        return None
    scale = max(abs(each[seed]) for each in (values, reference) for seed in shared)
    return estimate([values[seed] - reference[seed] for seed in shared], scale)


def seeds_needed(found: Estimate) -> int | None:
    """Return the number of pairs that would show a difference such as ``found`` in 4 of 5 comparisons.

    ``((z(0.975) + z(0.8)) sd / mean)^2 + z(0.975)^2 / 2``: Guenther (1981), Sample size formulas for normal
    theory t tests, The American Statistician 35(4). None if there are fewer than 3 values, too few to know the
    standard deviation, if it is 0, or if more than 1,000 pairs would be needed.
    """
    if found.n < 3 or not found.sd or not found.mean:
        return None
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    needed = ((z + NormalDist().inv_cdf(_POWER)) * found.sd / found.mean) ** 2 + z**2 / 2
    return ceil(needed) if needed <= _MOST_SEEDS else None
