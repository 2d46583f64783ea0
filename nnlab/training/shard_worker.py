"""The loss and the gradient of a whole batch, or of one shard of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnlab import seeding
from nnlab.arrays import Named
from nnlab.data.batch import Batch
from nnlab.nn.losses import Loss
from nnlab.nn.network import Network
from nnlab.training.batch_loss import backward_loss, forward_loss


@dataclass(frozen=True, slots=True)
class ShardResult:
    """The loss of a batch, or the share of a shard in it, and the number of correct answers."""

    loss: float
    correct: int


def differentiate(
    network: Network, loss: Loss, batch: Batch, *, share: float = 1.0, into: Sequence[Named] | None = None
) -> ShardResult:
    """Write ``share`` times the gradient of the loss into that of the network, or into the views ``into``."""
    scores, caches = network.forward(batch.x)
    value, parts = forward_loss(loss, scores, batch)
    grad_scores = backward_loss(loss, parts)
    if share != 1:
        grad_scores = grad_scores * grad_scores.dtype.type(share)
    network.backward(grad_scores, caches, into)
    return ShardResult(share * value, int(np.count_nonzero(loss.classify(scores) == batch.labels)))


class ShardWorker:
    """Computes gradients of single shards, in the training process as in its replicas.

    Random numbers are drawn from streams that depend on ``seed``, step and shard, so that it does not matter which
    process computes a shard, nor where training was resumed.
    """

    def __init__(self, network: Network, loss: Loss, seed: int) -> None:
        self.network = network
        self._loss = loss
        self._seed = seed

    def compute(self, batch: Batch, into: Sequence[Named], *, step: int, shard: int, examples: int) -> ShardResult:
        """Write the share of a shard in the gradient of its batch of ``examples`` into the views ``into``.

        ``batch`` is the shard alone.
        """
        for name, stream in self.network.streams.items():
            seeding.restart(stream, self._seed, "shard", name, step, shard)
        share = self._loss.share(examples) / self._loss.share(len(batch))
        return differentiate(self.network, self._loss, batch, share=share, into=into)
