"""Gradients that backward passes compute, compared with central differences of the forward pass."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, isnan, nan
from typing import Literal, TypeAlias

import numpy as np

from nnlab.arrays import Array, Labels, Rng
from nnlab.gradcheck.differences import Derivative, derivative
from nnlab.gradcheck.objective import Failure, InnerProduct, LossHead, Objective, in_float64
from nnlab.nn.layers import Layer
from nnlab.nn.losses import Loss
from nnlab.nn.network import Network
from nnlab.registry import LAYERS

STEP = 1e-5
"""Distance by which an entry is moved: near the cube root of float64's precision, which balances rounding and
curvature."""

TOLERANCE = 1e-5
"""The largest relative error of a correct gradient."""

FLOOR = 1e-8
"""Added to the magnitudes that an error is relative to, so that 0 may be compared with 0."""

Verdict: TypeAlias = Literal["ok", "WRONG", "not checked"]

Reporter: TypeAlias = Callable[[str, str], None]
"""Called again and again while a check works, with the layer and the parameter that are being checked."""


def ignore(layer: str, parameter: str) -> None:
    """Report nothing."""


ATTEMPTS = 8
"""Entries tried for each entry requested, because kinks rule some out."""


@dataclass(frozen=True)
class GradientCheck:
    """The agreement of one gradient with central differences.

    ``error`` is the largest relative error ``|a - n| / (|a| + |n| + floor)`` of the ``checked`` entries, and
    ``worst`` the index of the entry that has it, with its ``analytic`` and ``numeric`` values. The floor is
    1e-8, or more where the rounding of the function would exceed the ``tolerance`` otherwise. ``kinks``
    entries were left out because relu or max has a kink next to them; if all were, the numbers are NaN.

    The ``parameter`` is ``predict`` if that returns another y than ``forward``, its values then being the
    ``analytic`` and those of ``forward`` the ``numeric`` ones. ``failure`` is the file and line of an exception
    that the layer's method of this name raised.
    """

    layer: str
    parameter: str
    error: float
    worst: tuple[int, ...]
    analytic: float
    numeric: float
    checked: int
    kinks: int
    tolerance: float
    failure: str = ""

    @property
    def ok(self) -> bool:
        """Whether at least one entry was checked and all checked entries agree."""
        return self.error <= self.tolerance

    @property
    def verdict(self) -> Verdict:
        """What the check says; nothing was checked if there are kinks next to all entries that were tried."""
        if self.checked == 0 and not self.failure:
            return "not checked"
        return "ok" if self.ok else "WRONG"


@dataclass(frozen=True)
class Extent:
    """The extent of a check: entries per array (None: all), drawn from ``rng``; first step; tolerance; reports."""

    rng: Rng
    samples: int | None = 20
    step: float = STEP
    tolerance: float = TOLERANCE
    report: Reporter = ignore


def check_network(
    network: Network,
    loss: Loss,
    x: Array,
    labels: Labels,
    *,
    rng: Rng,
    samples: int | None = 20,
    step: float = STEP,
    tolerance: float = TOLERANCE,
    report: Reporter = ignore,
) -> list[GradientCheck]:
    """Check every gradient of ``loss`` on the batch x (N, ...), labels (N,), in training mode and float64.

    The checks are, for each layer in order, its parameters and then its input ``x``, and at last the ``scores``,
    the input of the loss. ``samples`` entries are checked of each (None: all), half of them drawn from those whose
    analytic gradient is not 0. The network is not changed.

    An error in one layer's ``x`` makes all earlier gradients wrong too, so the last check that fails shows the
    mistake. A backward pass that raises an exception is a check of its own, which fails, and the layers before it
    are checked with a random gradient in its place. Raises UsageError if a layer omits a gradient or returns a
    wrong shape.
    """
    objective = Objective(in_float64(network.layers), x, LossHead(loss, labels))
    names = [network.label(i) for i in range(len(network.layers))]
    return _check(objective, [*names, loss.type], Extent(rng, samples, step, tolerance, report))


def check_layer(
    layer: Layer,
    x: Array,
    *,
    rng: Rng,
    name: str | None = None,
    samples: int | None = None,
    step: float = STEP,
    tolerance: float = TOLERANCE,
    report: Reporter = ignore,
) -> list[GradientCheck]:
    """Check the gradients of one layer, its parameters' and then that of x (N, ...).

    The function differentiated is the inner product of the output and a random cotangent. ``name`` replaces
    the layer's registered name in the result. The layer is not changed. Raises UsageError as ``check_network``
    does.
    """
    cotangent = rng.standard_normal((len(x), *layer.output_shape))
    objective = Objective(in_float64([layer]), x, InnerProduct(cotangent))
    checks = _check(objective, [name or LAYERS.name_of(layer), ""], Extent(rng, samples, step, tolerance, report))
    return checks[:-1]


def check_loss(
    loss: Loss,
    scores: Array,
    labels: Labels,
    *,
    rng: Rng,
    name: str | None = None,
    samples: int | None = None,
    step: float = STEP,
    tolerance: float = TOLERANCE,
    report: Reporter = ignore,
) -> GradientCheck:
    """Check the gradient of a loss with respect to the scores (N, M) for labels (N,)."""
    objective = Objective([], scores, LossHead(loss, labels))
    return _check(objective, [name or loss.type], Extent(rng, samples, step, tolerance, report))[0]


def _check(objective: Objective, names: Sequence[str], extent: Extent) -> list[GradientCheck]:
    """Check the gradients of ``objective``; ``names`` has one for each layer and one for the head."""
    checks = []
    for i, (name, gradients) in enumerate(zip(names, objective.gradients(), strict=True)):
        if i < len(objective.layers):
            checks += _inference(objective, i, name, extent.tolerance)
        if isinstance(gradients, Failure):
            checks.append(_failed(name, gradients, extent.tolerance))
            continue
        center = objective.value(i)
        for parameter, array in objective.arrays(i).items():
            estimate = partial(_estimate, partial(objective.value, i), array, center=center, extent=extent)
            report = partial(extent.report, name, parameter)
            entries, kinks = _sampled(estimate, gradients[parameter], extent, report)
            checks.append(_summary(name, parameter, entries, kinks, extent.tolerance))
    return checks


def _inference(objective: Objective, index: int, name: str, tolerance: float) -> list[GradientCheck]:
    """Return a check of ``predict`` if it fails, or returns another y than ``forward``; none otherwise."""
    match objective.disagreement(index):
        case None:
            return []
        case Failure() as failure:
            return [_failed(name, failure, tolerance)]
        case predicted, y:
            if predicted.shape != y.shape:
                reason = f"predict returns the shape {predicted.shape}, forward {y.shape}"
                return [_failed(name, Failure("predict", reason), tolerance)]
            floor = FLOOR * max(1.0, float(np.abs(y).max(initial=0.0)))
            errors = np.abs(predicted - y) / (np.abs(predicted) + np.abs(y) + floor)
            errors[np.isnan(errors) & ~(np.isnan(predicted) & np.isnan(y))] = inf
            if not errors.size or not (errors > tolerance).any():
                return []
            worst = tuple(int(i) for i in np.unravel_index(np.nanargmax(errors), y.shape))
            numbers = (float(errors[worst]), worst, float(predicted[worst]), float(y[worst]))
            return [GradientCheck(name, "predict", *numbers, y.size, 0, tolerance)]


def _failed(name: str, failure: Failure, tolerance: float) -> GradientCheck:
    return GradientCheck(name, failure.method, nan, (), nan, nan, 0, 0, tolerance, failure.reason)


@dataclass(frozen=True)
class CheckedEntry:
    """One entry of a gradient: its index, its analytic and numeric values and its relative error."""

    index: tuple[int, ...]
    analytic: float
    numeric: float
    error: float


def _estimate(
    value: Callable[[], float], array: Array, index: tuple[int, ...], *, center: float, extent: Extent
) -> Derivative | None:
    """Return the derivative of ``value`` with respect to ``array[index]``, which is restored."""
    original = array[index]

    def moved(offset: float) -> float:
        array[index] = original + offset
        return value()

    try:
        return derivative(moved, center, step=extent.step, tolerance=extent.tolerance)
    finally:
        array[index] = original


def _sampled(
    estimate: Callable[[tuple[int, ...]], Derivative | None],
    gradients: Sequence[Array],
    extent: Extent,
    report: Callable[[], None],
) -> tuple[list[CheckedEntry], int]:
    """Return the requested number of entries, or fewer because of kinks, and the number of kinks met."""
    entries: list[CheckedEntry] = []
    kinks = 0
    for flat in _order(gradients[0], extent):
        report()
        index = tuple(int(i) for i in np.unravel_index(flat, gradients[0].shape))
        numeric = estimate(index)
        if numeric is None:
            kinks += 1
            continue
        for gradient in gradients:
            analytic = float(gradient[index])
            error = _relative_error(analytic, numeric, extent.tolerance)
            entries.append(CheckedEntry(index, analytic, numeric.value, error))
        if extent.samples is not None and len(entries) >= extent.samples * len(gradients):
            break
    return entries, kinks


def _order(gradient: Array, extent: Extent) -> Sequence[int]:
    """Return flat indices in the order in which they are tried."""
    if extent.samples is None or extent.samples >= gradient.size:
        return range(gradient.size)
    nonzero = gradient.ravel() != 0
    likelihoods = 1 / gradient.size + nonzero / max(1, np.count_nonzero(nonzero))
    tries = min(gradient.size, ATTEMPTS * extent.samples)
    order: list[int] = extent.rng.choice(
        gradient.size, tries, replace=False, p=likelihoods / likelihoods.sum()
    ).tolist()
    return order


def _relative_error(analytic: float, numeric: Derivative, tolerance: float) -> float:
    floor = max(FLOOR, numeric.rounding / tolerance)
    error = abs(analytic - numeric.value) / (abs(analytic) + abs(numeric.value) + floor)
    return inf if isnan(error) else error


def _summary(
    layer: str, parameter: str, entries: Sequence[CheckedEntry], kinks: int, tolerance: float
) -> GradientCheck:
    worst = max(entries, key=lambda entry: entry.error, default=CheckedEntry((), nan, nan, nan))
    checked = len({entry.index for entry in entries})
    return GradientCheck(
        layer, parameter, worst.error, worst.index, worst.analytic, worst.numeric, checked, kinks, tolerance
    )
