"""Quantiles of Student's t distribution."""

from math import atan, cos, exp, lgamma, log, pi, sin, sqrt
from statistics import NormalDist


def student_quantile(probability: float, freedom: int) -> float:
    """Return the ``t`` below which Student's distribution of ``freedom`` degrees has ``probability`` (0.5 to 1).

    Newton's method on ``student_cdf``. The distribution function is concave above 0 and the normal quantile lies
    below the root, so the iterates increase until rounding stops them.
    """
    t = NormalDist().inv_cdf(probability)
    while True:
        step = (probability - student_cdf(t, freedom)) / _density(t, freedom)
        if t + step <= t:
            return t
        t += step


def student_cdf(t: float, freedom: int) -> float:
    """Return the probability of a value below ``t``, which is at least 0.

    With ``theta = atan(t / sqrt(n))`` for ``n`` degrees of freedom it is ``(1 + A) / 2``, where ``A`` is

    - ``2 / pi (theta + sin(theta) (cos(theta) + 2/3 cos(theta)^3 + 2/3 4/5 cos(theta)^5 + ...))`` for odd ``n``,
    - ``sin(theta) (1 + 1/2 cos(theta)^2 + 1/2 3/4 cos(theta)^4 + ...)`` for even ``n``,

    up to the power ``n - 2``: Abramowitz and Stegun (1964), Handbook of mathematical functions, 26.7.3 and 26.7.4.
    """
    theta = atan(t / sqrt(freedom))
    odd = freedom % 2
    term = cos(theta) if odd else 1.0
    series = 0.0
    for power in range(odd, freedom - 1, 2):
        series += term
        term *= cos(theta) ** 2 * (power + 1) / (power + 2)
    area = 2 / pi * (theta + sin(theta) * series) if odd else sin(theta) * series
    return (1 + area) / 2


def _density(t: float, freedom: int) -> float:
    """Return the density at ``t``, ``Gamma((n+1)/2) / (sqrt(n pi) Gamma(n/2)) (1 + t^2/n)^(-(n+1)/2)``."""
    constant = lgamma((freedom + 1) / 2) - lgamma(freedom / 2) - log(freedom * pi) / 2
    return exp(constant - (freedom + 1) / 2 * log(1 + t**2 / freedom))
