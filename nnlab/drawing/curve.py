"""Measurements in the course of training, and their means: over records, over epochs, over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Array

_MOST_MEANS = 1000  # of which a line is drawn; print shows no more


@dataclass(frozen=True)
class Curve:
    """Measurements in the order of training.

    Shapes: x (R,) increasing, in steps or epochs; loss (R,) in nats per example, accuracy (R,) 0-1; NaN where
    there is none.
    """

    x: NDArray[Any]
    loss: Array
    accuracy: Array


def running_mean(x: NDArray[Any], values: Array, window: int) -> tuple[NDArray[Any], Array]:
    """Return, at up to 1,000 records, the mean of the finite values among the last ``window``; NaN if none is.

    Shapes: x (R,), values (..., R); the means are (..., P) at P of the x.
    """
    ends = np.unique(np.linspace(1, len(x), min(len(x), _MOST_MEANS)).astype(np.int64))
    finite = np.isfinite(values)
    kept = np.where(finite, values, 0).astype(np.float64)
    parts = [(..., slice(max(0, end - window), end)) for end in ends]
    sums, counts = (np.stack([each[part].sum(axis=-1) for part in parts], axis=-1) for each in (kept, finite))
    return x[ends - 1], _ratio(sums, counts)


def epoch_means(curve: Curve, steps_per_epoch: float) -> Curve:
    """Return the mean over each epoch, at its end, of a curve of means since the record before.

    A record counts for as many steps as there are since the one before it, and in two epochs where it reaches
    from one into the next. The last epoch may be a part of one. x is in steps before, in epochs after.
    """
    last = curve.x[-1] / steps_per_epoch if len(curve.x) else 0.0
    ends = np.unique(np.append(np.arange(1.0, last + 1e-9), last))[: None if last else 0]
    return Curve(ends, *(_means(curve.x, each, ends * steps_per_epoch) for each in (curve.loss, curve.accuracy)))


def _means(steps: NDArray[Any], values: Array, ends: Array) -> Array:
    """Return the means of ``values`` between 0 and the first of ``ends``, and from each to the next."""
    finite = np.isfinite(values)
    weights = np.where(finite, np.diff(steps, prepend=0), 0.0)
    sums, counts = (
        np.diff(np.interp(ends, [0, *steps], [0, *np.cumsum(each)]), prepend=0)
        for each in (weights * np.where(finite, values, 0), weights)
    )
    return _ratio(sums, counts)


def stacked(curves: Sequence[Curve]) -> tuple[NDArray[Any], Array, Array]:
    """Return at which x all ``curves`` have a record, (R,), and their losses and accuracies there, (S, R)."""
    x: NDArray[Any] = reduce(np.intersect1d, [curve.x for curve in curves])
    rows = [np.searchsorted(curve.x, x) for curve in curves]
    loss = np.array([curve.loss[i] for curve, i in zip(curves, rows, strict=True)], np.float64)
    accuracy = np.array([curve.accuracy[i] for curve, i in zip(curves, rows, strict=True)], np.float64)
    return x, loss, accuracy


def _ratio(sums: Array, counts: Array) -> Array:
    """Return ``sums / counts``, NaN where nothing was counted."""
    ratio: Array = np.divide(sums, counts, out=np.full(np.shape(sums), np.nan), where=counts > 0)
    return ratio
