"""Mistakes that can be planted in nnlab, each of which the harness has to notice."""

import contextlib
import itertools
import os
import time
from types import SimpleNamespace

from nnlab import files, seeding
from nnlab.runs import checkpoint
from nnlab.training import state


def without_fsync():
    """Nothing is flushed to the disk."""
    os.fsync = lambda file: None


def without_rename():
    """Files are written under their own name."""

    @contextlib.contextmanager
    def in_place(path):
        files.make_directory(path.parent)
        with path.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        files.sync_directory(path.parent)

    files.replacing = in_place


def without_digest():
    """No value is under a digest."""
    checkpoint.digest = no_digest


def no_digest(array):
    return "0"


def without_a_stream():
    """The random stream of the one layer that has one begins anew when a training goes on."""
    state.seeding = SimpleNamespace(stream=seeding.stream, saved=seeding.saved, restore=lambda rng, state: None)


def a_clock_that_goes_back():
    """Somebody sets the clock back by a second whenever it is looked at."""
    times = itertools.count(time.time(), -1)
    time.time = lambda: next(times)


_ALL = (without_fsync, without_rename, without_digest, without_a_stream, a_clock_that_goes_back)
MISTAKES = {each.__name__.replace("_", " "): each for each in _ALL}
