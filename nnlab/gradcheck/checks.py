"""Gradients that backward passes compute, compared with central differences of the forward pass."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, isnan, nan

import numpy as np

from nnlab.arrays import Array, Labels, Rng
from nnlab.gradcheck.chain import Chain, LossHead, Projection, in_float64
from nnlab.gradcheck.differences import Derivative, derivative
from nnlab.nn.layers import Layer
from nnlab.nn.losses import Loss
from nnlab.nn.network import Network
from nnlab.registry import LAYERS

STEP = 1e-5
"""How far an entry is moved; near the cube root of float64's precision, where rounding and curvature balance."""

TOLERANCE = 1e-5
"""The largest relative error of a right gradient."""

FLOOR = 1e-8
"""Added to the magnitudes that an error is relative to, so that 0 may be compared with 0."""

ATTEMPTS = 8
"""Entries tried for each one asked for, where kinks make some useless."""


@dataclass(frozen=True)
class GradientCheck:
    """How well one gradient agrees with central differences.

    ``error`` is the largest relative error ``|a - n| / (|a| + |n| + floor)`` of the ``checked`` entries, and
    ``worst`` the place of the entry that has it, with its ``analytic`` and ``numeric`` values. The floor is
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
        """Whether something was checked and all of it agrees."""
        return self.error <= self.tolerance


@dataclass(frozen=True)
class Effort:
    """How to check: entries per array (None: all), drawn from ``rng``; first step; tolerance."""

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

    For each layer, in order, its parameters and then ``x``, which is what it is fed; at last the ``scores``
    that the loss is fed. ``samples`` entries are checked of each (None: all), half of them drawn from those whose
    analytic gradient is not 0. The network is left as it was.

    An error in one layer's ``x`` makes everything before it wrong too: look for the last check that fails.
    Raises UsageError if a layer leaves a gradient out or gives it a wrong shape.
    """
    chain = Chain(in_float64(network.layers), x, LossHead(loss, labels))
    names = [network.label(i) for i in range(len(network.layers))]
    return check_chain(chain, [*names, loss.type], Effort(rng, samples, step, tolerance))


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

    The function differentiated is the inner product of the output and a random cotangent. ``name`` is what
    to call the layer, if not by its registered name. The layer is left as it was. Raises UsageError as
    ``check_network`` does.
    """
    cotangent = rng.standard_normal((len(x), *layer.output_shape))
    chain = Chain(in_float64([layer]), x, Projection(cotangent))
    checks = check_chain(chain, [name or LAYERS.name_of(layer), ""], Effort(rng, samples, step, tolerance))
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
    chain = Chain([], scores, LossHead(loss, labels))
    effort = Effort(rng, samples, step, tolerance)
    return check_chain(chain, [name or loss.type], effort)[0]


def check_chain(chain: Chain, names: Sequence[str], effort: Effort) -> list[GradientCheck]:
    """Check the gradients of ``chain``; ``names`` has one for each layer and one for the head."""
    center = chain.value(0)
    checks = []
    for i, (name, gradients) in enumerate(zip(names, chain.gradients(), strict=True)):
        for parameter, array in chain.arrays(i).items():
            estimate = partial(_estimate, partial(chain.value, i), array, center=center, effort=effort)
            entries, kinks = _sampled(estimate, gradients[parameter], effort)
            checks.append(_summary(name, parameter, entries, kinks, effort.tolerance))
    return checks


@dataclass(frozen=True)
class Entry:
    """One entry of a gradient: its index, its analytic and numeric values and its relative error."""

    index: tuple[int, ...]
    analytic: float
    numeric: float
    error: float


def _estimate(
    value: Callable[[], float], array: Array, index: tuple[int, ...], *, center: float, effort: Effort
) -> Derivative | None:
    """Return the derivative of ``value`` with respect to ``array[index]``, which is put back."""
    original = array[index]

    def moved(offset: float) -> float:
        array[index] = original + offset
        return value()

    try:
        return derivative(moved, center, step=effort.step, tolerance=effort.tolerance)
    finally:
        array[index] = original


def _sampled(
    estimate: Callable[[tuple[int, ...]], Derivative | None], gradients: Sequence[Array], effort: Effort
) -> tuple[list[Entry], int]:
    """Return as many entries as were asked for, as far as kinks allow, and the number of kinks met."""
    entries: list[Entry] = []
    kinks = 0
    for flat in _order(gradients[0], effort):
        index = tuple(int(i) for i in np.unravel_index(flat, gradients[0].shape))
        numeric = estimate(index)
        if numeric is None:
            kinks += 1
            continue
        for gradient in gradients:
            analytic = float(gradient[index])
            error = _relative_error(analytic, numeric, effort.tolerance)
            entries.append(Entry(index, analytic, numeric.value, error))
        if effort.samples is not None and len(entries) >= effort.samples * len(gradients):
            break
    return entries, kinks


def _order(gradient: Array, effort: Effort) -> Sequence[int]:
    """Return flat indices in the order in which to try them."""
    if effort.samples is None or effort.samples >= gradient.size:
        return range(gradient.size)
    nonzero = gradient.ravel() != 0
    likelihoods = 1 / gradient.size + nonzero / max(1, np.count_nonzero(nonzero))
    tries = min(gradient.size, ATTEMPTS * effort.samples)
    order: list[int] = effort.rng.choice(
        gradient.size, tries, replace=False, p=likelihoods / likelihoods.sum()
    ).tolist()
    return order


def _relative_error(analytic: float, numeric: Derivative, tolerance: float) -> float:
    floor = max(FLOOR, numeric.rounding / tolerance)
    error = abs(analytic - numeric.value) / (abs(analytic) + abs(numeric.value) + floor)
    return inf if isnan(error) else error


def _summary(layer: str, parameter: str, entries: Sequence[Entry], kinks: int, tolerance: float) -> GradientCheck:
    worst = max(entries, key=lambda entry: entry.error, default=Entry((), nan, nan, nan))
    checked = len({entry.index for entry in entries})
    return GradientCheck(
        layer, parameter, worst.error, worst.index, worst.analytic, worst.numeric, checked, kinks, tolerance
    )
