"""What took time to find out, kept in the user's cache: splits of a data set, digests of large files.

What is kept is verified when it is read and made again if it is not intact; a cache that cannot be written
costs time, never a failure.
"""

import contextlib
import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nnlab import files
from nnlab.data.npy import read_header
from nnlab.data.source import Split
from nnlab.errors import SystemFault, system_errors

Splits = tuple[Split, Split]
"""The training and the test examples."""

_DIGEST = hashlib.sha256().digest_size
_BLOCK = 2**20  # bytes read at a time
_HEADER = 256  # bytes in which the header of an array surely ends


def cache_directory() -> Path:
    """Return the user's folder for what nnlab can bring or make again; it need not exist."""
    import platformdirs  # noqa: PLC0415 -- not needed where data.root holds the data

    return platformdirs.user_cache_path("nnlab")


def remembered(folder: str, name: str, make: Callable[[], Splits]) -> Splits:
    """Return what ``make`` returns, from the file ``name`` in ``folder`` of the cache once it was made.

    ``name`` tells all that the splits depend on. Raises what ``make`` raises.
    """
    path = cache_directory() / folder / f"{name}.bin"
    splits = _read(path)
    if splits is None:
        splits = make()
        with contextlib.suppress(SystemFault):
            _write(path, splits)
    return splits


def digest_of_files(paths: list[Path]) -> str:
    """Return the SHA-256 of the files' contents in a row, in lower-case hex digits; raises SystemFault."""
    digest = hashlib.sha256()
    for path in paths:
        with system_errors("read", path), path.open("rb") as file:
            while content := file.read(_BLOCK):
                digest.update(content)
    return digest.hexdigest()


def remembered_digest(path: Path) -> str:
    """Return the SHA-256 of the file ``path``, which is read only if it changed since it was last asked for.

    That it changed is told by its place, number, size and time of change, to the nanosecond. Raises SystemFault
    if the machine cannot read it.
    """
    with system_errors("read", path):
        facts = path.stat()
    told_by = f"{path.resolve()}\n{facts.st_dev} {facts.st_ino} {facts.st_size} {facts.st_mtime_ns}"
    kept = cache_directory() / "digests" / hashlib.sha256(os.fsencode(told_by)).hexdigest()
    with contextlib.suppress(OSError, ValueError):
        text = kept.read_text(encoding="ascii")
        if len(bytes.fromhex(text)) == _DIGEST:
            return text
    digest = digest_of_files([path])
    with contextlib.suppress(SystemFault):
        files.write_text(kept, digest)
    return digest


def _write(path: Path, splits: Splits) -> None:
    """Write the four arrays in NumPy's format, behind the digest of them all."""
    parts: list[Any] = []
    for split in splits:
        for array in (split.inputs[:], split.labels):
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
            parts += [header.getvalue(), np.ascontiguousarray(array).data]
    with files.replacing(path) as file:
        file.write(_digest_of(path, *parts))
        file.writelines(parts)


def _read(path: Path) -> Splits | None:
    """Return what the file ``path`` holds; None if it is not there, cannot be read or is not intact."""
    try:
        content = np.fromfile(path, np.uint8)
    except OSError:
        return None
    rest = content[_DIGEST:]
    if _digest_of(path, rest.data) != content[:_DIGEST].tobytes():
        return None
    arrays = []
    while len(rest):
        header = read_header(str(path), io.BytesIO(rest[:_HEADER].tobytes()))
        end = header.size + header.content
        values = rest[header.size : end].view(header.dtype).reshape(header.shape)
        arrays.append(np.require(values, requirements=["ALIGNED"]))
        rest = rest[end:]
    train_inputs, train_labels, test_inputs, test_labels = arrays
    return Split(train_inputs, train_labels), Split(test_inputs, test_labels)


def _digest_of(path: Path, *parts: Any) -> bytes:
    """Return the SHA-256 of what the file ``path`` holds and of its name, so that no file passes for another."""
    digest = hashlib.sha256(path.name.encode())
    for part in parts:
        digest.update(part)
    return digest.digest()
