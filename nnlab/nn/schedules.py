"""Schedules: how the learning rate changes during training.

A schedule gives the factor, 0 .. 1, by which the optimizer's learning rate is multiplied in each step.
Steps count from 0. A schedule that ends at a fraction reaches it after the last step, so that the last
step still moves the weights. Formulas: docs/optimizers.md.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction as Rational
from math import cos, pi
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from nnlab.registry import SCHEDULES, Component
from nnlab.registry.options import Positive, PositiveInt

Fraction = Annotated[float, Field(ge=0, le=1)]
"""A share of the whole, 0 .. 1."""

Unit: TypeAlias = Literal["steps", "epochs"]
"""What a duration counts."""


Time: TypeAlias = int | Rational
"""A number of steps; not a whole one if it depends on a duration such as half an epoch of five steps."""

_MOST = 2**40  # powers of gamma; a higher power of a number below 1 is 0


@dataclass(frozen=True)
class Clock:
    """The length of a training run: its number of steps, and the steps of an epoch."""

    total_steps: Time
    steps_per_epoch: int

    def steps(self, duration: float, unit: Unit) -> Time:
        """Return ``duration`` in steps, exactly as its decimal digits say; it need not be a whole number."""
        steps = Rational(str(duration)) * (self.steps_per_epoch if unit == "epochs" else 1)
        return _whole(steps)

    def progress(self, step: Time) -> float:
        """Return the share, 0 .. 1, of the run that is complete when ``step`` begins."""
        return min(1.0, float(step / self.total_steps))

    def after(self, steps: Time) -> "Clock":
        """Return the clock of the run that remains after the first ``steps``."""
        left = self.total_steps - steps
        return Clock(_whole(left) if left > 0 else 1, self.steps_per_epoch)


class Schedule(Component, ABC):
    """A rule for the learning rate over time."""

    registry = SCHEDULES

    @abstractmethod
    def factor(self, step: Time, clock: Clock) -> float:
        """Return the factor of the learning rate in ``step`` (from 0) of a run of the length of ``clock``.

        ``step`` is a whole number, except after a warm-up that ends between two steps.
        """


@SCHEDULES.register("constant")
@dataclass(frozen=True, kw_only=True)
class ConstantRate(Schedule):
    """The learning rate as given, ``1``."""

    def factor(self, step: Time, clock: Clock) -> float:  # noqa: ARG002 -- the same at all times
        return 1.0


@SCHEDULES.register("step")
@dataclass(frozen=True, kw_only=True)
class Step(Schedule):
    """A staircase: ``gamma ** floor(step / every)``, where ``every`` counts ``unit`` and is not rounded.

    Options:
        every: The length of a stair, in unit.
        gamma: The factor from one stair to the next.
        unit: What every counts: steps or epochs.
    """

    every: Positive
    gamma: Fraction = 0.1
    unit: Unit = "steps"

    def factor(self, step: Time, clock: Clock) -> float:
        return float(self.gamma ** min(_MOST, step // clock.steps(self.every, self.unit)))


@SCHEDULES.register("cosine")
@dataclass(frozen=True, kw_only=True)
class Cosine(Schedule):
    """Half a cosine from 1 to ``final``: ``final + (1 - final) (1 + cos(pi t)) / 2``.

    t goes from 0 to 1 over the run. Loshchilov and Hutter (2017), arXiv:1608.03983; ``cosine_restarts`` has their
    restarts.

    Options:
        final: The factor at the end of training.
    """

    final: Fraction = 0.0

    def factor(self, step: Time, clock: Clock) -> float:
        return between(1.0, self.final, (1 - cos(pi * clock.progress(step))) / 2)


@SCHEDULES.register("cosine_restarts")
@dataclass(frozen=True, kw_only=True)
class CosineRestarts(Schedule):
    """Cosines from 1 to ``final``, one after the other: ``final + (1 - final) (1 + cos(pi t)) / 2``.

    t goes from 0 to 1 over each period; the first has the length ``period``, counted in ``unit`` and not rounded,
    and every other is ``growth`` times as long as the one before. Loshchilov and Hutter (2017), arXiv:1608.03983,
    who call these lengths T_0 and T_mult.

    Options:
        period: The length of the first period, in unit.
        growth: How many times as long as the period before it a period is.
        unit: What period counts: steps or epochs.
        final: The factor at the end of a period.
    """

    period: Positive
    growth: PositiveInt = 1
    unit: Unit = "steps"
    final: Fraction = 0.0

    def factor(self, step: Time, clock: Clock) -> float:
        length = clock.steps(self.period, self.unit)
        if self.growth == 1:
            step = step % length
        while step >= length:
            step -= length
            length *= self.growth
        return between(1.0, self.final, (1 - cos(pi * float(step / length))) / 2)


@SCHEDULES.register("polynomial")
@dataclass(frozen=True, kw_only=True)
class Polynomial(Schedule):
    """A power of the share of the run that remains: ``final + (1 - final) (1 - t)^power``.

    t goes from 0 to 1 over the run. With ``power`` 1 it is a straight line. Chen et al. (2017), arXiv:1606.00915,
    use 0.9.

    Options:
        power: The exponent; above 1 the rate falls first fast, then slowly, and below 1 the other way round.
        final: The factor at the end of training.
    """

    power: Positive = 1.0
    final: Fraction = 0.0

    def factor(self, step: Time, clock: Clock) -> float:
        return between(self.final, 1.0, (1 - clock.progress(step)) ** self.power)


@SCHEDULES.register("exponential")
@dataclass(frozen=True, kw_only=True)
class Exponential(Schedule):
    """The factor ``gamma`` for each step, or for each epoch and a root of it for each step: ``gamma^t``.

    t is the number of ``unit`` that are complete; in epochs it is a fraction. ``step`` with ``every: 1`` changes
    the rate only at the end of an epoch.

    Options:
        gamma: The factor from one unit to the next.
        unit: What gamma is the factor of: steps or epochs.
    """

    gamma: Fraction
    unit: Unit = "steps"

    def factor(self, step: Time, clock: Clock) -> float:
        return float(self.gamma ** min(_MOST, float(step / clock.steps(1, self.unit))))


@SCHEDULES.register("linear_warmup")
@dataclass(frozen=True, kw_only=True)
class LinearWarmup(Schedule):
    """A straight line from ``start`` to 1 over ``duration``, counted in ``unit``; from there on ``then``.

    ``then`` sees a run that begins after the warm-up and is shorter by its steps. The duration is not rounded.
    Goyal et al. (2017), arXiv:1706.02677.

    Options:
        duration: The length of the warm-up, in unit.
        start: The factor in the first step.
        unit: What duration counts: steps or epochs.
        then: The schedule after the warm-up.
    """

    duration: Positive
    start: Fraction = 0.1
    unit: Unit = "steps"
    then: Schedule = ConstantRate()

    def factor(self, step: Time, clock: Clock) -> float:
        steps = clock.steps(self.duration, self.unit)
        if step < steps:
            return between(self.start, 1.0, float(step / steps))
        return self.then.factor(_whole(step - steps), clock.after(steps))


@SCHEDULES.register("one_cycle")
@dataclass(frozen=True, kw_only=True)
class OneCycle(Schedule):
    """A straight line from ``initial`` up to 1, then one down to ``final``.

    The learning rate reaches its full value when the fraction ``peak`` of the run is complete.
    Smith and Topin (2018), arXiv:1708.07120.

    Options:
        peak: The share of training after which the learning rate is largest.
        initial: The factor in the first step.
        final: The factor at the end of training.
    """

    peak: Fraction = 0.3
    initial: Fraction = 0.04
    final: Fraction = 0.0

    def factor(self, step: Time, clock: Clock) -> float:
        progress = clock.progress(step)
        if progress < self.peak:
            return between(self.initial, 1.0, progress / self.peak)
        return between(1.0, self.final, (progress - self.peak) / (1 - self.peak) if self.peak < 1 else 0.0)


def between(first: float, last: float, t: float) -> float:
    """Return the point at the share ``t`` of the way from ``first`` to ``last``."""
    return first + (last - first) * t


def _whole(steps: Time) -> Time:
    """Return ``steps`` as an int if it is a whole number."""
    return int(steps) if steps.denominator == 1 else steps
