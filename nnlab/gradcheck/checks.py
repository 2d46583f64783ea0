"""Gradients that backward passes compute, compared with central differences of the forward pass."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, isnan, nan

import numpy as np

from nnlab.arrays import Array, Labels, Rng
from nnlab.gradcheck.differences import Derivative, derivative
from nnlab.gradcheck.objective import InnerProduct, LossHead, Objective, in_float64
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

ATTEMPTS = 8
"""Entries tried for each entry requested, because kinks rule some out."""


@dataclass(frozen=True)
class GradientCheck:
    """The agreement of one gradient with central differences.

    ``error`` is the largest relative error ``|a - n| / (|a| + |n| + floor)`` of the ``checked`` entries, and
    ``worst`` the index of the entry that has it, with its ``analytic`` and ``numeric`` values. The floor is
    1e-8, or more where the rounding of the function would exceed the ``tolerance`` otherwise. ``kinks``
    entries were left out because relu or max has a kink next to them; if all were, the numbers are NaN.
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

    @property
    def ok(self) -> bool:
        """Whether at least one entry was checked and all checked entries agree."""
        return self.error <= self.tolerance


@dataclass(frozen=True)
class Extent:
    """The extent of a check: entries per array (None: all), drawn from ``rng``; first step; tolerance."""

    rng: Rng
    samples: int | None = 20
    step: float = STEP
    tolerance: float = TOLERANCE


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
) -> list[GradientCheck]:
    """Check every gradient of ``loss`` on the batch x (N, ...), labels (N,), in training mode and float64.

    The checks are, for each layer in order, its parameters and then its input ``x``, and at last the ``scores``,
    the input of the loss. ``samples`` entries are checked of each (None: all), half of them drawn from those whose
    analytic gradient is not 0. The network is not changed.

    An error in one layer's ``x`` makes all earlier gradients wrong too, so the last check that fails shows the
    mistake. Raises UsageError if a layer omits a gradient or returns a wrong shape.
    """
    objective = Objective(in_float64(network.layers), x, LossHead(loss, labels))
    names = [network.label(i) for i in range(len(network.layers))]
    return _check(objective, [*names, loss.type], Extent(rng, samples, step, tolerance))


def check_layer(
    layer: Layer,
    x: Array,
    *,
    rng: Rng,
    name: str | None = None,
    samples: int | None = None,
    step: float = STEP,
    tolerance: float = TOLERANCE,
) -> list[GradientCheck]:
    """Check the gradients of one layer, its parameters' and then that of x (N, ...).

    The function differentiated is the inner product of the output and a random cotangent. ``name`` replaces
    the layer's registered name in the result. The layer is not changed. Raises UsageError as ``check_network``
    does.
    """
    cotangent = rng.standard_normal((len(x), *layer.output_shape))
    objective = Objective(in_float64([layer]), x, InnerProduct(cotangent))
    checks = _check(objective, [name or LAYERS.name_of(layer), ""], Extent(rng, samples, step, tolerance))
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
) -> GradientCheck:
    """Check the gradient of a loss with respect to the scores (N, M) for labels (N,)."""
    objective = Objective([], scores, LossHead(loss, labels))
    return _check(objective, [name or loss.type], Extent(rng, samples, step, tolerance))[0]


def _check(objective: Objective, names: Sequence[str], extent: Extent) -> list[GradientCheck]:
    """Check the gradients of ``objective``; ``names`` has one for each layer and one for the head."""
    center = objective.value(0)
    checks = []
    for i, (name, gradients) in enumerate(zip(names, objective.gradients(), strict=True)):
        for parameter, array in objective.arrays(i).items():
            estimate = partial(_estimate, partial(objective.value, i), array, center=center, extent=extent)
            entries, kinks = _sampled(estimate, gradients[parameter], extent)
            checks.append(_summary(name, parameter, entries, kinks, extent.tolerance))
    return checks


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
    estimate: Callable[[tuple[int, ...]], Derivative | None], gradients: Sequence[Array], extent: Extent
) -> tuple[list[CheckedEntry], int]:
    """Return the requested number of entries, or fewer because of kinks, and the number of kinks met."""
    entries: list[CheckedEntry] = []
    kinks = 0
    for flat in _order(gradients[0], extent):
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
