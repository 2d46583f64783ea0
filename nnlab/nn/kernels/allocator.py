"""Settings of the C library's allocator that keep freed memory in the process between steps.

Every training step allocates the same arrays. By default the GNU C library returns large ones to the system as
soon as they are freed, and the system fills each page with zeros when it is next touched: a fifth of the time of
a step of a small convolutional network.
"""

import ctypes
import platform
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # names of parameters in glibc's malloc.h

LARGEST_KEPT = 32 << 20
"""Bytes of the largest array whose memory is kept, the maximum that glibc allows."""

_MOST_KEPT = 512 << 20
"""Bytes of free memory at the end of the heap above which it is returned to the system."""


@cache
def keep_freed() -> bool:
    """Reuse freed memory instead of returning it to the system; return whether the C library can do so.

    The memory of the process does not grow beyond its former peak by more than fragmentation.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_MMAP_THRESHOLD, LARGEST_KEPT) and mallopt(_TRIM_THRESHOLD, _MOST_KEPT))
