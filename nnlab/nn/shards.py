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

_COMFORTABLE = 16  # examples in the smallest of more than two shards: smaller ones take longer for each example
_LEAST_WORK = 4_000_000  # multiply-adds of a step, below which a second process costs more than it saves
_LEAST_USES = (
    2  # multiply-adds of an example for each parameter: more than 1 where filters are used at many places
)
_LEAST_WORK_PER_GRADIENT = 1_600  # multiply-adds of a step for each value in the gradients of all shards


def shard_count(batch_size: int, layers: Sequence[Layer]) -> int:
    """Return the number of shards of a batch, which depends on shapes only.

    It is 1 where a layer mixes examples, such as batch normalization; where a step takes too little time to be
    shared; and where most weights are used once for each example, as in networks of dense layers, whose products
    over a whole batch are faster than those over parts of it. Otherwise it is a power of two from 2 to ``MOST``,
    larger for large batches and small networks: each shard has a gradient of its own, to be written and added.
    """
    parameters = sum(param.size for layer in layers for param in layer.params.values())
    multiply_adds = sum(layer.multiply_adds for layer in layers)
    work = 3 * batch_size * multiply_adds
    if batch_size < 2 * LEAST or work < _LEAST_WORK or multiply_adds < _LEAST_USES * parameters:
        return 1
    if any(layer.mixes_examples for layer in layers):
        return 1
    most = min(MOST, batch_size // _COMFORTABLE, work // (_LEAST_WORK_PER_GRADIENT * max(1, parameters)))
    return max(2, 1 << most.bit_length() - 1 if most else 0)


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
