"""What a network predicts for a split of the data, and how good that is.

There is one evaluation: during training, after it, in a sweep and in a notebook.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Array, Labels
from nnlab.data import Dataset
from nnlab.data.augmentation import mirrored
from nnlab.data.examples import Inputs
from nnlab.errors import UsageError
from nnlab.losses import Loss
from nnlab.network import Network


@dataclass(frozen=True)
class Predictions:
    """What a network says of N examples.

    Shapes: labels (N,) true classes, predicted (N,) classes that the loss takes the scores for,
    probabilities (N, C) of each class (0-1), losses (N,) in nats.
    """

    labels: Labels
    predicted: Labels
    probabilities: Array
    losses: Array


def predict_split(
    network: Network, loss: Loss, dataset: Dataset, split_name: str, *, batch_size: int = 250
) -> Predictions:
    """Return the predictions for every example of a split, in its order, made ``batch_size`` at a time.

    Raises UsageError if there is no such split, DataError if it has no examples.
    """
    split = dataset.split(split_name)
    parts = []
    # A network that has diverged is still evaluated: its numbers say so.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for start in range(0, len(split.labels), batch_size):
            batch = slice(start, start + batch_size)
            scores = _scores(network, dataset, split.inputs[batch])
            losses = loss.per_example(scores, split.labels[batch])
            parts.append((loss.classify(scores), loss.probabilities(scores), losses))
    return Predictions(split.labels, *(np.concatenate(column) for column in zip(*parts, strict=True)))


def _scores(network: Network, dataset: Dataset, inputs: Inputs) -> Array:
    """Return the scores of raw ``inputs``: with test-time flips, means over an image and its mirror image."""
    x = dataset.normalize(inputs)
    scores = network.predict(x)
    if dataset.test_time_flips:
        scores = (scores + network.predict(np.ascontiguousarray(mirrored(x)))) / 2
    return scores


@dataclass(frozen=True)
class Calibration:
    """How far confidence, the probability of the predicted class, is what it promises: the accuracy.

    Examples are sorted into bins of equal width by their confidence, bin b of B holding those above ``b / B`` and
    up to ``(b + 1) / B``. Shapes: counts and correct (B,) examples, confidence (B,) their mean (0-1). ``unknown``
    examples, whose confidence is not a number, are in no bin.
    """

    counts: NDArray[np.int64]
    correct: NDArray[np.int64]
    confidence: NDArray[np.float64]
    unknown: int = 0

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Which part (0-1) of each bin's examples were predicted right."""
        return _ratios(self.correct, self.counts)

    @property
    def error(self) -> float:
        """The expected calibration error (0-1), ``sum_b counts_b / n |accuracy_b - confidence_b|``; or NaN.

        Guo, Pleiss, Sun and Weinberger (2017), On calibration of modern neural networks, arXiv:1706.04599.
        """
        gaps = np.abs(self.accuracy - self.confidence)
        return nan if self.unknown else float(self.counts @ gaps / self.counts.sum())

    def as_json(self) -> dict[str, Any]:
        """Return the error and the bins as plain data; None stands for what is not known."""
        rows = zip(self.counts.tolist(), self.confidence.tolist(), self.accuracy.tolist(), strict=True)
        bins = [{"count": n, "confidence": c if n else None, "accuracy": a if n else None} for n, c, a in rows]
        return {"expected_error": None if self.unknown else self.error, "bins": bins}


def calibrate(predictions: Predictions, *, bins: int = 15) -> Calibration:
    """Return how far the confidence of ``predictions`` is what it promises."""
    examples = np.arange(len(predictions.labels))
    confidence = predictions.probabilities[examples, predictions.predicted].astype(np.float64)
    known = np.isfinite(confidence)
    confidence, right = confidence[known], (predictions.predicted == predictions.labels)[known]
    chosen = np.clip(np.ceil(confidence * bins) - 1, 0, bins - 1).astype(np.int64)
    counts, correct = (np.bincount(which, minlength=bins) for which in (chosen, chosen[right]))
    sums = np.bincount(chosen, weights=confidence, minlength=bins)
    return Calibration(counts, correct, _ratios(sums, counts), int(np.count_nonzero(~known)))


@dataclass(frozen=True)
class Metrics:
    """How good predictions are: the mean loss (nats), and what follows from the confusion matrix.

    Shapes: confusion (C, C), counts with the true classes in rows and the predicted ones in columns;
    precision, recall, f1 (0-1) and support (examples) (C,), in the order of ``class_names``.

    A class that was never predicted has precision 0, one without examples has recall 0, and F1 is 0 where
    both are. Macro averages are over all C classes, those too.
    """

    loss: float
    confusion: NDArray[np.int64]
    class_names: tuple[str, ...]

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
        """The 95 % confidence interval of the accuracy, were the examples drawn anew."""
        return wilson(self.correct, self.count)

    @property
    def support(self) -> NDArray[np.int64]:
        """Examples of each class."""
        counts: NDArray[np.int64] = self.confusion.sum(axis=1)
        return counts

    @property
    def precision(self) -> NDArray[np.float64]:
        """Which part of the examples predicted to be of a class are."""
        return _ratios(self.confusion.diagonal(), self.confusion.sum(axis=0))

    @property
    def recall(self) -> NDArray[np.float64]:
        """Which part of the examples of a class are predicted to be."""
        return _ratios(self.confusion.diagonal(), self.support)

    @property
    def f1(self) -> NDArray[np.float64]:
        """Harmonic mean of precision and recall, ``2 correct / (predicted + support)``."""
        return _ratios(2 * self.confusion.diagonal(), self.confusion.sum(axis=0) + self.support)

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
    def told(self) -> dict[str, Any]:
        """Accuracy and loss as JSON can hold them; a loss that is not finite becomes None."""
        return {"accuracy": self.accuracy, "loss": self.loss if isfinite(self.loss) else None}

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data that JSON can hold, the loss as ``told``."""
        return {
            **self.told,
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
    return Metrics(loss, cells.reshape(classes, classes).astype(np.int64), tuple(class_names))


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


def _ratios(parts: NDArray[Any], wholes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return parts / wholes, and 0 where a whole is 0."""
    ratios: NDArray[np.float64] = np.divide(parts, wholes, out=np.zeros(len(wholes)), where=wholes > 0)
    return ratios
