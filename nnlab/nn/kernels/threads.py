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
from contextvars import ContextVar, copy_context
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
    """The workers that help the threads which call kernels; they start when first needed."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start over in a forked child, which inherits the crew's memory but none of its threads."""
        self._changing = threading.Lock()
        self._workers: list[threading.Thread] = []
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def call(self, functions: Sequence[Callable[[], None]]) -> None:
        """Let as many workers call the ``functions``, which raise nothing; fewer if the system allows no more."""
        with self._changing, contextlib.suppress(RuntimeError):  # "can't start new thread"
            for number in range(len(self._workers), len(functions)):
                worker = threading.Thread(target=self._serve, name=f"nnlab-kernel-{number}", daemon=True)
                worker.start()
                self._workers.append(worker)
        for function in functions[: len(self._workers)]:
            self._calls.put(function)

    def reduce(self, most: int) -> None:
        """Dismiss all workers if there are more than ``most``, once they have done what they were called for."""
        with self._changing:
            if len(self._workers) <= most:
                return
            for _ in self._workers:
                self._calls.put(None)
            for worker in self._workers:
                worker.join()
            self._workers = []

    def _serve(self) -> None:
        while function := self._calls.get():
            function()


class _Scopes:
    """The blocks of ``compute`` that are open in all threads: BLAS keeps to one thread until the last one ends.

    The number of BLAS's threads belongs to the process. If each block restored what it found, the first of two
    that overlap would give BLAS all threads while the second computes, whose sums would then have other bits,
    and the second would restore the one thread that it found.
    """

    def __init__(self) -> None:
        self._open = 0
        self.forget()

    def forget(self) -> None:
        """Take a new lock in a forked child: another thread of the parent may have held the old one."""
        self._changing = threading.Lock()

    def enter(self) -> list[int]:
        """Begin a block; return the number of threads that each BLAS library had."""
        with self._changing:
            found = [library.num_threads for library in _blas()]
            for library in _blas():
                _set_threads(library, 1)
            if not self._open:
                self._found = found
            self._open += 1
        return found

    def leave(self, found: list[int]) -> None:
        """End the block that began with ``found``."""
        with self._changing:
            self._open -= 1
            for library, here, first in zip(_blas(), found, self._found, strict=True):
                if getattr(library, "threading_layer", "") == "openmp":  # whose number belongs to the thread
                    _set_threads(library, here)
                elif not self._open:
                    _set_threads(library, first)
            if not self._open:
                _crew.reduce(_default - 1)


@cache
def _blas() -> tuple[Any, ...]:
    """Return threadpoolctl's controllers of the BLAS libraries in this process."""
    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


def _set_threads(library: Any, threads: int) -> None:
    """Let a BLAS library use ``threads`` threads, from whatever thread this is called.

    Newer versions of threadpoolctl (3.8 does) accept a number for OpenBLAS only from the thread that set a limit
    first, and ignore all others in silence; here the last block to end may be in any thread.
    """
    getattr(library, "_real_set_num_threads", library.set_num_threads)(threads)


_crew = _Crew()
_scopes = _Scopes()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_crew.forget)
    os.register_at_fork(after_in_child=_scopes.forget)

_default = available()
_count: ContextVar[int | None] = ContextVar("_count", default=None)
"""The number of threads in the innermost ``compute`` of this thread of execution that sets one."""


def count() -> int:
    """Return the number of threads that kernels use, including the thread that calls them."""
    return _count.get() or _default


def set_count(threads: int | None) -> None:
    """Let kernels use ``threads`` threads outside of ``compute``; None: one for each core the process may use.

    Raises ValueError if ``threads`` is less than 1.
    """
    global _default  # noqa: PLW0603 -- a setting of the process
    _default = _checked(available() if threads is None else threads)
    _crew.reduce(_default - 1)


def _checked(threads: int) -> int:
    if threads < 1:
        raise ValueError(f"threads ({threads}) must be at least 1")
    return threads


@contextlib.contextmanager
def compute(threads: int | None = None) -> Iterator[None]:
    """Give the block ``threads`` threads (None: leave their number), with BLAS held to one for each.

    Blocks may be nested and may overlap in several threads: each has its own number of threads, and BLAS has its
    own threads back when the last block ends. Entering costs microseconds after the first time. Raises ValueError
    if ``threads`` is less than 1.
    """
    allocator.keep_freed()
    before = _count.get()
    wanted = before if threads is None else _checked(threads)
    found = _scopes.enter()
    _count.set(wanted)
    try:
        yield
    finally:
        _count.set(before)
        _scopes.leave(found)


@contextlib.contextmanager
def limited(threads: int) -> Iterator[None]:
    """Give the block ``threads`` threads inside of a block of ``compute``, which it costs less than to nest."""
    before = _count.set(_checked(threads))
    try:
        yield
    finally:
        _count.reset(before)


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

    # Each helper runs in a copy of the caller's context: the same number of threads, the same numpy.errstate.
    _crew.call([partial(copy_context().run, help_out, begins) for begins in begun])
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
