"""The threads among which kernels divide their work.

    with threads.compute():         # around a training loop or an evaluation
        ...                         # BLAS keeps to one thread, kernels use all

Kernels cut their work into pieces by shapes alone, so the number of threads changes the time, not the
bits. Outside of ``compute`` they are right too, but BLAS's own threads compete with them.
"""

import contextlib
import itertools
import math
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike
from threadpoolctl import ThreadpoolController

from nnlab.arrays import Shape

T = TypeVar("T")


def available() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Crew:
    """The calling thread and the workers that help it, who start when first needed."""

    def __init__(self) -> None:
        self.size = available()
        self._workers: ThreadPoolExecutor | None = None

    def resize(self, size: int) -> None:
        if size != self.size:
            self.dismiss()
            self.size = size

    def dismiss(self) -> None:
        if self._workers is not None:
            self._workers.shutdown()
        self._workers = None

    def forget(self) -> None:
        """Start afresh in a forked child, which inherits the crew's memory but none of its threads."""
        self._workers = None

    def workers(self) -> ThreadPoolExecutor:
        if self._workers is None:
            self._workers = ThreadPoolExecutor(self.size - 1, thread_name_prefix="nnlab-kernel")
        return self._workers


_crew = _Crew()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_crew.forget)


def count() -> int:
    """Return the number of threads that kernels use."""
    return _crew.size


def set_count(threads: int | None) -> None:
    """Let kernels use ``threads`` threads from now on; None: one for each core the process may use.

    Raises ValueError if ``threads`` is less than 1. Not to be called while a kernel runs.
    """
    if threads is not None and threads < 1:
        raise ValueError(f"threads ({threads}) must be at least 1")
    _crew.resize(threads or available())


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


@contextlib.contextmanager
def compute(threads: int | None = None) -> Iterator[None]:
    """Give the block ``threads`` threads (None: leave their number), with BLAS held to one for each.

    Entering costs microseconds after the first time. Raises ValueError if ``threads`` is less than 1.
    """
    before = count()
    if threads is not None:
        set_count(threads)
    try:
        with _blas().limit(limits=1, user_api="blas"):
            yield
    finally:
        set_count(before)


def each(task: Callable[[T], None], items: Sequence[T]) -> None:
    """Call ``task`` on every item, on all threads and in any order; return when all are done.

    Raises what a task raises; the others may then be done or not.
    """
    helpers = min(count(), len(items)) - 1
    if helpers < 1:
        for item in items:
            task(item)
        return
    tickets = itertools.count()  # next() on it is atomic

    def work() -> None:
        while (ticket := next(tickets)) < len(items):
            task(items[ticket])

    futures = [_crew.workers().submit(work) for _ in range(helpers)]
    try:
        work()
    finally:
        # A helper that has not begun has nothing left to do, and waking it would only cost time.
        running = [future for future in futures if not future.cancel()]
        for future in running:
            future.exception()
    for future in running:
        future.result()


def pieces(length: int, size: int) -> list[slice]:
    """Cut ``length`` items into slices of at most ``size`` (at least 1), as equal as can be.

    There is one of them or an even number: two threads that share three pieces would take as long as for four.
    """
    parts = math.ceil(length / max(1, size))
    parts = min(length, parts + parts % 2) if parts > 1 else 1
    cuts = [length * i // parts for i in range(parts + 1)]
    return [slice(start, stop) for start, stop in itertools.pairwise(cuts)]


class _Scratch(threading.local):
    def __init__(self) -> None:
        self.buffers: dict[str, np.ndarray[Any, np.dtype[np.uint8]]] = {}


_scratch = _Scratch()


def scratch(purpose: str, shape: Shape, dtype: DTypeLike) -> np.ndarray[Any, Any]:
    """Return an uninitialized array that is this thread's until it asks again for the same ``purpose``.

    It saves mapping and faulting in fresh memory each time. Never let it leave a kernel.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    buffer = _scratch.buffers.get(purpose)
    if buffer is None or buffer.size < size:
        buffer = _scratch.buffers[purpose] = np.empty(size, np.uint8)
    return np.ndarray(shape, dtype, buffer)
