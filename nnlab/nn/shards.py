"""Shards of a batch: how many there are, and the sum of their gradients.

A batch is cut into shards by shapes alone. Forward and backward pass of a shard need nothing of the others, so
that processes can share them (``nnlab.training.replicas``). Gradients are added in the order of the shards: the
bits of a run do not depend on the number of processes.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import updates
from nnlab.nn.layers import Layer

LEAST = 8
"""Examples in the smallest of two shards."""

MOST = 8
"""The largest number of shards that the shapes of a config lead to."""

_COMFORTABLE = 16  # examples in a shard from which on a smaller one would cost more time
_LEAST_WORK = 4_000_000  # multiply-adds of a step, below which a second process costs more than it does
_WORK_PER_GRADIENT = (
    1_600  # multiply-adds that take as long as the write and the read of a parameter's gradient, x 30
)


def shard_count(batch_size: int, layers: Sequence[Layer]) -> int:
    """Return the number of shards of a batch, which depends on shapes only.

    It is 1 where a layer mixes examples, such as batch normalization, or where a step takes too little time to be
    shared; otherwise a power of two up to ``MOST``, larger for large batches and small networks: each shard has a
    gradient of its own, which has to be written and added.
    """
    work = 3 * batch_size * sum(layer.multiply_adds for layer in layers)
    if batch_size < 2 * LEAST or work < _LEAST_WORK or any(layer.mixes_examples for layer in layers):
        return 1
    parameters = sum(param.size for layer in layers for param in layer.params.values())
    shards = 2
    while (
        2 * shards <= min(MOST, batch_size // _COMFORTABLE)
        and work >= 2 * shards * parameters * _WORK_PER_GRADIENT
    ):
        shards *= 2
    return shards


def cut(examples: int, shards: int) -> list[slice]:
    """Return the ``shards`` parts of a batch, as equal as possible; fewer if there are fewer ``examples``."""
    shards = max(1, min(shards, examples))
    return [slice(*part) for part in pairwise(examples * i // shards for i in range(shards + 1))]


def add_up(gradients: Array, total: Array) -> None:
    """Write the sum of ``gradients`` (S, D), added in their order, into ``total`` (D,)."""

    def add(part: slice) -> None:
        np.add(gradients[0, part], gradients[1, part], out=total[part])
        for gradient in gradients[2:]:
            total[part] += gradient[part]

    if len(gradients) == 1:
        total[...] = gradients[0]
    else:
        updates.each_block(add, updates.blocks(total.size))
