"""What long work is doing: library code announces it, and a program that wants to show it listens.

    with listening(show):
        evaluate(run)           # calls show(Activity("evaluating test examples", 250, 10_000)), ...

Without a listener an announcement costs next to nothing. Results never depend on it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Activity:
    """What is being done, and how much of it: ``done`` of ``total``, which is 0 if it cannot be counted."""

    what: str
    done: int = 0
    total: int = 0

    def __str__(self) -> str:
        return f"{self.what}: {self.done:,} of {self.total:,}" if self.total else self.what


Listener: TypeAlias = Callable[[Activity], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def announce(what: str, done: int = 0, total: int = 0) -> None:
    """Pass what is being done to the listener of this thread, if there is one."""
    if listener := _listener.get():
        listener(Activity(what, done, total))


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Pass the activities of this thread to ``listener`` while the block is open."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
