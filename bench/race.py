"""Step times of several contenders, measured alternately.

Contenders alternate in blocks, A B A B ..., so that a temporary slowdown of the machine affects all of them. The
first steps of a block are not counted: they refill the caches and wait out threads that another library leaves
spinning. Ratios are computed within a round, between adjacent blocks. Rounds in which other processes kept the
cores busy are left out, if enough others remain.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TypeVar

from bench.machine import Watch

N = TypeVar("N", bound=str)

BLOCK_SECONDS = 0.1
"""Approximate duration of a block of the slowest contender."""

ROUNDS = 5
"""The minimum number of rounds."""

QUIET = 0.1
"""The share of the cores' time that other processes may use in a round."""

_SETTLE_SECONDS = 0.01


@dataclass(frozen=True)
class Contender:
    """A step to time, and the context in which it runs."""

    step: Callable[[], object]
    scope: Callable[[], AbstractContextManager[None]] = nullcontext


@dataclass(frozen=True)
class Times:
    """Seconds of each counted step, by round; ``disturbed`` if too few rounds were free of other processes."""

    blocks: tuple[tuple[float, ...], ...]
    disturbed: bool = False

    @property
    def all(self) -> list[float]:
        """The seconds of all steps in one list."""
        return [seconds for block in self.blocks for seconds in block]

    @property
    def median(self) -> float:
        """The median step, in seconds."""
        return median(self.all)

    def over(self, other: "Times") -> list[float]:
        """Return, for each round, the median of this block divided by that of ``other``."""
        pairs = zip(self.blocks, other.blocks, strict=True)
        return [median(mine) / median(theirs) for mine, theirs in pairs]


def race(contenders: Mapping[N, Contender], *, steps: int, seconds: float) -> dict[N, Times]:
    """Return the times of about ``steps`` steps of each contender, or of fewer if ``seconds`` pass before."""
    end = time.perf_counter() + seconds
    pilot = max(_block(contender, 1, warm_up=2)[0] for contender in contenders.values())
    size = min(max(1, round(BLOCK_SECONDS / pilot)), max(1, steps // ROUNDS))
    rounds: list[dict[N, tuple[float, ...]]] = []
    quiet: list[dict[N, tuple[float, ...]]] = []
    while len(rounds) < ROUNDS or (len(quiet) * size < steps and time.perf_counter() < end):
        watch = Watch()
        turn = {name: _block(contender, size, warm_up=max(1, size // 5)) for name, contender in contenders.items()}
        rounds.append(turn)
        if (watch.others() or 0.0) <= QUIET:
            quiet.append(turn)
    disturbed = len(quiet) < ROUNDS
    kept = rounds if disturbed else quiet
    return {name: Times(tuple(turn[name] for turn in kept), disturbed) for name in contenders}


def quartiles(values: list[float]) -> tuple[float, float]:
    """Return the first and the third quartile."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


def _block(contender: Contender, size: int, warm_up: int) -> tuple[float, ...]:
    """Return the seconds of ``size`` consecutive steps, after ``warm_up`` uncounted ones."""
    time.sleep(_SETTLE_SECONDS)
    taken = []
    with contender.scope():
        for _ in range(warm_up):
            contender.step()
        for _ in range(size):
            start = time.perf_counter()
            contender.step()
            taken.append(time.perf_counter() - start)
    return tuple(taken)
