"""The loss of a batch, whose examples may have several targets, and its derivative."""

from collections.abc import Sequence
from typing import Any

from nnlab.arrays import Array
from nnlab.data.batch import Batch
from nnlab.nn.losses import Loss


def forward_loss(loss: Loss, scores: Array, batch: Batch) -> tuple[float, list[tuple[float, Any]]]:
    """Return the loss of ``scores`` for the targets of ``batch``, and the share and cache of each."""
    measured = [(target.share, *loss.forward(scores, target.labels)) for target in batch.targets]
    return sum(share * value for share, value, _ in measured), [(share, cache) for share, _, cache in measured]


def backward_loss(loss: Loss, parts: Sequence[tuple[float, Any]]) -> Array:
    """Return dL/dscores, given the shares and caches that ``forward_loss`` returned."""
    (share, cache), *others = parts
    total = loss.backward(cache)
    if others:
        total *= share
    for share, cache in others:
        total += share * loss.backward(cache)
    return total
