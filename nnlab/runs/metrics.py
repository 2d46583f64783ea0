"""The metrics of a run: one JSON record a line, in the order they were measured.

A record has ``step``, ``split``, ``loss`` (nats), ``accuracy`` (0-1) and ``seconds`` since the start of
the run; a training record also the ``learning_rate``, and its values are means over the steps since the
record before it.
"""

import json
import os
from pathlib import Path
from typing import Any

from nnlab.errors import RunError, SystemFault


class MetricsLog:
    """An open metrics file; each record is on its way to the disk when ``append`` returns.

    ``keep`` is the length in bytes to which an existing file is cut back first, so that a resumed run
    goes on where its checkpoint was taken.
    """

    def __init__(self, path: Path, keep: int = 0) -> None:
        self._path = path
        self.size = keep
        try:
            if keep and not path.exists():
                raise RunError(f"{path} is missing; the checkpoint goes on from its {keep:,} bytes")
            if keep and path.stat().st_size < keep:
                raise RunError(f"{path} is shorter than it was at the checkpoint; it was changed since")
            self._file = path.open("ab", buffering=0)
            self._file.truncate(keep)
        except OSError as error:
            raise SystemFault(f"cannot write {path}: {error.strerror}") from error

    def append(self, record: dict[str, Any]) -> None:
        """Add one record; raises SystemFault if the disk refuses."""
        line = json.dumps(record, allow_nan=False).encode() + b"\n"
        try:
            if self._file.write(line) != len(line):
                raise SystemFault(f"cannot write {self._path}: the disk took only a part of a record")
        except OSError as error:
            raise SystemFault(f"cannot write {self._path}: {error.strerror}") from error
        self.size += len(line)

    def sync(self) -> None:
        """Make what was appended survive a power loss."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise SystemFault(f"cannot write {self._path}: {error.strerror}") from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Return the records in ``path``, without a torn last line; raises RunError if others are not JSON."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror}") from error
    records = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            record = json.loads(line)
        except ValueError as error:
            raise RunError(f"{path}:{number} is not a record: {error}") from error
        if not isinstance(record, dict):
            raise RunError(f"{path}:{number} is not a record")
        records.append(record)
    return records
