"""The metrics of a run: one JSON record a line, in the order they were measured.

A record has ``step``, ``split``, ``loss`` (nats), ``accuracy`` (0-1) and ``seconds`` since the start of
the run; a training record also the ``learning_rate``, and its values are means over the steps since the
record before it.

Each line ends with ``"check"``: the first 16 hex digits of the SHA-256 of the check before it and of the line
up to there. The chain tells not only an altered record but also one that was lost, added or moved.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from nnlab import files
from nnlab.errors import RunError, SystemFault, refusal, system_errors

log = logging.getLogger(__name__)

_FIRST = "0" * 16  # what the first record's check follows
_LONGEST = 2**16  # bytes of a line; nnlab's have fewer than 300


@dataclass
class LogScan:
    """What of a log is intact: its ``records``, their ``size`` in bytes and the last one's ``check``.

    ``damage`` says what is wrong with the record that follows them, if it is no torn end: ``torn`` bytes of a
    last record that was being written when the process or the machine died.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    size: int = 0
    check: str = _FIRST
    torn: int = 0
    damage: str | None = None


class MetricsLog:
    """An open metrics file; each record is on its way to the disk when ``append`` returns.

    ``keep`` is the length in bytes to which an existing file is cut back first, so that a resumed run
    goes on where its checkpoint was taken. Raises RunError if these bytes are no longer whole records, and
    leaves the file as it is then.
    """

    def __init__(self, path: Path, keep: int = 0) -> None:
        self._path = path
        self.size = keep
        self._check = check_at(path, keep) if keep else _FIRST
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._file = os.open(path, flags, 0o644)
            os.ftruncate(self._file, keep)
            files.sync_directory(path.parent)
        except OSError as error:
            if path.is_symlink():
                raise RunError(f"{path} is a link, which nnlab does not follow") from error
            raise SystemFault(refusal(error, "write", path)) from error

    def append(self, record: dict[str, Any]) -> None:
        """Add one record; raises SystemFault if the disk refuses."""
        text = json.dumps(record, allow_nan=False)[:-1].encode()
        check = _chained(self._check, text)
        line = text + _ending(check)
        with system_errors("write", self._path):
            if os.write(self._file, line) != len(line):
                raise SystemFault(f"cannot write {self._path}: the disk took only a part of a record")
        self._check = check
        self.size += len(line)

    def sync(self) -> None:
        """Make what was appended survive a power loss; raises SystemFault if the disk refuses."""
        with system_errors("write", self._path):
            os.fsync(self._file)

    def close(self) -> None:
        """Close the file; raises SystemFault if the disk refuses what was written late."""
        with system_errors("write", self._path):
            os.close(self._file)


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Return the records in ``path``; a torn last line is left out, with a warning in the log.

    Raises RunError, which names the line, if a record is not as it was written.
    """
    reading = scan(path)
    if reading.damage:
        raise RunError(f"{path}:{reading.damage}")
    if reading.torn:
        log.warning("warning: %s ends within a record, which is left out", path)
    return reading.records


def scan(path: Path, most: int | None = None) -> LogScan:
    """Return what of the log in ``path``, or of its first ``most`` bytes, is intact.

    Raises RunError if it cannot be read at all.
    """
    reading = LogScan()
    with files.reading(path) as file:
        for number, line in enumerate(_lines(file), start=1):
            if most is not None and reading.size >= most:
                break
            if not line.endswith(b"\n") and len(line) <= _LONGEST:
                reading.torn = len(line)
                break
            record = _record(line, reading.check)
            if isinstance(record, str):
                reading.damage = f"{number} is damaged: {record}"
                break
            reading.check = record.pop("check")
            reading.records.append(record)
            reading.size += len(line)
    return reading


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines in ``file``; of one that is too long only the beginning."""
    while line := file.readline(_LONGEST + 1):
        yield line


def _record(line: bytes, before: str) -> dict[str, Any] | str:
    """Return the record in ``line``, which follows the check ``before``, or what is wrong with it."""
    text = line[: -len(_ending(before))]
    if line != text + _ending(_chained(before, text)):
        return "it does not match its check, or a record before it is missing"
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return "it is no JSON"
    return record if isinstance(record, dict) and _is_whole(record) else "it is not a record"


def _is_whole(record: dict[str, Any]) -> bool:
    numbers = all(isinstance(record.get(key), int | float) for key in ("step", "loss", "accuracy", "seconds"))
    return numbers and isinstance(record.get("split"), str)


def check_at(path: Path, keep: int) -> str:
    """Return the check of the record that ends after ``keep`` bytes; raises RunError if none does."""
    if not path.exists():
        raise RunError(f"{path} is missing; the checkpoint goes on from its {keep:,} bytes")
    reading = scan(path, keep)
    if reading.damage:
        raise RunError(f"{path}:{reading.damage}; the training cannot go on from a log that was changed")
    if reading.size != keep:
        raise RunError(f"{path} is shorter than it was at the checkpoint; it was changed since")
    return reading.check


def _chained(before: str, text: bytes) -> str:
    return hashlib.sha256(before.encode() + text).hexdigest()[:16]


def _ending(check: str) -> bytes:
    return f', "check": "{check}"}}\n'.encode()
