"""Check that nnlab and PyTorch compute the same, so that their times can be compared.

Losses are compared step by step. They alone would not reveal a slightly wrong gradient, because a few small
steps hardly change them. The gradient of the first step is therefore compared too, parameter by parameter, and
in the end the movement of the weights, which reveals a wrong optimizer. All this is done in float64, where only
a mistake makes a difference: in float32 a single input of a ReLU that rounding moves across 0 can change
gradients by a thousandth. In float32, the precision that is timed, only the losses of whole batches are compared.
"""

from collections.abc import Iterable
from dataclasses import replace
from math import sqrt

import numpy as np
from numpy.typing import DTypeLike

from bench.catalogue import BATCHES
from bench.results import Agreement
from bench.torch_training import TorchTraining, torch_loss, torch_optimizer
from bench.trainings import NnlabTraining, batches_of, named_gradients
from bench.twin import in_torch_layouts, same_masks, twin_of
from nnlab.arrays import Array, Named
from nnlab.config import Experiment
from nnlab.nn.kernels import threads
from nnlab.nn.network import Network
from nnlab.registry import OPTIMIZERS
from nnlab.training.state import TrainingState, prepare

STEPS = 4

EXAMPLES = 8
"""Examples per batch in float64, in which PyTorch's convolutions are slow."""

_FLOOR = 1e-4
"""A gradient smaller than this fraction of the total counts as zero: it is mostly rounding error."""


def agreement(config: Experiment) -> Agreement:
    """Take a few steps of ``config`` in nnlab and in PyTorch, from the same weights on the same batches.

    Dropout draws the same masks in both.
    """
    loss, gradient, movement = _differences(config, np.float64, examples=EXAMPLES)
    single_loss, _, _ = _differences(config, np.float32, examples=config.training.batch_size)
    return Agreement(steps=STEPS, loss=loss, gradient=gradient, movement=movement, single_loss=single_loss)


def largest_difference(given: Named, expected: Named) -> float:
    """Return the largest relative difference between arrays of the same name in ``given`` and ``expected``."""
    least = _FLOOR * _norm(expected.values())
    return max(_norm([given[name] - array]) / max(_norm([array]), least) for name, array in expected.items())


def _differences(config: Experiment, dtype: DTypeLike, *, examples: int) -> tuple[float, float, float]:
    """Return the relative differences of the losses, the first gradient and the movement of all weights.

    Only the first ``examples`` of each batch are used.
    """
    state = _in_precision(prepare(config), dtype)
    network = state.network
    twin = twin_of(network, "eager", dropout=same_masks)
    batches = [(x[:examples].astype(dtype), labels[:examples]) for x, labels in batches_of(state, BATCHES)]
    optimizer = torch_optimizer(state.optimizer, list(twin.params.values()), fused=False)
    # The masks of a whole batch come from the streams of the layers, which PyTorch is given too.
    mine = NnlabTraining(state, batches, shards=1 if network.streams else None)
    theirs = TorchTraining(twin, torch_loss(state.loss), optimizer, batches, "eager")
    begun = twin.values()
    with threads.compute():
        losses = [(mine.step(), theirs.step())]
        gradient = largest_difference(in_torch_layouts(network, named_gradients(network)), twin.gradients())
        losses += [(mine.step(), theirs.step()) for _ in range(STEPS - 1)]
    ended, weights = twin.values(), in_torch_layouts(network, network.params)
    apart = _norm(weights[name] - ended[name] for name in ended)
    moved = _norm(ended[name] - begun[name] for name in ended)
    return max(abs(a - b) / abs(b) for a, b in losses), gradient, apart / moved


def _in_precision(state: TrainingState, dtype: DTypeLike) -> TrainingState:
    """Return ``state``, before its first step, with weights of ``dtype``."""
    network = Network(state.network.layers, dtype)
    decayed = np.ones(network.weights.size, bool)
    optimizer = OPTIMIZERS.build(state.config.optimizer, network.weights, decayed)
    return replace(state, network=network, optimizer=optimizer)


def _norm(arrays: Iterable[Array]) -> float:
    """Return the Euclidean norm of all ``arrays`` together."""
    return sqrt(sum(float(np.vdot(array, array)) for array in arrays))
