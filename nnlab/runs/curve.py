"""Training curves: loss and accuracy over steps or epochs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Array


@dataclass(frozen=True)
class Curve:
    """Measurements in the order of training.

    Shapes: x (R,) increasing, in steps or epochs; loss (R,) in nats per example, accuracy (R,) 0-1; NaN where a
    value is missing.
    """

    x: NDArray[Any]
    loss: Array
    accuracy: Array

    def until(self, x: float) -> "Curve":
        """Return the measurements up to ``x``, inclusive."""
        kept = self.x <= x
        return Curve(self.x[kept], self.loss[kept], self.accuracy[kept])

    def in_epochs(self, steps_per_epoch: float) -> "Curve":
        """Return the same measurements over epochs; x is in steps before."""
        return Curve(self.x / steps_per_epoch, self.loss, self.accuracy)


def curve_of(records: Iterable[Mapping[str, Any]], split: str) -> Curve:
    """Return the records of ``split`` in a metrics log as a curve over steps."""
    chosen = [record for record in records if record.get("split") == split]
    columns = (np.array([record[key] for record in chosen], np.float64) for key in ("loss", "accuracy"))
    return Curve(np.array([record["step"] for record in chosen], np.int64), *columns)


def epoch_means(curve: Curve, steps_per_epoch: float) -> Curve:
    """Return the mean over each epoch, at its end, of a curve whose values are means since the record before.

    A record is weighted by the number of steps since the one before it, and counts in two epochs where it reaches
    from one into the next. The last epoch may be incomplete. x is in steps before, in epochs after.
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
    means: Array = np.divide(sums, counts, out=np.full(np.shape(sums), np.nan), where=counts > 0)
    return means
