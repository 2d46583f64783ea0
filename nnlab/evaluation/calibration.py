"""How far the confidence of predictions matches their accuracy."""

from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab.evaluation.metrics import ratios
from nnlab.evaluation.predictions import Predictions


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
        return ratios(self.correct, self.counts)

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
    return Calibration(counts, correct, ratios(sums, counts), int(np.count_nonzero(~known)))
