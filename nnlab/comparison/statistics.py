"""Means with their intervals, over seeds and over examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

import numpy as np

from nnlab.comparison.quantiles import student_quantile
from nnlab.evaluation import wilson

CONFIDENCE = 0.95

_POWER = 0.8
_MOST_SEEDS = 1000  # beyond which a number of seeds is no advice


@dataclass(frozen=True)
class Estimate:
    """The mean of ``n`` values, their standard deviation (n - 1) and a 95 % interval.

    One value has no standard deviation, and an interval only if it is an accuracy: then it is the one over
    examples, which says nothing of other seeds.
    """

    mean: float
    sd: float | None
    n: int
    interval: tuple[float, float] | None

    def excludes(self, value: float) -> bool:
        """Return whether there is an interval and ``value`` is outside of it."""
        return self.interval is not None and not self.interval[0] <= value <= self.interval[1]


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of one or more ``values`` and Student's interval ``mean +- t(n - 1) sd / sqrt(n)``.

    It holds for the mean over all seeds if the values are about normally distributed: Student (1908), The
    probable error of a mean, doi:10.2307/2331554.
    """
    n, mean = len(values), float(np.mean(values))
    if n == 1:
        return Estimate(mean, None, 1, None)
    sd = float(np.std(values, ddof=1))
    reach = student_quantile((1 + CONFIDENCE) / 2, n - 1) * sd / sqrt(n)
    return Estimate(mean, sd, n, (mean - reach, mean + reach))


def proportion(accuracy: float, count: int) -> Estimate:
    """Return the ``accuracy`` of one run on ``count`` examples, with Wilson's interval.

    It is for examples drawn anew.
    """
    return Estimate(accuracy, None, 1, wilson(round(accuracy * count), count))


def difference(values: dict[int, float], reference: dict[int, float]) -> Estimate | None:
    """Return the mean of ``values - reference`` over the seeds that both have; None: they share none.

    What a seed decides, such as the examples held out and the initial weights, cancels in each difference.
    """
    shared = sorted(values.keys() & reference.keys())
    return estimate([values[seed] - reference[seed] for seed in shared]) if shared else None


def seeds_needed(found: Estimate) -> int | None:
    """Return how many pairs would show a difference as ``found``, in 4 of 5 such comparisons.

    ``((z(0.975) + z(0.8)) sd / mean)^2 + z(0.975)^2 / 2``: Guenther (1981), Sample size formulas for normal
    theory t tests, The American Statistician 35(4). None: of fewer than 3 values the standard deviation is not
    known well enough, or more than 1,000 would be needed.
    """
    if found.n < 3 or not found.sd or not found.mean:
        return None
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    needed = ((z + NormalDist().inv_cdf(_POWER)) * found.sd / found.mean) ** 2 + z**2 / 2
    return ceil(needed) if needed <= _MOST_SEEDS else None
