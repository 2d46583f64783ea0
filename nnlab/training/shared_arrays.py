"""Arrays in memory that a training process shares with its replicas.

The memory is a file without a name: it disappears when the last process that maps it ends, however it ends.
"""

import contextlib
import mmap
import os
import tempfile
from collections.abc import Mapping
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Shape

Layout: TypeAlias = Mapping[str, tuple[str, Shape]]
"""The dtype, as a string, and the shape of each array by name."""

_ALIGNMENT = 64  # bytes, a line of the processor's cache


def new_memory(layout: Layout) -> int:
    """Return the descriptor of a file without a name, large enough for the arrays of ``layout``.

    Raises OSError if the system provides none.
    """
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("nnlab")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    try:
        os.ftruncate(descriptor, _size(layout))
        if hasattr(os, "posix_fallocate"):  # memory that is lacking is an error here, not a SIGBUS later
            os.posix_fallocate(descriptor, 0, _size(layout))
    except OSError:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        raise
    return descriptor


def shared_arrays(descriptor: int, layout: Layout) -> dict[str, NDArray[Any]]:
    """Return the arrays of ``layout`` in the file; the memory is mapped as long as one of them exists."""
    memory = mmap.mmap(descriptor, _size(layout))
    arrays = {}
    start = 0
    for name, (dtype, shape) in layout.items():
        arrays[name] = np.ndarray(shape, dtype, memory, start)
        start += _padded(dtype, shape)
    return arrays


def _size(layout: Layout) -> int:
    return max(1, sum(_padded(dtype, shape) for dtype, shape in layout.values()))


def _padded(dtype: str, shape: Shape) -> int:
    return -(-np.dtype(dtype).itemsize * prod(shape) // _ALIGNMENT) * _ALIGNMENT
