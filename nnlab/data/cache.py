"""The user's cache of computed data: splits of a data set, digests of large files.

Entries are verified when they are read and computed again if damaged. A cache that cannot be written costs time,
but is not an error.
"""

import contextlib
import gzip
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextvars import ContextVar
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
_HEADER = 256  # bytes, more than the header of an array takes


_FORGETTING: ContextVar[bool] = ContextVar("forgetting", default=False)


@contextlib.contextmanager
def forgetting() -> Iterator[None]:
    """Let ``remembered_digest`` read each file in this block, and remember the digest it finds."""
    token = _FORGETTING.set(True)
    try:
        yield
    finally:
        _FORGETTING.reset(token)


def cache_directory() -> Path | None:
    """Return the user's folder for downloads and computed data, which may not exist; None without a home."""
    import platformdirs  # noqa: PLC0415 -- not needed where data.root holds the data

    try:
        path = platformdirs.user_cache_path("nnlab")
    except (RuntimeError, KeyError):
        return None
    return path if path.is_absolute() else None  # "~" stays in the path where there is no home directory


def remembered(folder: str, name: str, make: Callable[[], Splits]) -> Splits:
    """Return what ``make`` returns, read from ``folder``/``name`` in the cache if it was made before.

    ``name`` contains everything that the splits depend on. Raises what ``make`` raises.
    """
    directory = cache_directory()
    if directory is None:
        return make()
    path = directory / folder / f"{name}.bin"
    splits = _read(path)
    if splits is None:
        splits = make()
        with contextlib.suppress(SystemFault):
            _write(path, splits)
    return splits


def digest_of_files(paths: list[Path]) -> str:
    """Return the SHA-256 of the files' concatenated contents, in lower-case hex digits; raises SystemFault."""
    digest = hashlib.sha256()
    for path in paths:
        with system_errors("read", path), path.open("rb") as file:
            while content := file.read(_BLOCK):
                digest.update(content)
    return digest.hexdigest()


def md5_of(path: Path) -> str:
    """Return the MD5 of the file ``path``, in lower-case hex digits; raises SystemFault."""
    return _md5(path, gunzip=False)


def md5_of_content(path: Path) -> str:
    """Return the MD5 of the file ``path``, gunzipped if it is gzipped, in lower-case hex digits.

    Raises SystemFault if the machine cannot read it, or gzip cannot.
    """
    return _md5(path, gunzip=True)


def _md5(path: Path, *, gunzip: bool) -> str:
    def digest(file: Any) -> str:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()

    with system_errors("read", path), path.open("rb") as file:
        if not gunzip or file.peek(2)[:2] != b"\x1f\x8b":
            return digest(file)
        with gzip.GzipFile(fileobj=file) as content:
            return digest(content)


def remembered_digest(
    path: Path, compute: Callable[[Path], str] | None = None, *, kind: str = "", size: int = _DIGEST
) -> str:
    """Return a digest of the file ``path`` in hex digits, its SHA-256 unless ``compute`` is given.

    The file is read only if its path, inode, size or time of change (in nanoseconds) differ from those of an
    earlier call with the same ``kind``, which names what ``compute`` returns: ``size`` bytes. Within
    ``forgetting`` it is always read. Raises SystemFault if the machine cannot read the file, and what ``compute``
    raises; nothing is remembered then.
    """
    with system_errors("read", path):
        facts = path.stat()
    identity = f"{path.resolve()}\n{facts.st_dev} {facts.st_ino} {facts.st_size} {facts.st_mtime_ns}{kind}"
    directory = cache_directory()
    if directory is None:
        return compute(path) if compute else digest_of_files([path])
    kept = directory / "digests" / hashlib.sha256(os.fsencode(identity)).hexdigest()
    with contextlib.suppress(OSError, ValueError):
        text = "" if _FORGETTING.get() else kept.read_text(encoding="ascii")
        if len(bytes.fromhex(text)) == size:
            return text
    digest = compute(path) if compute else digest_of_files([path])
    with contextlib.suppress(SystemFault):
        files.write_text(kept, digest)
    return digest


def _write(path: Path, splits: Splits) -> None:
    """Write a digest, then the four arrays in NumPy's format."""
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
    """Return the splits in the file ``path``; None if it is missing, unreadable or damaged."""
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
    """Return the SHA-256 of the name and content of the file ``path``, so that no file is taken for another."""
    digest = hashlib.sha256(path.name.encode())
    for part in parts:
        digest.update(part)
    return digest.digest()
