"""What a network predicts for the examples of a split."""

from dataclasses import dataclass

import numpy as np

from nnlab.activity import announce
from nnlab.arrays import Array, Labels
from nnlab.data import Dataset
from nnlab.data.augmentation import mirrored
from nnlab.nn.losses import Loss
from nnlab.nn.network import Network

BATCH = 250
"""How many examples a network predicts at a time."""


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
            announce(f"evaluating the {split_name} split", start, len(split.labels))
            batch = slice(start, start + batch_size)
            scores = scores_of(network, dataset.normalize(split.inputs[batch]), flips=dataset.test_time_flips)
            losses = loss.per_example(scores, split.labels[batch])
            parts.append((loss.classify(scores), loss.probabilities(scores), losses))
    return Predictions(split.labels, *(np.concatenate(column) for column in zip(*parts, strict=True)))


def scores_of(network: Network, x: Array, *, flips: bool) -> Array:
    """Return the scores of normalized x; with test-time ``flips``, means over an image and its mirror image."""
    scores = network.predict(x)
    if flips:
        scores = (scores + network.predict(np.ascontiguousarray(mirrored(x)))) / 2
    return scores
