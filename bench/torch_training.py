"""Training steps in PyTorch, with the same loss and optimizer."""

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from bench.trainings import Batch
from bench.twin import Format, Twin, tensor_of
from nnlab.errors import UsageError
from nnlab.nn.losses import Loss, SoftmaxCrossEntropy
from nnlab.nn.optimizers import Adam, Optimizer, Sgd


def torch_loss(loss: Loss) -> nn.Module:
    """Return the counterpart of ``loss`` in PyTorch; raises UsageError if none is defined here."""
    if not isinstance(loss, SoftmaxCrossEntropy):
        raise UsageError(f"the benchmark has no PyTorch counterpart of {type(loss).__name__}")
    return nn.CrossEntropyLoss(reduction=loss.reduction, label_smoothing=loss.label_smoothing)


def torch_optimizer(optimizer: Optimizer, params: Sequence[nn.Parameter], *, fused: bool) -> torch.optim.Optimizer:
    """Return the counterpart of ``optimizer`` for ``params``; raises UsageError if none is defined here.

    By default PyTorch applies one operation after another; ``fused`` makes a single pass over the memory.
    """
    if optimizer.weight_decay and optimizer.decay != "all":
        raise UsageError("the benchmark has no PyTorch counterpart of weight decay for some parameters only")
    options: dict[str, Any] = {
        "lr": optimizer.learning_rate,
        "weight_decay": optimizer.weight_decay,
        "fused": fused or None,
    }
    if type(optimizer) is Adam:  # AdamW, a subclass, has another update
        return torch.optim.Adam(params, betas=optimizer.betas, eps=optimizer.epsilon, **options)
    if not isinstance(optimizer, Sgd):
        raise UsageError(f"the benchmark has no PyTorch counterpart of {type(optimizer).__name__}")
    dampening = optimizer.momentum if optimizer.dampening is None else optimizer.dampening
    momentum, nesterov = optimizer.momentum, optimizer.nesterov
    twin = torch.optim.SGD(params, momentum=momentum, dampening=dampening, nesterov=nesterov, **options)
    if momentum:
        for param in params:  # PyTorch would not dampen the first gradient
            twin.state[param]["momentum_buffer"] = torch.zeros_like(param)
    return twin


class TorchTraining:
    """Steps of ``twin`` on ``batches``, repeated endlessly."""

    def __init__(
        self, twin: Twin, loss: nn.Module, optimizer: torch.optim.Optimizer, batches: Sequence[Batch], form: Format
    ) -> None:
        self.twin = twin
        self._loss = loss
        self._optimizer = optimizer
        self._batches = itertools.cycle([(tensor_of(x, form), torch.from_numpy(labels)) for x, labels in batches])

    def step(self) -> float:
        """Take a step on the next batch and return its loss in nats."""
        return self.learn(*next(self._batches))

    def learn(self, x: Tensor, labels: Tensor) -> float:
        """Take a step on one batch and return its loss in nats."""
        self._optimizer.zero_grad()
        loss: Tensor = self._loss(self.twin(x), labels)
        torch.autograd.backward(loss)
        self._optimizer.step()
        return float(loss.item())
