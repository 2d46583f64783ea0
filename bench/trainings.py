"""Training steps in nnlab."""

import itertools
from collections.abc import Sequence
from typing import TypeAlias

from nnlab.arrays import Array, Labels, Named
from nnlab.nn.network import Network
from nnlab.training.loop import train_step
from nnlab.training.state import Trial

Batch: TypeAlias = tuple[Array, Labels]


def batches_of(trial: Trial, count: int) -> list[Batch]:
    """Return the first ``count`` batches of ``trial``, normalized."""
    train = trial.dataset.train
    drawn = [trial.trainee.batches.draw() for _ in range(count)]
    return [(trial.dataset.normalize(train.inputs[indices]), train.labels[indices]) for indices in drawn]


class NnlabTraining:
    """Steps of ``trial`` on ``batches``, repeated endlessly."""

    def __init__(self, trial: Trial, batches: Sequence[Batch]) -> None:
        self.trial = trial
        self._batches = itertools.cycle(batches)

    def step(self) -> float:
        """Take a step and return its loss in nats."""
        x, labels = next(self._batches)
        clip_norm = self.trial.config.training.clip_norm
        return train_step(self.trial.trainee, x, labels, step=1, factor=1.0, clip_norm=clip_norm).loss


def named_gradients(network: Network) -> Named:
    """Return the gradient of ``network`` by the names of its parameters."""
    grads: Named = {}
    start = 0
    for name, param in network.params.items():
        grads[name] = network.gradient[start : start + param.size].reshape(param.shape)
        start += param.size
    return grads
