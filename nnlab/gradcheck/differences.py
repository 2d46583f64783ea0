"""Numerical derivatives of a scalar function, with kinks recognized.

relu and max have kinks. A central difference across a kink is the derivative of neither side, so such
points must be recognized, and without reference to the gradient under test, or a wrong gradient could pass
for a kink. Two quantities are compared for a step h and for half of it:

    c(h) = (f(h) - f(-h)) / 2h              the central difference
    a(h) = (f(h) - 2 f(0) + f(-h)) / h      the difference of the slopes on the two sides

For a smooth f, c(h) = c(h/2) and a(h) = 2 a(h/2), up to terms far below the tolerance. Where the slope
jumps within h, c(h) is wrong by some e and one of the two equations is off by 2e/5 at least (a jump at
2h/7 is the hardest to see). So where both hold to within d, no kink makes c(h) wrong by more than 2.5 d.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np

SHARES = (1.0, 1 / 8, 1 / 64)
"""Steps to try, as shares of the first: a kink that one step crosses may lie outside of a shorter one."""

ROUNDING = 64 * float(np.finfo(np.float64).eps)
"""Bound on the rounding error of h c(h), relative to 1 + abs(f); generous, as f sums many terms."""


@dataclass(frozen=True)
class Derivative:
    """An estimate of f'(0), and a bound on the error from the rounding of f."""

    value: float
    rounding: float


def derivative(f: Callable[[float], float], center: float, *, step: float, tolerance: float) -> Derivative | None:
    """Return f'(0) by central differences, or None if there is a kink within each step tried.

    ``center`` is f(0), ``step`` the first h to try, ``tolerance`` the relative error that no kink may cause.
    Where f is not finite the derivative is NaN.
    """
    rounding = slope = nan
    for h in [step * share for share in SHARES]:
        rounding = ROUNDING * (1 + abs(center)) / h
        slope, bend = _differences(f, center, h)
        half_slope, half_bend = _differences(f, center, h / 2)
        allowed = (2 * tolerance * abs(slope) + rounding) / 4
        if abs(slope - half_slope) <= allowed and abs(bend - 2 * half_bend) <= allowed:
            return Derivative(slope, rounding)
    return None if isfinite(slope) else Derivative(nan, rounding)


def _differences(f: Callable[[float], float], center: float, h: float) -> tuple[float, float]:
    """Return c(h) and a(h)."""
    above, below = f(h), f(-h)
    return (above - below) / (2 * h), (above - 2 * center + below) / h
