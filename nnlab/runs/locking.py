"""Locks on directories, by flock.

The kernel releases a lock when its holder dies, so a crash never leaves a directory locked. Links are not
followed: a prepared run directory cannot make nnlab open or write another file.
"""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from nnlab.errors import RunError, SystemFault, printable, refusal, system_errors

_LOCK, _HOLDER = ".lock", ".lock.holder"
_PAUSE = 0.05  # seconds between attempts
_LEAST = 0.2  # seconds to try at least: is_held itself holds the lock for an instant
_LONGEST = 200  # bytes of a note that a message repeats


@contextlib.contextmanager
def locked(directory: Path, *, wait: float = 0) -> Iterator[None]:
    """Hold ``directory`` for this process; a note beside the lock names it for other processes.

    Raises RunError if another process still holds it after ``wait`` seconds, or if the directory or a file of
    the lock is a link; SystemFault if the system refuses.
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


def is_held(directory: Path) -> bool:
    """Return whether a process holds ``directory`` at this moment; raises OSError if the lock cannot be opened."""
    try:
        lock = os.open(directory / _LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # Shared and for an instant: two processes that look do not take each other for a training run.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


@contextlib.contextmanager
def in_turn(directory: Path) -> Iterator[None]:
    """Make processes that enter this block for ``directory`` wait for one another.

    It is independent of ``locked``: a training run holds its directory for long, and an evaluation beside it
    takes its turn. On a file system without locks nobody waits. Raises SystemFault if the directory cannot be
    opened.
    """
    with system_errors("read", directory):
        folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _acquire(lock: int, directory: Path, folder: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise RunError(f"{directory} is in use by {_holder(folder)}") from error
            time.sleep(_PAUSE)
        except OSError as error:
            raise SystemFault(refusal(error, "lock", directory)) from error
        else:
            return


def _open(name: str | Path, flags: int, path: Path, folder: int | None) -> int:
    """Open ``name``, relative to ``folder`` if one is given; messages call it ``path``."""
    try:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644, dir_fd=folder)
    except OSError as error:
        if path.is_symlink():
            raise RunError(f"{path} is a link, which nnlab does not follow; use its target") from error
        if error.errno in {errno.ENOENT, errno.ENOTDIR}:
            raise RunError(f"there is no run in {path}") from error
        raise SystemFault(refusal(error, "write", path)) from error


def _holder(folder: int) -> str:
    """Return the process that holds the lock, from its note if there is one."""
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
        os.unlink(_HOLDER, dir_fd=folder)  # in the directory that is held, even if it was renamed since
