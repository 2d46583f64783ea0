"""The loss and the gradient of a batch: at once, or in shards that replicas share."""

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence

import numpy as np

from nnlab.arrays import Array
from nnlab.config import Experiment
from nnlab.data.batch import Batch
from nnlab.nn.kernels import threads
from nnlab.nn.losses import Loss
from nnlab.nn.network import Network
from nnlab.nn.shards import add_up, cut
from nnlab.training.replica_messages import Order
from nnlab.training.replicas import Replica, Replicas
from nnlab.training.shard_worker import ShardResult, ShardWorker, differentiate

log = logging.getLogger(__name__)

_POLL = 0.01  # seconds between two looks at replicas that are starting


class Backpropagation:
    """Computes loss and gradient of a batch in ``shards`` shards, in this process and in its replicas.

    With one shard, dropout draws from the streams of the layers; with more, from streams that depend on ``seed``,
    step and shard.
    """

    def __init__(self, network: Network, loss: Loss, *, shards: int = 1, seed: int = 0) -> None:
        self._network, self._loss, self._shards = network, loss, shards
        self._worker = ShardWorker(network, loss, seed)
        self._replicas: Replicas | None = None
        self._use(np.empty((shards if shards > 1 else 0, network.weights.size), network.weights.dtype))

    def __call__(self, batch: Batch, step: int) -> ShardResult:
        """Write the gradient of a batch into that of the network; return its loss (nats) and correct answers."""
        if self._shards == 1:
            return differentiate(self._network, self._loss, batch)
        parts = cut(len(batch), self._shards)
        results = self._shared(self._replicas, batch, step, parts) if self._replicas else {}
        for shard, part in enumerate(parts):
            if shard not in results:
                results[shard] = self._compute(batch, step, shard, part)
        add_up(self._gradients[: len(parts)], self._network.gradient)
        ordered = [results[shard] for shard in range(len(parts))]
        return ShardResult(sum(each.loss for each in ordered), sum(each.correct for each in ordered))

    @contextlib.contextmanager
    def replicas(self, config: Experiment) -> Iterator[None]:
        """Let replicas share the shards until the block ends, so that every thread of ``config`` has a process.

        Does nothing where one process is enough, or the system offers no more.
        """
        size = config.training.batch_size
        count = min(threads.count(), len(cut(size, self._shards))) - 1
        if count < 1 or not Replicas.supported():
            yield
            return
        try:
            fitted = config.model_copy(update={"loss": self._loss})
            replicas = Replicas(fitted, self._network, self._shards, count)
        except OSError as error:
            log.info("training in one process, without shared memory: %s", error)
            yield
            return
        own = self._gradients
        try:
            self._replicas = replicas
            self._network.move(replicas.arrays["weights"])
            self._use(replicas.arrays["gradients"])
            yield
        finally:
            self._replicas = None
            replicas.close()
            self._network.move(np.empty_like(self._network.weights))
            self._use(own)

    @property
    def processes(self) -> list[int]:
        """The process numbers of the replicas."""
        return self._replicas.processes if self._replicas else []

    def join(self) -> None:
        """Wait until every replica is ready or has ended, so that each takes its part of the next step."""
        while self._replicas and not self._replicas.complete:
            self._replicas.available()
            time.sleep(_POLL)

    def _use(self, gradients: Array) -> None:
        """Write the gradients of shards into ``gradients`` (S, D) from now on."""
        self._gradients = gradients
        self._views = [self._network.views(gradient) for gradient in gradients]

    def _compute(self, batch: Batch, step: int, shard: int, part: slice) -> ShardResult:
        views = self._views[shard]
        return self._worker.compute(batch.part(part), views, step=step, shard=shard, examples=len(batch))

    def _shared(
        self, replicas: Replicas, batch: Batch, step: int, parts: Sequence[slice]
    ) -> dict[int, ShardResult]:
        """Return the results of this process and of the replicas; those of a replica that fails are missing."""
        helpers = replicas.available()[: len(parts) - 1]
        if not helpers or not replicas.hold(batch):
            return {}
        shares = [tuple(range(i, len(parts), len(helpers) + 1)) for i in range(len(helpers) + 1)]
        asked: list[tuple[Replica, tuple[int, ...]]] = []
        for replica, share in zip(helpers, shares[1:], strict=True):
            if replicas.order(replica, Order(step, len(batch), share)):
                asked.append((replica, share))
        began = time.monotonic()
        with threads.limited(max(1, threads.count() // len(shares))):
            results = {i: self._compute(batch, step, i, parts[i]) for i in shares[0]}
        seconds = time.monotonic() - began
        for replica, share in asked:
            if replicas.wait(replica, seconds=seconds):
                results |= {i: replicas.result(i) for i in share}
        return results
