"""Batches: an endless stream of example indices whose position can be saved and restored."""

import copy
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

import numpy as np

from nnlab import seeding
from nnlab.arrays import Labels, Rng

T = TypeVar("T")


class Batches:
    """Draw the indices of batches from ``count`` examples.

    Without ``replacement`` each epoch is a new random permutation; its last batch is smaller than the others or,
    with ``drop_last``, left out (which requires enough examples for one batch). With ``replacement`` every
    example is drawn independently.
    """

    def __init__(self, count: int, rng: Rng, *, batch_size: int, replacement: bool, drop_last: bool) -> None:
        self._count = count
        self._rng = rng
        self.size = batch_size
        self._replacement = replacement
        self._drop_last = drop_last and not replacement
        self._epoch_start = seeding.saved(rng)
        self._order = np.empty(0, np.int64)
        self._position = 0

    @property
    def steps_per_epoch(self) -> int:
        """The number of batches per epoch; with replacement, as many as contain ``count`` examples."""
        return self._count // self.size if self._drop_last else -(-self._count // self.size)

    def examples_in(self, steps: int) -> int:
        """Return how many examples the first ``steps`` batches have, each counted as often as it is drawn."""
        if self._replacement or self._drop_last:
            return steps * self.size
        epochs, rest = divmod(steps, self.steps_per_epoch)
        return epochs * self._count + min(rest * self.size, self._count)

    def draw(self) -> Labels:
        """Return the indices of the next batch."""
        if self._replacement:
            return self._rng.integers(self._count, size=self.size)
        left = len(self._order) - self._position
        if left == 0 or (self._drop_last and left < self.size):
            self._begin_epoch()
        batch = self._order[self._position : self._position + self.size]
        self._position += len(batch)
        return batch

    @property
    def cursor(self) -> dict[str, Any]:
        """The position in the stream, as JSON data."""
        if self._replacement:
            return {"rng": seeding.saved(self._rng), "position": None}
        if len(self._order) == 0:
            return {"rng": self._epoch_start, "position": None}
        return {"rng": self._epoch_start, "position": self._position}

    def restore(self, cursor: dict[str, Any]) -> None:
        """Continue from a position that ``cursor`` returned."""
        seeding.restore(self._rng, cursor["rng"])
        if cursor["position"] is not None:
            self._begin_epoch()
            self._position = cursor["position"]

    def _begin_epoch(self) -> None:
        self._epoch_start = seeding.saved(self._rng)
        self._order = self._rng.permutation(self._count)
        self._position = 0


def prepared(
    batches: Batches, prepare: Callable[[Labels, int], T], steps: range, *, ahead: bool
) -> Generator[T, None, None]:
    """Yield ``prepare(indices, step)`` of the next batch for each of ``steps``.

    With ``ahead``, a thread prepares the next batch while the caller uses the current one. The cursor of
    ``batches`` always belongs to the batch yielded last. Close the iterator to end the thread.

    Raises what ``prepare`` raises, at the step concerned.
    """
    if not ahead or not steps:
        for step in steps:
            yield prepare(batches.draw(), step)
        return
    later = copy.deepcopy(batches)  # draws the same, one batch earlier
    with ThreadPoolExecutor(1, thread_name_prefix="nnlab-batches") as helper:
        coming = helper.submit(copy_context().run, prepare, later.draw(), steps[0])
        for step in steps:
            batch = coming.result()
            batches.draw()
            if step != steps[-1]:
                coming = helper.submit(copy_context().run, prepare, later.draw(), step + 1)
            yield batch
