"""Atomic writing of files, and reading of the files of a run.

A file is written under a temporary name in its directory, flushed to the disk and renamed into place; then the
directory is flushed. Readers see the old content or the new, never a part of it.
"""

import contextlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from nnlab.errors import RunError, refusal, system_errors

_LARGEST = 2**26  # bytes; the confusion matrix of a thousand classes takes a tenth of that


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a binary file that replaces ``path`` when the block ends without an error.

    Missing directories are created. Raises SystemFault, which names the path, if the file cannot be written; the
    temporary file is then removed and ``path`` is unchanged.
    """
    with placing(path) as file:
        yield file
    with system_errors("write", path):
        sync_directory(path.parent)


@contextlib.contextmanager
def placing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file as ``replacing`` does, but leave flushing the directory to the next ``replacing`` there."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with system_errors("write", path):
            make_directory(path.parent)
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


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
    """Write ``value`` to ``path`` as indented JSON; raises SystemFault as ``replacing`` does."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


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


def read_whole(path: Path) -> bytes:
    """Return the content of a small file of a run; raises RunError as ``reading`` does, or if it is large."""
    with reading(path) as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise RunError(f"{path} is damaged: it has more than {_LARGEST:,} bytes")
    return content


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in ``path``; raises RunError if it is missing, damaged or not an object."""
    try:
        value = json.loads(read_whole(path))
    except RecursionError as error:
        raise RunError(f"{path} is damaged: it is nested too deep") from error
    except ValueError as error:
        raise RunError(f"{path} is damaged: {error}") from error
    if not isinstance(value, dict):
        raise RunError(f"{path} is not a JSON object")
    return value


def remove_leftovers(directory: Path) -> None:
    """Remove the temporary files in ``directory`` of processes that were killed while writing.

    No other process may be writing there.
    """
    for path in directory.glob(f".*.{'[0-9a-f]' * 8}.tmp"):
        with contextlib.suppress(OSError):
            path.unlink()
