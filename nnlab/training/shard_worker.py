"""The gradient of one shard of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnlab import seeding
from nnlab.arrays import Array, Labels, Named
from nnlab.nn.losses import Loss
from nnlab.nn.network import Network


@dataclass(frozen=True, slots=True)
class ShardResult:
    """The share of a shard in the loss of its batch, and its number of correct answers."""

    loss: float
    correct: int


class ShardWorker:
    """Computes gradients of single shards, in the training process as in its replicas.

    Random numbers are drawn from streams that depend on ``seed``, step and shard, so that it does not matter which
    process computes a shard, nor where training was resumed.
    """

    def __init__(self, network: Network, loss: Loss, seed: int) -> None:
        self.network = network
        self._loss = loss
        self._seed = seed

    def compute(
        self, x: Array, labels: Labels, into: Sequence[Named], *, step: int, shard: int, examples: int
    ) -> ShardResult:
        """Write the share of a shard in the gradient of its batch of ``examples`` into the views ``into``.

        Shapes: x (n, *input_shape), labels (n,), those of the shard.
        """
        for name, stream in self.network.streams.items():
            seeding.restart(stream, self._seed, "shard", name, step, shard)
        share = self._loss.weight(examples) / self._loss.weight(len(labels))
        scores, caches = self.network.forward(x)
        value, cache = self._loss.forward(scores, labels)
        grad_scores = self._loss.backward(cache)
        grad_scores *= grad_scores.dtype.type(share)
        self.network.backward(grad_scores, caches, into)
        return ShardResult(share * value, int(np.count_nonzero(self._loss.classify(scores) == labels)))
