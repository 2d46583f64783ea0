"""Training steps in nnlab."""

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from nnlab.arrays import Array, Labels, Named
from nnlab.data.batch import Batch as TrainingBatch
from nnlab.data.batch import Target
from nnlab.nn.kernels import threads as kernel_threads
from nnlab.nn.network import Network
from nnlab.training.backpropagation import Backpropagation
from nnlab.training.state import TrainingState
from nnlab.training.step import train_step

Batch: TypeAlias = tuple[Array, Labels]


def batches_of(state: TrainingState, count: int) -> list[Batch]:
    """Return the first ``count`` batches of ``state``, normalized."""
    train = state.dataset.train
    drawn = [state.batches.draw() for _ in range(count)]
    return [(state.dataset.normalize(train.inputs[indices]), train.labels[indices]) for indices in drawn]


class NnlabTraining:
    """Steps of ``state`` on ``batches``, repeated endlessly, in as many shards as ``state`` has unless given."""

    def __init__(self, state: TrainingState, batches: Sequence[Batch], *, shards: int | None = None) -> None:
        self.state = state
        self._batches = itertools.cycle(batches)
        self._steps = itertools.count(1)
        config = state.config
        self.backpropagate = Backpropagation(
            state.network, state.loss, shards=shards or state.shards, seed=config.seed
        )

    @contextlib.contextmanager
    def replicas(self, threads: int) -> Iterator[None]:
        """Let replicas take part in the steps, one for each of ``threads`` but the first, until the block ends."""
        with contextlib.ExitStack() as stack:
            with kernel_threads.limited(threads):
                stack.enter_context(self.backpropagate.replicas(self.state.config))
            self.backpropagate.join()
            yield

    def step(self) -> float:
        """Take a step and return its loss in nats."""
        x, labels = next(self._batches)
        clip_norm = self.state.config.training.clip_norm
        return train_step(
            self.state.network,
            self.backpropagate,
            self.state.optimizer,
            TrainingBatch(x, (Target(labels),)),
            step=next(self._steps),
            clip_norm=clip_norm,
        ).loss


def named_gradients(network: Network) -> Named:
    """Return the gradient of ``network`` by the names of its parameters."""
    grads: Named = {}
    start = 0
    for name, param in network.params.items():
        grads[name] = network.gradient[start : start + param.size].reshape(param.shape)
        start += param.size
    return grads
