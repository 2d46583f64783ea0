"""Updates of weights and running averages in place, block by block.

Long vectors are updated in blocks that stay in the processor's cache, so that each number crosses the
memory bus once, and threads share the blocks. The bits depend on neither, because entries are independent.

    updates.each_block(step, updates.blocks(weights.size))

The other functions take blocks, vectors of one length (D,). ``decay`` is the weight decay of each entry, or one
number if it is the same for all.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import threads

T = TypeVar("T")

BLOCK = 131_072
"""Entries in a block: what a step touches of it stays in the cache, and threads seldom wait for one another."""


def blocks(size: int) -> list[slice]:
    """Cut a vector of ``size`` entries into blocks of ``BLOCK``, the last of which may be shorter."""
    return [slice(start, start + BLOCK) for start in range(0, size, BLOCK)]


def each_block(step: Callable[[T], None], blocks: Sequence[T]) -> None:
    """Call ``step`` for every block, on all threads unless so few blocks cost less than waking a thread."""
    if len(blocks) < 4:
        for block in blocks:
            step(block)
    else:
        threads.each(step, blocks)


def decayed(w: Array, g: Array, decay: float | Array) -> Array:
    """Return ``g + decay w``: g itself if there is no decay, else scratch memory, valid until the next call."""
    if isinstance(decay, float) and not decay:
        return g
    out = threads.scratch("decayed", w.shape, w.dtype)
    np.multiply(w, decay, out=out)
    out += g
    return out


def shrink(w: Array, decay: float | Array, rate: float) -> None:
    """Update ``w <- w - rate decay w``."""
    step = threads.scratch("step", w.shape, w.dtype)
    np.multiply(w, decay, out=step)
    step *= rate
    w -= step


def average(m: Array, g: Array, keep: float, share: float) -> None:
    """Update ``m <- keep m + share g``."""
    step = threads.scratch("step", m.shape, m.dtype)
    m *= keep
    np.multiply(g, share, out=step)
    m += step


def average_square(v: Array, g: Array, keep: float, share: float) -> None:
    """Update ``v <- keep v + share g^2``."""
    step = threads.scratch("step", v.shape, v.dtype)
    v *= keep
    np.multiply(g, g, out=step)
    step *= share
    v += step


def add_square(v: Array, g: Array) -> None:
    """Update ``v <- v + g^2``."""
    v += np.multiply(g, g, out=threads.scratch("step", v.shape, v.dtype))


def variance(v: Array, m: Array) -> Array:
    """Return ``v - m^2``, but 0 where rounding makes it less: scratch memory, valid until the next call."""
    out: Array = threads.scratch("variance", v.shape, v.dtype)
    np.multiply(m, m, out=out)
    np.subtract(v, out, out=out)
    np.maximum(out, 0, out=out)
    return out


def accumulate_scaled(m: Array, g: Array, v: Array, epsilon: float, keep: float) -> None:
    """Update ``m <- keep m + g / (sqrt(v) + epsilon)``."""
    step = threads.scratch("step", m.shape, m.dtype)
    np.sqrt(v, out=step)
    step += epsilon
    np.divide(g, step, out=step)
    m *= keep
    m += step


def descend(w: Array, m: Array, rate: float) -> None:
    """Update ``w <- w - rate m``."""
    step = threads.scratch("step", w.shape, w.dtype)
    np.multiply(m, rate, out=step)
    w -= step


def descend_ahead(w: Array, g: Array, m: Array, *, share: float, keep: float, rate: float) -> None:
    """Update ``w <- w - rate (share g + keep m)``."""
    step, ahead = threads.scratch("step ahead", (2, w.size), w.dtype)
    np.multiply(g, share, out=step)
    step += np.multiply(m, keep, out=ahead)
    step *= rate
    w -= step


def descend_scaled(w: Array, m: Array, v: Array, epsilon: float, rate: float) -> None:
    """Update ``w <- w - rate m / (sqrt(v) + epsilon)``."""
    step = threads.scratch("step", w.shape, w.dtype)
    np.sqrt(v, out=step)
    step += epsilon
    np.divide(m, step, out=step)
    step *= rate
    w -= step
