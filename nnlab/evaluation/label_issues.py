"""Labels that a network contradicts: confident learning."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlab.arrays import Array, Labels
from nnlab.evaluation.predictions import Predictions


@dataclass(frozen=True)
class LabelIssues:
    """The examples of a split whose labels the network contradicts, the least probable labels first.

    Shapes: indices (S,) of the examples in the split, their ``labels`` (S,), the ``suggested`` classes (S,), and
    the probabilities (S, 2) of both, 0 .. 1.
    """

    split: str
    examples: int
    class_names: tuple[str, ...]
    indices: Labels
    labels: Labels
    suggested: Labels
    probabilities: Array

    @property
    def count(self) -> int:
        """How many labels are contradicted."""
        return len(self.indices)

    def rows(self) -> list[tuple[int, int, float, int, float]]:
        """Return for each example its number, label and its probability, suggested class and its probability."""
        low, high = self.probabilities.T.tolist()
        columns = (self.indices.tolist(), self.labels.tolist(), low, self.suggested.tolist(), high)
        return list(zip(*columns, strict=True))

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data that JSON can hold."""
        keys = ("index", "label", "label_probability", "suggested", "suggested_probability")
        return {
            "split": self.split,
            "out_of_sample": self.split != "train",
            "examples": self.examples,
            "contradicted": [dict(zip(keys, row, strict=True)) for row in self.rows()],
        }


def label_issues(predictions: Predictions, class_names: tuple[str, ...], split: str) -> LabelIssues:
    """Return the labels that ``predictions`` contradict confidently.

    The threshold of a class is the mean probability of it among the examples that have its label. An example
    counts for the most probable of the classes that reach their thresholds; if that is not its label, the label
    is contradicted. Where the network was trained on the examples, it contradicts fewer. Northcutt, Jiang and
    Chuang (2021), arXiv:1911.00068.
    """
    p, labels = np.nan_to_num(predictions.probabilities), predictions.labels
    thresholds = np.ones(p.shape[1])
    for label in np.unique(labels):
        thresholds[label] = p[labels == label, label].mean(dtype=np.float64)
    confident = np.where(p >= thresholds, p, -1)
    suggested = confident.argmax(axis=1)
    chosen = np.flatnonzero((confident.max(axis=1) > 0) & (suggested != labels))
    chosen = chosen[np.argsort(p[chosen, labels[chosen]], kind="stable")]
    both = np.stack([p[chosen, each[chosen]] for each in (labels, suggested)], axis=1)
    return LabelIssues(split, len(labels), class_names, chosen, labels[chosen], suggested[chosen], both)
