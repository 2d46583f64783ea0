"""The one way in which nnlab writes files: whole or not at all.

A file is written under a temporary name in its own directory, flushed to the disk, renamed into place,
and the directory flushed too. Whoever reads sees the old content or the new, never a part of it.
"""

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from nnlab.errors import SystemFault


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a binary file whose content becomes ``path`` when the block ends without an error.

    Missing directories are made. Raises SystemFault, which names the path, if the machine refuses; the
    temporary file is gone then and what stood at ``path`` is untouched.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        raise SystemFault(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def sync_directory(directory: Path) -> None:
    """Make the names in ``directory`` survive a power loss."""
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
