"""Locks on directories, by flock.

The kernel releases a lock when its holder dies, so a crash never leaves a directory locked. The directory itself
is locked, since a file in it can be deleted while it is locked; the file ``.lock`` is locked too, for file systems
that lock only files. Links are not followed: a prepared run directory cannot make nnlab open or write another
file.
"""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from nnlab.errors import RunError, SystemFault, printable, refusal, system_errors

_LOCK, _HOLDER, _TURN = ".lock", ".lock.holder", ".lock.turn"
_ATTEMPTS = 100  # at opening a file that is replaced between opening and locking
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
        deadline = time.monotonic() + max(wait, _LEAST)
        folder = _lock_directory(directory, deadline, stack)
        _lock_file(directory, folder, deadline, stack)
        note = f"process {os.getpid()} on {os.uname().nodename}".encode()
        with contextlib.suppress(SystemFault, OSError):  # on a full disk the lock holds without a note
            holder = _open(_HOLDER, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, directory / _HOLDER, folder)
            stack.callback(_remove, _HOLDER, folder)
            stack.callback(os.close, holder)
            os.write(holder, note)
        yield


def is_held(directory: Path) -> bool:
    """Return whether a process holds ``directory`` at this moment; raises OSError if the lock cannot be opened."""
    for path in (directory, directory / _LOCK):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            # Shared and for an instant: two processes that look do not take each other for a training run.
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            if path != directory:  # some file systems lock only files
                raise
        finally:
            os.close(descriptor)
    return False


@contextlib.contextmanager
def in_turn(directory: Path) -> Iterator[None]:
    """Make processes that enter this block for ``directory`` wait for one another.

    It is independent of ``locked``: a training run holds its directory for long, and an evaluation beside it
    takes its turn. On a file system without locks nobody waits. Raises SystemFault if the directory cannot be
    opened or written, RunError if the file of the lock is a link.
    """
    with system_errors("read", directory):
        folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, folder)
        for _ in range(_ATTEMPTS):
            turn = _open(_TURN, os.O_RDWR | os.O_CREAT, directory / _TURN, folder)
            with contextlib.suppress(OSError):
                fcntl.flock(turn, fcntl.LOCK_EX)
            if _is_in(folder, _TURN, turn):  # else the one before removed it
                break
            os.close(turn)
        else:
            raise SystemFault(f"cannot lock {directory / _TURN}: it is replaced again and again")
        stack.callback(os.close, turn)
        stack.callback(_remove, _TURN, folder)  # while it is still locked
        yield


def _lock_directory(directory: Path, deadline: float, stack: contextlib.ExitStack) -> int:
    """Lock the directory that ``directory`` names now, and return its descriptor, which ``stack`` closes."""
    for _ in range(_ATTEMPTS):
        folder = _open(directory, os.O_RDONLY | os.O_DIRECTORY, directory, None)
        try:
            _acquire(folder, directory, folder, deadline)
        except SystemFault:  # the file system does not lock directories
            stack.callback(os.close, folder)
            return folder
        except BaseException:
            os.close(folder)
            raise
        if _is_in(None, directory, folder):
            stack.callback(os.close, folder)
            return folder
        os.close(folder)
    raise SystemFault(f"cannot lock {directory}: it is replaced again and again")


def _lock_file(directory: Path, folder: int, deadline: float, stack: contextlib.ExitStack) -> None:
    """Lock the file of the lock that is in ``folder`` now; ``stack`` closes it."""
    for _ in range(_ATTEMPTS):
        lock = _open(_LOCK, os.O_RDWR | os.O_CREAT, directory / _LOCK, folder)
        try:
            _acquire(lock, directory, folder, deadline)
        except BaseException:
            os.close(lock)
            raise
        if _is_in(folder, _LOCK, lock):
            stack.callback(os.close, lock)
            return
        os.close(lock)
    raise SystemFault(f"cannot lock {directory / _LOCK}: it is replaced again and again")


def _is_in(folder: int | None, name: str | Path, opened: int) -> bool:
    """Return whether ``name``, relative to ``folder`` if one is given, is still the file that was ``opened``."""
    try:
        return os.path.samestat(os.stat(name, dir_fd=folder, follow_symlinks=False), os.fstat(opened))
    except FileNotFoundError:
        return False


def _acquire(lock: int, directory: Path, folder: int, deadline: float) -> None:
    """Lock ``lock`` until the ``deadline``; raises RunError if another process holds it, else SystemFault."""
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


def _remove(name: str, folder: int) -> None:
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=folder)  # in the directory that is held, even if it was renamed since
