"""Targets: the values that the scores of each example should have."""

from functools import lru_cache
from typing import Any

import numpy as np

from nnlab.arrays import Array, Labels


def one_hot(labels: Labels, scores: Array, smoothing: float = 0.0) -> Array:
    """Return targets of the shape and dtype of ``scores``: 1 for the label's class, 0 elsewhere, then smoothed."""
    return _target_rows(scores.shape[1], scores.dtype, smoothing).take(labels, axis=0)


def answers(labels: Labels, scores: Array) -> Array:
    """Return the target of each answer: the label itself if there is one answer, one-hot if there are more."""
    return labels[:, np.newaxis].astype(scores.dtype) if scores.shape[1] == 1 else one_hot(labels, scores)


@lru_cache(maxsize=16)
def _target_rows(classes: int, dtype: np.dtype[Any], smoothing: float) -> Array:
    """Return the target of every class; cached, because making it costs more than a small network's whole loss."""
    rows: Array = np.eye(classes, dtype=dtype) * (1 - smoothing) + smoothing / classes
    rows.setflags(write=False)
    return rows
