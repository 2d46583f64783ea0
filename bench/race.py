"""Step times of several contenders, taken in turns.

They alternate in blocks, A B A B ..., so that whatever slows the machine down for a while slows down all of
them. The first steps of a block are not counted: they fill the caches again and outlast the threads that
another library leaves spinning. A ratio is taken within each round, between neighbours in time. Rounds in
which other processes kept the cores busy are left out, if enough others remain.
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
"""About how long the slowest contender's block takes."""

ROUNDS = 5
"""How often, at least, it is everyone's turn."""

QUIET = 0.1
"""The share of the cores' time that others may take in a round."""

_SETTLE_SECONDS = 0.01


@dataclass(frozen=True)
class Contender:
    """Something to time, and the scope in which it runs."""

    step: Callable[[], object]
    scope: Callable[[], AbstractContextManager[None]] = nullcontext


@dataclass(frozen=True)
class Times:
    """Seconds of each counted step, round by round; ``disturbed`` says whether other processes were busy then."""

    blocks: tuple[tuple[float, ...], ...]
    disturbed: bool = False

    @property
    def all(self) -> list[float]:
        """All of them in one list."""
        return [seconds for block in self.blocks for seconds in block]

    @property
    def median(self) -> float:
        """Return the median step, in seconds."""
        return median(self.all)

    def over(self, other: "Times") -> list[float]:
        """Return, for each round, how many times as long as ``other`` this took, block median by block median."""
        pairs = zip(self.blocks, other.blocks, strict=True)
        return [median(mine) / median(theirs) for mine, theirs in pairs]


def race(contenders: Mapping[N, Contender], *, steps: int, seconds: float) -> dict[N, Times]:
    """Return the times of about ``steps`` steps of each contender; of fewer if ``seconds`` are over before."""
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
    """Return the values a quarter and three quarters of the way up."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


def _block(contender: Contender, size: int, warm_up: int) -> tuple[float, ...]:
    """Return the seconds of ``size`` steps in a row, after ``warm_up`` others."""
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
