"""What a command is doing, on stderr: a line redrawn in place on a terminal, now and then a line elsewhere."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from nnlab.activity import Activity, listening
from nnlab.cli.output import say
from nnlab.runs.formatting import duration

INTERVAL = 10.0
"""Seconds after which a log file gets a line at the latest."""


class Heartbeat:
    """Calls ``beat`` in a thread whenever ``interval`` seconds have passed since the last line."""

    def __init__(self, beat: Callable[[], None], interval: float = INTERVAL) -> None:
        self._beat, self._interval = beat, interval
        self._last = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def restart(self) -> None:
        """Count the seconds from now on: a line was printed."""
        self._last = time.monotonic()

    def __enter__(self) -> Self:
        self.restart()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(max(0.0, self._last + self._interval - time.monotonic())):
            if time.monotonic() >= self._last + self._interval:
                self.restart()
                self._beat()


@contextmanager
def activity(first: str, interval: float = INTERVAL) -> Iterator[None]:
    """Show on stderr what the code in the block announces, ``first`` until then.

    On a terminal this is a line that disappears at the end; elsewhere, a line every ``interval`` seconds.
    """
    shown = _on_terminal(first) if sys.stderr is not None and sys.stderr.isatty() else _in_file(first, interval)
    with shown:
        yield


@contextmanager
def _in_file(first: str, interval: float) -> Iterator[None]:
    newest = Activity(first)
    began = time.monotonic()

    def take(new: Activity) -> None:
        nonlocal newest
        newest = new

    def beat() -> None:
        say(f"{newest}, after {duration(time.monotonic() - began)}")

    with listening(take), Heartbeat(beat, interval):
        yield


@contextmanager
def _on_terminal(first: str) -> Iterator[None]:
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    progress = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
    task = progress.add_task(first, total=None)
    with progress, listening(lambda new: progress.update(task, description=str(new))):
        yield
