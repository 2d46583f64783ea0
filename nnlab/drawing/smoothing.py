"""Running means of curves, and curves of several seeds at common steps."""

from collections.abc import Sequence
from functools import reduce
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Array
from nnlab.runs.curve import Curve

_MOST_MEANS = 1000  # points of a line; print shows no more

Window: TypeAlias = int | Literal["so far"]
"""Records that a running mean is over; ``so far``: all from the first to the record itself."""


def running_mean(x: NDArray[Any], values: Array, window: Window) -> tuple[NDArray[Any], Array]:
    """Return, at up to 1,000 records, the mean of the finite values around each; NaN if there are none.

    The mean is over ``window`` records, one more if that is even, of which the record itself is the middle one;
    near the ends it is over fewer, as many on one side as on the other. It therefore neither lags behind a trend
    nor runs ahead of it. With ``so far`` it is over all records up to the one it is drawn at.

    Shapes: x (R,), values (..., R); the means are (..., P) at P of the x.
    """
    records = len(x)
    middles = np.unique(np.linspace(0, records - 1, min(records, _MOST_MEANS)).astype(np.int64))
    finite = np.isfinite(values)
    kept = np.where(finite, values, 0).astype(np.float64)
    parts = [(..., _around(int(middle), records, window)) for middle in middles]
    sums, counts = (np.stack([each[part].sum(axis=-1) for part in parts], axis=-1) for each in (kept, finite))
    means: Array = np.divide(sums, counts, out=np.full(np.shape(sums), np.nan), where=counts > 0)
    return x[middles], means


def _around(middle: int, records: int, window: Window) -> slice:
    """Return the records that the mean at ``middle`` is over."""
    if window == "so far":
        return slice(0, middle + 1)
    reach = min(window // 2, middle, records - 1 - middle)
    return slice(middle - reach, middle + reach + 1)


def stacked(curves: Sequence[Curve]) -> tuple[NDArray[Any], Array, Array]:
    """Return the x at which all ``curves`` have a record, (R,), and the losses and accuracies there, (S, R)."""
    x: NDArray[Any] = reduce(np.intersect1d, [curve.x for curve in curves])
    rows = [np.searchsorted(curve.x, x) for curve in curves]
    loss = np.array([curve.loss[i] for curve, i in zip(curves, rows, strict=True)], np.float64)
    accuracy = np.array([curve.accuracy[i] for curve, i in zip(curves, rows, strict=True)], np.float64)
    return x, loss, accuracy
