"""Format the numbers of the page."""

from collections.abc import Iterable, Sequence
from math import isfinite
from statistics import fmean, stdev

from nnlab.errors import printable

NOT_RUN = "not run"


def accuracy(values: Sequence[float], interval: tuple[float, float] | None = None) -> str:
    """Return accuracies (0-1) in percent: mean and standard deviation, or a single one with its ``interval``."""
    if len(values) == 1 and interval:
        low, high = (100 * bound for bound in interval)
        return f"{100 * values[0]:.2f} % ({low:.2f}-{high:.2f})"
    return f"{_spread([100 * value for value in values], 2)} %" if values else NOT_RUN


def loss(values: Sequence[float]) -> str:
    """Return losses in nats: mean and standard deviation, or the single one."""
    return _spread(values, 4) if values else NOT_RUN


def _spread(values: Sequence[float], digits: int) -> str:
    middle = f"{fmean(values):.{digits}f}"
    several = len(values) > 1 and isfinite(sum(values))
    return f"{middle} ± {stdev(values):.{digits}f}" if several else middle


def vector(values: Iterable[float]) -> str:
    """Return numbers with four decimals, or 0 if all are 0."""
    rounded = [round(float(value), 4) + 0.0 for value in values]  # + 0.0 removes the sign of -0.0
    return f"({', '.join(f'{value:.4f}' for value in rounded)})" if any(rounded) else "0"


def verdict(reached: bool) -> str:
    """Return whether a figure was reached; a failure is set in bold."""
    return "yes" if reached else "**no**"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(printable, line))} |" for line in lines)
