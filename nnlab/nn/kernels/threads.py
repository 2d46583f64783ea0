"""Threads that share the work of kernels.

    with threads.compute():         # around a training loop or an evaluation
        ...                         # BLAS keeps to one thread, kernels use all

Kernels cut their work into pieces by shapes alone, so the number of threads changes the time, not the
bits. Outside of ``compute`` results are correct too, but BLAS's own threads compete with the kernels'.
"""

import contextlib
import itertools
import math
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike
from threadpoolctl import ThreadpoolController

from nnlab.arrays import Shape
from nnlab.nn.kernels import allocator

T = TypeVar("T")


def available() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Local(threading.local):
    """State of one thread: whether it is running a task, and its scratch memory."""

    def __init__(self) -> None:
        self.busy = False
        self.buffers: dict[str, np.ndarray[Any, np.dtype[np.uint8]]] = {}


_local = _Local()


class _Crew:
    """The calling thread and the workers that help it, who start when first needed."""

    def __init__(self) -> None:
        self.size = available()
        self._workers: list[threading.Thread] = []
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def resize(self, size: int) -> None:
        if size != self.size:
            self.dismiss()
            self.size = size

    def dismiss(self) -> None:
        for _ in self._workers:
            self._calls.put(None)
        for worker in self._workers:
            worker.join()
        self._workers = []

    def forget(self) -> None:
        """Start over in a forked child, which inherits the crew's memory but none of its threads."""
        self._workers, self._calls = [], SimpleQueue()

    def call(self, function: Callable[[], None]) -> None:
        """Let some worker call ``function``, which raises nothing."""
        if not self._workers:
            names = [f"nnlab-kernel-{i}" for i in range(self.size - 1)]
            self._workers = [threading.Thread(target=self._serve, name=name, daemon=True) for name in names]
            for worker in self._workers:
                worker.start()
        self._calls.put(function)

    def _serve(self) -> None:
        while function := self._calls.get():
            function()


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
    allocator.keep_freed()
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

    A task that calls ``each`` itself runs all items on its own thread. Raises the error of a task; the others may
    be done or not.
    """
    helpers = min(count(), len(items)) - 1
    if helpers < 1 or _local.busy:
        for item in items:
            task(item)
    else:
        _share(task, items, helpers)


def _share(task: Callable[[T], None], items: Sequence[T], helpers: int) -> None:
    """Call ``task`` on every item, on this thread and on as many ``helpers`` as come in time."""
    tickets = itertools.count()  # next() on it is atomic
    begun = [threading.Lock() for _ in range(helpers)]
    ends: SimpleQueue[BaseException | None] = SimpleQueue()

    def work() -> None:
        _local.busy = True
        try:
            while (ticket := next(tickets)) < len(items):
                task(items[ticket])
        finally:
            _local.busy = False

    def help_out(begins: threading.Lock) -> None:
        if not begins.acquire(blocking=False):
            return
        try:
            work()
        except BaseException as error:  # noqa: BLE001 -- raised by the thread that called
            ends.put(error)
        else:
            ends.put(None)

    for begins in begun:
        _crew.call(partial(help_out, begins))
    try:
        work()
    finally:
        # A helper that has not begun has nothing left to do, and waiting for it would only cost time.
        errors = [ends.get() for begins in begun if not begins.acquire(blocking=False)]
    for error in filter(None, errors):
        raise error


def pieces(length: int, size: int) -> list[slice]:
    """Cut ``length`` items into slices of at most ``size`` (at least 1), as equal as possible.

    The number of slices is 1 or even: two threads that share three pieces would take as long as for four.
    """
    size = max(1, size)
    if length <= size:
        return [slice(0, length)]
    parts = -(-length // size)
    parts = min(length, parts + parts % 2)
    cuts = [length * i // parts for i in range(parts + 1)]
    return [slice(start, stop) for start, stop in itertools.pairwise(cuts)]


def scratch(purpose: str, shape: Shape, dtype: DTypeLike) -> np.ndarray[Any, Any]:
    """Return an uninitialized array that is this thread's until it asks again for the same ``purpose``.

    It saves mapping and faulting in fresh memory each time. It must not leave the kernels.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    buffer = _local.buffers.get(purpose)
    if buffer is None or buffer.size < size:
        buffer = _local.buffers[purpose] = np.empty(size, np.uint8)
    return np.ndarray(shape, dtype, buffer)
