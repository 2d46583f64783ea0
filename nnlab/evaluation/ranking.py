"""How well scores rank the examples of a class above the others: ROC and precision-recall curves.

Each class is taken by itself, one against the rest. Examples of equal score enter at the same threshold, so that
no result depends on the order of ties.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Array, Labels


@dataclass(frozen=True)
class Ranking:
    """What remains positive at each threshold, from the highest score down, for one class against the rest.

    Shapes: true_positives and false_positives (T + 1,) examples with at least the score of each of T thresholds,
    after a first entry of 0. ``positives`` of the examples are of the class, ``negatives`` are not. A rate over no
    examples is NaN, and so is an area that it enters.
    """

    true_positives: NDArray[np.int64]
    false_positives: NDArray[np.int64]

    @property
    def positives(self) -> int:
        """Examples of the class."""
        return int(self.true_positives[-1])

    @property
    def negatives(self) -> int:
        """Examples of the other classes."""
        return int(self.false_positives[-1])

    @property
    def recall(self) -> Array:
        """Share of the class's examples that are positive, (T + 1,); the true positive rate."""
        return _share(self.true_positives, self.positives)

    @property
    def fall_out(self) -> Array:
        """Share of the other examples that are positive, (T + 1,); the false positive rate."""
        return _share(self.false_positives, self.negatives)

    @property
    def precision(self) -> Array:
        """Share of the positive that are of the class, (T + 1,); 1 where nothing is positive."""
        positive = self.true_positives + self.false_positives
        ratio: Array = np.divide(self.true_positives, positive, out=np.ones(len(positive)), where=positive > 0)
        return ratio

    @property
    def roc_area(self) -> float:
        """Area under the ROC curve, 0-1, by trapezoids.

        It is the probability that a random example of the class has a higher score than a random other one, where
        a tie counts one half: Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747.
        """
        heights = (self.true_positives[1:] + self.true_positives[:-1]).astype(np.float64)
        pairs = 2.0 * self.positives * self.negatives
        return float(np.diff(self.false_positives) @ heights / pairs) if pairs else np.nan

    @property
    def average_precision(self) -> float:
        """Area under the precision-recall curve, 0-1: ``sum_t (recall_t - recall_{t-1}) precision_t``.

        Steps, not trapezoids, because precision is not linear between thresholds: Davis and Goadrich (2006),
        doi:10.1145/1143844.1143874.
        """
        if not self.positives:
            return np.nan
        return float(np.diff(self.true_positives) @ self.precision[1:] / self.positives)


def rank(scores: Array, positive: NDArray[np.bool_]) -> Ranking:
    """Return the ranking of examples by ``scores`` (N,), of which ``positive`` (N,) are of the class.

    A score that is NaN ranks below all others.
    """
    scores = np.where(np.isnan(scores), -np.inf, scores)
    order = np.argsort(-scores, kind="stable")
    descending = scores[order]
    last = np.append(np.flatnonzero(descending[1:] != descending[:-1]), len(scores) - 1)  # of each group of ties
    counts = np.cumsum(positive[order])[last], np.cumsum(~positive[order])[last]
    true_positives, false_positives = (np.append(0, each).astype(np.int64) for each in counts)
    return Ranking(true_positives, false_positives)


def rankings(probabilities: Array, labels: Labels) -> list[Ranking]:
    """Return the ranking of each class against the rest. Shapes: probabilities (N, C), labels (N,), N >= 1."""
    return [rank(probabilities[:, label], labels == label) for label in range(probabilities.shape[1])]


def macro_mean(areas: list[float]) -> float:
    """Return the mean of the areas that are known; NaN if none is."""
    known = [area for area in areas if not np.isnan(area)]
    return float(np.mean(known)) if known else np.nan


def _share(counts: NDArray[np.int64], total: int) -> Array:
    share: Array = counts / total if total else np.full(len(counts), np.nan)
    return share
