"""Atomic writing of files, and reading of the files of a run.

A file is written under a temporary name in its directory, flushed to the disk and renamed into place; then the
directory is flushed. Readers see the old content or the new, never a part of it.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

from nnlab.errors import RunError, refusal, system_errors

_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.tmp", re.DOTALL)
_PROBE = re.compile(r"\.check-\w+")
_YOUNG = 2.0  # seconds within which a process locks the temporary file that it created
_MARKS = ("environment.json", "sweep.json")  # files that only runs and sweeps have
_DEEPEST = 8  # folders from a file up to its sweep: cells, the cell, evaluation, other data, split, last
_FORMAT = 2  # of JSON files; those of earlier versions, which have no check, do not state theirs
_KEYS = ("format", "check")
_CHECK = re.compile(rb',\n  "check": "([0-9a-f]{64})"\n\}\n\Z')
_ENDING = len(',\n  "check": ""\n}\n') + 64
_LARGEST = 2**26  # bytes; the confusion matrix of a thousand classes takes a tenth of that


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a binary file that replaces ``path`` when the block ends without an error.

    Missing directories are created. Raises SystemFault, which names the path, if the file cannot be written; the
    temporary file is then removed and ``path`` is unchanged. Raises RunError as ``refuse_links`` does.
    """
    remove_abandoned(path.parent)
    with placing(path) as file:
        yield file
    with system_errors("write", path):
        sync_directory(path.parent)


@contextlib.contextmanager
def placing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file as ``replacing`` does, but leave flushing the directory to the next ``replacing`` there."""
    refuse_links(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with system_errors("write", path), contextlib.ExitStack() as stack:
            make_directory(path.parent)
            with temporary.open("xb") as file:
                _mark_as_used(file, stack)
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _mark_as_used(file: IO[bytes], stack: contextlib.ExitStack) -> None:
    """Lock a temporary file until ``stack`` closes, so that ``remove_abandoned`` of other processes leaves it."""
    held = os.dup(file.fileno())
    stack.callback(os.close, held)
    with contextlib.suppress(OSError):  # without locks, no process removes it
        fcntl.flock(held, fcntl.LOCK_SH)


def remove_abandoned(directory: Path) -> None:
    """Remove the temporary files and folders in ``directory`` of commands that were killed.

    A file that a process is writing is locked and stays, and so does a file of the last seconds, which may not be
    locked yet.
    """
    with contextlib.suppress(OSError):
        for path in directory.iterdir():
            with contextlib.suppress(OSError):  # the folder has files, or another process was faster
                if _PROBE.fullmatch(path.name):
                    path.rmdir()
                elif _TEMPORARY.fullmatch(path.name):
                    _remove_unless_used(path)


def _remove_unless_used(path: Path) -> None:
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(file)
        if stat.S_ISREG(status.st_mode) and abs(time.time() - status.st_mtime) > _YOUNG:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    finally:
        os.close(file)


def refuse_links(path: Path, run: Path | None = None) -> None:
    """Raise RunError if ``path`` is below a run or sweep and it, or a folder on the way to it, is a link.

    What is written there would be outside of the run. This is the one rule for links: everything that is written
    below a run or sweep passes it. The run, or sweep, itself may be reached by a link. ``run`` is the run if it is
    known: one that has not begun is not recognized.
    """
    way = [path]
    for folder in path.parents[:_DEEPEST]:
        if folder == run or any(os.path.lexists(folder / name) for name in _MARKS):
            break
        way.append(folder)
    else:
        return
    if os.path.lexists(folder.parent.parent / "sweep.json"):
        way += [folder, folder.parent]
    for each in reversed(way):
        if each.is_symlink():
            raise RunError(f"{each} is a link, which nnlab does not follow; replace it by its target")


def make_directory(directory: Path) -> None:
    """Create ``directory`` and its missing parents, and flush their names to the disk; raises OSError."""
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync_directory(each.parent)


def sync_directory(directory: Path) -> None:
    """Flush the names in ``directory`` to the disk; raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_name(text: str) -> bool:
    """Return whether ``text`` can name a file and holds no control characters, whatever the locale's encoding is.

    Bytes that are not UTF-8 are accepted; Python keeps them as surrogates (``os.fsencode``).
    """
    try:
        content = os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return bool(content) and content.decode(errors="replace").isprintable()


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``; raises SystemFault as ``replacing`` does."""
    with replacing(path) as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in UTF-8; raises SystemFault as ``replacing`` does."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` to ``path`` as indented JSON, an object with its check.

    Raises SystemFault as ``replacing`` does.
    """
    write_bytes(path, json_content(value))


def json_content(value: Any) -> bytes:
    """Return ``value`` as indented JSON, an object with its format and its check, as ``write_json`` writes it."""
    if isinstance(value, dict):
        value = {"format": _FORMAT, **{key: each for key, each in value.items() if key not in _KEYS}}
    text = json.dumps(value, indent=2, ensure_ascii=False).encode()
    if not isinstance(value, dict):
        return text + b"\n"
    text = text.removesuffix(b"\n}")
    return text + f',\n  "check": "{digest(text)}"\n}}\n'.encode()


@contextlib.contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of a run for reading.

    Raises RunError, which names the path, if it is missing, cannot be read or is not a regular file: reading a
    pipe could block for ever.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RunError(f"cannot read {path}: it is no plain file")
            yield file
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing") from error
    except OSError as error:
        raise RunError(refusal(error, "read", path)) from error


def open_plain(path: Path) -> BufferedReader:
    """Open ``path`` for reading; raises OSError if it cannot be read or is not a plain file.

    Opening a pipe could block for ever, and a device such as /dev/zero has no end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "Is a directory", str(path))
        raise OSError(errno.EINVAL, "it is not a plain file", str(path))
    return os.fdopen(descriptor, "rb")


def read_whole(path: Path) -> bytes:
    """Return the content of a small file of a run; raises RunError as ``reading`` does, or if it is large."""
    with reading(path) as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise RunError(f"{path} is damaged: it has more than {_LARGEST:,} bytes")
    return content


def read_checked(path: Path) -> bytes:
    """Return the content of a JSON file of a run; raises RunError as ``read_whole`` does, or if it was altered.

    The content of a file without a check, as earlier versions wrote it, is returned as it is.
    """
    content = read_whole(path)
    stated = _stated_check(content)
    altered = _has_one_of_the_keys(content) if stated is None else stated != digest(content[:-_ENDING])
    if altered:
        raise RunError(f"{path} is damaged: it does not match its check")
    return content


def is_checked(content: bytes) -> bool:
    """Return whether JSON ``content`` ends with its check and matches it."""
    stated = _stated_check(content)
    return stated is not None and stated == digest(content[:-_ENDING])


def has_check(path: Path) -> bool:
    """Return whether the JSON file ``path`` ends with a check; raises RunError as ``read_whole`` does."""
    return _stated_check(read_whole(path)) is not None


def _stated_check(content: bytes) -> str | None:
    found = _CHECK.search(content, max(0, len(content) - _ENDING))
    return found[1].decode() if found else None


def _has_one_of_the_keys(content: bytes) -> bool:
    """Return whether JSON ``content`` has a format or a check, though not at its end, as it is written."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return False  # the reader that parses it says what is wrong
    return isinstance(value, dict) and any(key in value for key in _KEYS)


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in ``path``, without format and check.

    Raises RunError if it is missing, damaged, altered or not an object.
    """
    try:
        value = json.loads(read_checked(path))
    except RecursionError as error:
        raise RunError(f"{path} is damaged: it is nested too deep") from error
    except ValueError as error:
        raise RunError(f"{path} is damaged: {error}") from error
    if not isinstance(value, dict):
        raise RunError(f"{path} is not a JSON object")
    return {key: each for key, each in value.items() if key not in _KEYS}


def digest(content: bytes) -> str:
    """Return the SHA-256 of ``content``, in hex digits."""
    return hashlib.sha256(content).hexdigest()


def remove_leftovers(directory: Path) -> None:
    """Remove the temporary files in ``directory`` of processes that were killed while writing.

    No other process may be writing there.
    """
    for path in directory.glob(f".*.{'[0-9a-f]' * 8}.tmp"):
        with contextlib.suppress(OSError):
            path.unlink()
