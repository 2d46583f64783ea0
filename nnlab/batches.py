"""Which examples a step trains on: an endless stream whose position can be saved and restored."""

from typing import Any

import numpy as np

from nnlab import seeding
from nnlab.arrays import Labels, Rng


class Batches:
    """Draws the indices of one batch after the other from ``count`` examples.

    Without ``replacement`` each epoch runs through a new random order; its last batch is smaller than the
    others or, with ``drop_last``, left out (there must be enough examples for one batch then). With it, every
    example is drawn independently of the others.
    """

    def __init__(self, count: int, rng: Rng, *, batch_size: int, replacement: bool, drop_last: bool) -> None:
        self._count = count
        self._rng = rng
        self._size = batch_size
        self._replacement = replacement
        self._drop_last = drop_last and not replacement
        self._epoch_start = seeding.saved(rng)
        self._order = np.empty(0, np.int64)
        self._position = 0

    @property
    def steps_per_epoch(self) -> int:
        """How many batches make an epoch; with replacement, as many as show ``count`` examples."""
        return self._count // self._size if self._drop_last else -(-self._count // self._size)

    def draw(self) -> Labels:
        """Return the indices of the next batch."""
        if self._replacement:
            return self._rng.integers(self._count, size=self._size)
        left = len(self._order) - self._position
        if left == 0 or (self._drop_last and left < self._size):
            self._begin_epoch()
        batch = self._order[self._position : self._position + self._size]
        self._position += len(batch)
        return batch

    @property
    def cursor(self) -> dict[str, Any]:
        """The position in the stream, as plain data that JSON can hold."""
        if self._replacement:
            return {"rng": seeding.saved(self._rng), "position": None}
        if len(self._order) == 0:
            return {"rng": self._epoch_start, "position": None}
        return {"rng": self._epoch_start, "position": self._position}

    def restore(self, cursor: dict[str, Any]) -> None:
        """Go on from a position that ``cursor`` gave."""
        seeding.restore(self._rng, cursor["rng"])
        if cursor["position"] is not None:
            self._begin_epoch()
            self._position = cursor["position"]

    def _begin_epoch(self) -> None:
        self._epoch_start = seeding.saved(self._rng)
        self._order = self._rng.permutation(self._count)
        self._position = 0
