"""One process at a time in a directory, by flock.

The kernel drops the lock when its holder dies, so that nothing is ever stuck. No link is followed: whoever
hands out a run directory cannot make another file be opened or written.
"""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from nnlab.errors import RunError, SystemFault, printable

_LOCK, _HOLDER = ".lock", ".lock.holder"
_PAUSE = 0.05  # seconds between attempts
_LEAST = 0.2  # seconds to try at least: whoever looks whether a run is held holds it for an instant
_LONGEST = 200  # bytes of a note that a message repeats


@contextlib.contextmanager
def locked(directory: Path, *, wait: float = 0) -> Iterator[None]:
    """Hold ``directory`` for this process; a note beside the lock names it for whoever comes second.

    Raises RunError if another process holds it after ``wait`` seconds still or if the directory or a file of
    the lock is a link, SystemFault if the machine refuses.
    """
    with contextlib.ExitStack() as stack:
        folder = _open(directory, os.O_RDONLY | os.O_DIRECTORY, directory, None)
        stack.callback(os.close, folder)
        lock = _open(_LOCK, os.O_RDWR | os.O_CREAT, directory / _LOCK, folder)
        stack.callback(os.close, lock)
        _acquire(lock, directory, folder, time.monotonic() + max(wait, _LEAST))
        note = f"process {os.getpid()} on {os.uname().nodename}".encode()
        with contextlib.suppress(SystemFault, OSError):  # on a full disk the lock holds without a note
            holder = _open(_HOLDER, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, directory / _HOLDER, folder)
            stack.callback(_remove_note, folder)
            stack.callback(os.close, holder)
            os.write(holder, note)
        yield


def _acquire(lock: int, directory: Path, folder: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise RunError(f"{directory} is in use by {_holder(folder)}") from error
            time.sleep(_PAUSE)
        except OSError as error:
            raise SystemFault(f"cannot lock {directory}: {error.strerror}") from error
        else:
            return


def _open(name: str | Path, flags: int, path: Path, folder: int | None) -> int:
    """Open ``name``, below ``folder`` if one is given; messages call it ``path``."""
    try:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644, dir_fd=folder)
    except OSError as error:
        if path.is_symlink():
            raise RunError(f"{path} is a link, which nnlab does not follow; name what it leads to") from error
        if error.errno in {errno.ENOENT, errno.ENOTDIR}:
            raise RunError(f"there is no run in {path}") from error
        raise SystemFault(f"cannot write {path}: {error.strerror}") from error


def _holder(folder: int) -> str:
    """Return who holds the lock, as far as there is a note."""
    with contextlib.suppress(OSError):
        note = os.open(_HOLDER, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        try:
            text = os.read(note, _LONGEST).decode("utf-8", "replace")
        finally:
            os.close(note)
        if text:
            return printable(text)
    return "another process"


def _remove_note(folder: int) -> None:
    with contextlib.suppress(OSError):
        os.unlink(_HOLDER, dir_fd=folder)  # of the directory held, wherever its name leads by now
