"""The one way in which nnlab writes files, whole or not at all, and reads them back.

A file is written under a temporary name in its own directory, flushed to the disk, renamed into place,
and the directory flushed too. Whoever reads sees the old content or the new, never a part of it.
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

_LARGEST = 2**26  # bytes; a confusion matrix of a thousand classes takes a tenth of that


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a binary file whose content becomes ``path`` when the block ends without an error.

    Missing directories are made. Raises SystemFault, which names the path, if the machine refuses; the
    temporary file is gone then and what stood at ``path`` is untouched.
    """
    with placing(path) as file:
        yield file
    with system_errors("write", path):
        sync_directory(path.parent)


@contextlib.contextmanager
def placing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file as ``replacing`` does; its name survives a power loss from the next one replaced there on."""
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
    """Make ``directory`` and what is missing above it; their names survive a power loss. Raises OSError."""
    missing = [each for each in (directory, *directory.parents) if not each.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync_directory(each.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in ``directory`` survive a power loss; raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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

    Raises RunError, which names the path, if it is missing, cannot be read or is no plain file: a pipe would
    keep its reader waiting for ever.
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
    """Return the JSON object in ``path``; raises RunError if it is missing, damaged or none."""
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
    """Remove the temporary files in ``directory`` of processes that were killed while they wrote.

    Nobody else may be writing there.
    """
    for path in directory.glob(f".*.{'[0-9a-f]' * 8}.tmp"):
        with contextlib.suppress(OSError):
            path.unlink()
