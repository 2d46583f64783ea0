"""The metrics log of a run: one JSON record a line, in the order of measurement.

A record has ``step``, ``split``, ``loss`` (nats), ``accuracy`` (0-1) and ``seconds`` since the start of
the run; a training record also has the ``learning_rate``, and its values are means over the steps since the
previous training record.

The lines are chained by their checks; see ``nnlab.runs.chain``.

This module is the only reader of the format: ``read_metrics`` and ``scan`` verify the chain, ``skim`` and ``tail``
read small parts of a log for display and do not.
"""

import json
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeGuard

from nnlab import files
from nnlab.errors import RunError, SystemFault, refusal, system_errors
from nnlab.runs.chain import FIRST, next_line, verified

log = logging.getLogger(__name__)

_LONGEST = 2**16  # bytes of a line; nnlab writes fewer than 300
_MISMATCH = "it does not match its check, or a record before it is missing"
_NO_RECORD = "it is not a record"
_MOST_STEPS = 2**53  # above it a float does not hold every integer
_LARGEST = sys.float_info.max


@dataclass
class LogScan:
    """The intact part of a log.

    ``records`` are those asked for, ``newest`` is the last of all. The part has ``size`` bytes and ends with
    ``check``. ``damage`` says what is wrong with the line after it. A torn end is not damage: ``torn`` is the
    number of bytes of a last record that was being written when the process or the machine died.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    newest: dict[str, Any] | None = None
    size: int = 0
    check: str = FIRST
    torn: int = 0
    damage: str | None = None


class MetricsLog:
    """A metrics log open for appending; the operating system has each record when ``append`` returns.

    ``keep`` is the length in bytes to which an existing file is cut first, so that a resumed run continues from
    the position of its checkpoint. Raises RunError, and leaves the file unchanged, if these bytes are not intact
    records.
    """

    def __init__(self, path: Path, keep: int = 0) -> None:
        files.refuse_links(path)
        self._path = path
        self.size = keep
        self._check = check_at(path, keep) if keep else FIRST
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
        """Write one record; raises SystemFault if the system refuses."""
        text = json.dumps(record, allow_nan=False)[:-1].encode()
        line, check = next_line(self._check, text)
        with system_errors("write", self._path):
            if os.write(self._file, line) != len(line):
                raise SystemFault(f"cannot write {self._path}: only a part of the record was written")
        self._check = check
        self.size += len(line)

    def sync(self) -> None:
        """Flush the records to the disk; raises SystemFault if the system refuses."""
        with system_errors("write", self._path):
            os.fsync(self._file)

    def close(self) -> None:
        """Close the file; raises SystemFault if the system refuses a delayed write."""
        with system_errors("write", self._path):
            os.close(self._file)


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Return the records in ``path``; a torn last line is left out, with a warning in the log.

    Raises RunError, which names the line, if a record was changed since it was written.
    """
    found = scan(path)
    if found.damage:
        raise RunError(f"{path}:{found.damage}")
    if found.torn:
        log.warning("warning: %s ends within a record, which is left out", path)
    return found.records


def scan(path: Path, most: int | None = None, split: str | None = None) -> LogScan:
    """Verify the log in ``path``, or its first ``most`` bytes, and return the intact part.

    With a ``split``, every line is verified, but only records of that split and the newest of all are parsed and
    returned, which takes a third of the time. Raises RunError if the file cannot be read.
    """
    found = LogScan()
    wanted = b"" if split is None else f'"split": {json.dumps(split)}'.encode()
    skipped: tuple[int, bytes] | None = None
    with files.reading(path) as file:
        for number, line in enumerate(_lines(file), start=1):
            if most is not None and found.size >= most:
                break
            if not line.endswith(b"\n") and len(line) <= _LONGEST:
                found.torn = len(line)
                break
            check = verified(line, found.check)
            if check is None:
                found.damage = f"{number} is damaged: {_MISMATCH}"
                break
            if wanted in line:
                record = _parsed(line)
                if record is None:
                    found.damage = f"{number} is damaged: {_NO_RECORD}"
                    break
                found.records.append(record)
                found.newest, skipped = record, None
            else:
                skipped = number, line
            found.check = check
            found.size += len(line)
    if skipped:
        number, line = skipped
        found.newest = _parsed(line)
        if found.newest is None:
            found.damage = f"{number} is damaged: {_NO_RECORD}"
    return found


def skim(path: Path, windows: int, size: int) -> list[list[dict[str, Any]]]:
    """Return the records in ``windows`` parts of the log in ``path``, evenly spaced, of ``size`` bytes each.

    A log of at most ``windows`` times ``size`` bytes is read whole and divided into about that many parts. The
    records are not verified against their checks: use them for display only. Raises RunError if the file cannot
    be read.
    """
    with files.reading(path) as file:
        length = file.seek(0, os.SEEK_END)
        if length <= windows * size:
            lines = _window(file, 0, length)
            count = max(1, len(lines) // windows)
            parts = [lines[start : start + count] for start in range(0, len(lines), count)]
        else:
            starts = (number * (length - size) // max(1, windows - 1) for number in range(windows))
            parts = [_window(file, start, size) for start in starts]
    return [[record for line in part if (record := _parsed(line))] for part in parts]


def tail(path: Path, size: int) -> list[dict[str, Any]]:
    """Return the records in the last ``size`` bytes of the log in ``path``, unverified as ``skim`` does.

    Raises RunError if the file cannot be read.
    """
    with files.reading(path) as file:
        lines = _window(file, max(0, file.seek(0, os.SEEK_END) - size), size)
    return [record for line in lines if (record := _parsed(line))]


def check_at(path: Path, keep: int) -> str:
    """Return the check of the record that ends after ``keep`` bytes; raises RunError if none does."""
    if not path.exists():
        raise RunError(f"{path} is missing; the checkpoint continues from its first {keep:,} bytes")
    found = scan(path, keep)
    if found.damage:
        raise RunError(f"{path}:{found.damage}; training cannot continue from a log that was changed")
    if found.size != keep:
        raise RunError(f"{path} is shorter than it was at the checkpoint; it was changed since")
    return found.check


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of ``file``, an overlong one in pieces."""
    while line := file.readline(_LONGEST + 1):
        yield line


def _window(file: IO[bytes], start: int, size: int) -> list[bytes]:
    """Return the lines in a part of ``file`` without the last, which may be cut; so may the first."""
    file.seek(start)
    return file.read(size).split(b"\n")[:-1]


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return the record in ``line``; None if it is not one."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not _is_record(record):
        return None
    record.pop("check", None)
    return record


def _is_record(record: dict[str, Any]) -> bool:
    """Return whether ``record`` has the keys of one, with finite values in their ranges."""
    step, split, accuracy, seconds = (record.get(key) for key in ("step", "split", "accuracy", "seconds"))
    return (
        type(step) is int
        and 0 <= step < _MOST_STEPS
        and isinstance(split, str)
        and _is_finite(record.get("loss"))
        and _is_finite(accuracy)
        and 0 <= accuracy <= 1
        and _is_finite(seconds)
        and seconds >= 0
        and _is_finite(record.get("learning_rate", 0))
    )


def _is_finite(value: Any) -> TypeGuard[float]:
    return type(value) in (float, int) and abs(value) <= _LARGEST  # of an int of any size too
