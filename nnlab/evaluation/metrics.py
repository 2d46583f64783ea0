"""How good predictions are: loss, accuracy, the confusion matrix and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Labels
from nnlab.errors import UsageError
from nnlab.evaluation.predictions import Predictions

_ROUNDING = 1e-3  # a sum of probabilities that is this near to 1 is 1


@dataclass(frozen=True)
class Metrics:
    """How good predictions are: the mean loss (nats), and what follows from the confusion matrix.

    ``cross_entropy`` is the mean of ``-log p``, p being the probability of the true class among all classes (nats
    per example). A plain cross-entropy loss has the same value; one with label smoothing, for example, does not.

    Shapes: confusion (C, C), counts with the true classes in rows and the predicted ones in columns;
    precision, recall, f1 (0-1) and support (examples) (C,), in the order of ``class_names``.

    A class that was never predicted has precision 0, one without examples has recall 0, and F1 is 0 where
    both are. Macro averages are over all C classes, those too.
    """

    loss: float
    confusion: NDArray[np.int64]
    class_names: tuple[str, ...]
    cross_entropy: float = nan

    @property
    def count(self) -> int:
        """Number of examples."""
        return int(self.confusion.sum())

    @property
    def correct(self) -> int:
        """Number of examples whose class was predicted."""
        return int(self.confusion.trace())

    @property
    def accuracy(self) -> float:
        """``correct / count``, 0-1."""
        return self.correct / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the accuracy, for another sample of examples."""
        return wilson(self.correct, self.count)

    @property
    def support(self) -> NDArray[np.int64]:
        """Examples of each class."""
        counts: NDArray[np.int64] = self.confusion.sum(axis=1)
        return counts

    @property
    def precision(self) -> NDArray[np.float64]:
        """Which part of the examples predicted to be of a class are."""
        return ratios(self.confusion.diagonal(), self.confusion.sum(axis=0))

    @property
    def recall(self) -> NDArray[np.float64]:
        """Which part of the examples of a class are predicted to be."""
        return ratios(self.confusion.diagonal(), self.support)

    @property
    def f1(self) -> NDArray[np.float64]:
        """Harmonic mean of precision and recall, ``2 correct / (predicted + support)``."""
        return ratios(2 * self.confusion.diagonal(), self.confusion.sum(axis=0) + self.support)

    @property
    def macro(self) -> dict[str, float]:
        """Means of precision, recall and F1 over the classes, each class counting the same."""
        return {name: float(getattr(self, name).mean()) for name in ("precision", "recall", "f1")}

    @property
    def per_class(self) -> list[dict[str, Any]]:
        """One row per class: its name, precision, recall, F1 and support, as plain values."""
        columns = (self.precision.tolist(), self.recall.tolist(), self.f1.tolist(), self.support.tolist())
        names = ("class", "precision", "recall", "f1", "support")
        return [dict(zip(names, row, strict=True)) for row in zip(self.class_names, *columns, strict=True)]

    @property
    def headline(self) -> dict[str, Any]:
        """Accuracy and loss as JSON can hold them; a loss that is not finite becomes None."""
        return {"accuracy": self.accuracy, "loss": self.loss if isfinite(self.loss) else None}

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data that JSON can hold, the loss as in ``headline``."""
        return {
            **self.headline,
            "cross_entropy": self.cross_entropy if isfinite(self.cross_entropy) else None,
            "interval": list(self.interval),
            "count": self.count,
            "macro": self.macro,
            "per_class": self.per_class,
            "confusion": self.confusion.tolist(),
        }


def measure(predictions: Predictions, class_names: Sequence[str]) -> Metrics:
    """Return how good ``predictions`` of at least one example are; losses are averaged in float64.

    Raises UsageError if there is not one name for each class.
    """
    classes = len(class_names)
    if predictions.probabilities.shape[1] != classes:
        raise UsageError(f"{classes} class names for {predictions.probabilities.shape[1]} classes")
    cells = np.bincount(predictions.labels * classes + predictions.predicted, minlength=classes**2)
    loss = float(predictions.losses.mean(dtype=np.float64))
    confusion = cells.reshape(classes, classes).astype(np.int64)
    return Metrics(loss, confusion, tuple(class_names), cross_entropy(predictions))


def cross_entropy(predictions: Predictions) -> float:
    """Return the mean of ``-log p`` (nats), p being the share of the true class in all probabilities.

    A p below the least normal number of its type counts as that number.
    """
    rows = predictions.probabilities
    likelihoods = rows[np.arange(len(rows)), predictions.labels].astype(np.float64)
    sums = rows.sum(axis=1, dtype=np.float64)
    sums[np.abs(sums - 1) < _ROUNDING] = 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(-np.log(np.maximum(likelihoods / sums, np.finfo(rows.dtype).tiny)).mean())


def wilson(correct: int, count: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share (0-1) of which ``correct`` of ``count`` examples tell.

    With ``p = correct / n`` and ``z = 1.96``, it is
    ``(p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)``: Wilson (1927), Probable
    inference, the law of succession, and statistical inference, doi:10.1080/01621459.1927.10502953.
    """
    if not count:
        return 0.0, 1.0
    z, n, p = 1.959963984540054, count, correct / count
    middle = p + z**2 / (2 * n)
    reach = z * sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
    low, high = ((middle + sign * reach) / (1 + z**2 / n) for sign in (-1, 1))
    return max(0.0, min(low, p)), min(1.0, max(high, p))  # rounding may step over a bound


def worst(predictions: Predictions, count: int) -> Labels:
    """Return the indices of up to ``count`` mistakes, the largest loss first, and NaN before all others."""
    mistakes = np.flatnonzero(predictions.predicted != predictions.labels)
    losses = np.nan_to_num(predictions.losses[mistakes], nan=np.inf)
    return mistakes[np.argsort(-losses, kind="stable")][:count]


def confused_pairs(confusion: NDArray[np.int64], count: int) -> list[tuple[int, int]]:
    """Return up to ``count`` pairs of a true and a predicted class that is another, the most frequent first.

    Shapes: confusion (C, C), as in ``Metrics``. Pairs that never occur are left out.
    """
    mistakes = confusion - np.diag(confusion.diagonal())
    order = np.argsort(-mistakes, axis=None, kind="stable")[:count]
    rows, columns = np.unravel_index(order[mistakes.ravel()[order] > 0], confusion.shape)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def ratios(parts: NDArray[Any], wholes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return parts / wholes, and 0 where a whole is 0."""
    ratios: NDArray[np.float64] = np.divide(parts, wholes, out=np.zeros(len(wholes)), where=wholes > 0)
    return ratios
