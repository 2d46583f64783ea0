"""Named random streams that can be saved and restored.

Every use of randomness has its own stream, derived from the seed and the name of the use. The initial
weights do not change when batches are drawn differently, and the order in which streams are made does not
matter.
"""

import copy
from typing import Any

import numpy as np

from nnlab.arrays import Rng


def stream(seed: int, *name: str | int) -> Rng:
    """Return the stream called ``name`` of ``seed``, e.g. ``stream(0, "layer", 3)``.

    Streams of different names are independent: the name becomes the spawn key of a
    ``numpy.random.SeedSequence`` (O'Neill 2015, https://www.pcg-random.org).
    """
    key = tuple("/".join(str(part) for part in name).encode())
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def saved(rng: Rng) -> dict[str, Any]:
    """Return the position of ``rng`` as plain data that JSON can hold."""
    return copy.deepcopy(dict(rng.bit_generator.state))


def restore(rng: Rng, state: dict[str, Any]) -> None:
    """Return ``rng`` to a position that ``saved`` returned."""
    rng.bit_generator.state = state


def restart(rng: Rng, seed: int, *name: str | int) -> None:
    """Set ``rng`` to the beginning of the stream called ``name`` of ``seed``."""
    rng.bit_generator.state = stream(seed, *name).bit_generator.state
