"""The metrics log of a run: one JSON record a line, in the order of measurement.

A record has ``step``, ``split``, ``loss`` (nats), ``accuracy`` (0-1) and ``seconds`` since the start of
the run; a training record also has the ``learning_rate``, and its values are means over the steps since the
previous training record.

The lines are chained by their checks; see ``nnlab.runs.chained_lines``.

Where a repair could not restore records, ``{"lost": [3, 5]}`` stands for them: records of the steps 3 to 5. Such a
line takes as many bytes as they took, filled up with spaces, so that the positions that checkpoints note still
hold. Only a repair writes it.

This module is the only reader of the format: ``read_metrics`` and ``scan`` verify the chain, ``skim`` and ``tail``
read small parts of a log for display and do not.
"""

import json
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import IO, Any, TypeGuard

from nnlab import files
from nnlab.activity import announce
from nnlab.errors import RunError, SystemFault, refusal, system_errors
from nnlab.runs.chained_lines import ENDING, FIRST, next_line, verified

log = logging.getLogger(__name__)

MOST_RECORDS = 200_000
"""Records that are held in memory, of training and of evaluations each: about 150 MB."""

LARGE = 2**26
"""Bytes of a log that lists of runs do not read whole."""

_WINDOWS, _WINDOW = 32, 2**16  # parts of a large log, and bytes of each, that a glance reads

_ANNOUNCED = 100_000  # records between two announcements of progress

SHORTEST_LOSS = 80
"""Bytes that a line needs to stand for lost records."""

_LOSS = b'{"lost": ['
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
    number of bytes of a last record that was being written when the process or the machine died. ``lost`` has the
    first and the last step of each part whose records a repair could not restore. ``thinned``: the records are
    too many, and only some are returned.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    newest: dict[str, Any] | None = None
    size: int = 0
    check: str = FIRST
    torn: int = 0
    damage: str | None = None
    lost: list[tuple[int, int]] = field(default_factory=list)
    thinned: bool = False


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
    """Return the records in ``path``, as ``read_log`` does."""
    return read_log(path).records


def read_log(path: Path) -> LogScan:
    """Return what is in ``path``; a torn last line is left out, with a warning in the log.

    Raises RunError, which names the line, if a record was changed since it was written.
    """
    found = scan(path)
    if found.damage:
        raise RunError(f"{path}:{found.damage}")
    if found.torn:
        log.warning("warning: %s ends within a record, which is left out", path)
    if found.thinned:
        log.warning("warning: %s has very many records; only some of them are used", path)
    return found


def scan(path: Path, most: int | None = None, split: str | None = None, *, limit: int | None = None) -> LogScan:
    """Verify the log in ``path``, or its first ``most`` bytes, and return the intact part.

    With a ``split``, every line is verified, but only records of that split and the newest of all are parsed and
    returned, which takes a third of the time. Memory is bounded: of more than ``limit`` records (MOST_RECORDS by
    default) of training, or of evaluations, only every second, fourth ... is returned; with a ``limit`` of 0,
    none. Raises RunError if the file cannot be read.
    """
    found = LogScan()
    taken = _Taken(split, MOST_RECORDS if limit is None else limit)
    with files.reading(path) as file:
        length = os.fstat(file.fileno()).st_size
        for number, line in enumerate(lines_of(file), start=1):
            if most is not None and found.size >= most:
                break
            if not line.endswith(b"\n") and len(line) <= _LONGEST:
                found.torn = len(line)
                break
            check = verified(line, found.check)
            fault = _MISMATCH if check is None else taken.fault(line)
            if check is None or fault:
                found.damage = f"{number} is damaged: {fault}"
                break
            found.check = check
            found.size += len(line)
            if number % _ANNOUNCED == 0:
                announce(f"checking {path.name}", found.size, length)
    found.records, found.lost, found.thinned = taken.records(), taken.lost, taken.thinned
    found.newest = parsed(taken.newest) if taken.newest else None
    if taken.newest and found.newest is None:
        found.damage = f"{number} is damaged: {_NO_RECORD}"
    return found


class _Taken:
    """What ``scan`` takes from the lines of a log: records, within bounds, the newest line, and what was lost."""

    def __init__(self, split: str | None, limit: int) -> None:
        self.newest: bytes | None = None
        self.lost: list[tuple[int, int]] = []
        self._wanted = b"" if split is None else f'"split": {json.dumps(split)}'.encode()
        self._limit = limit
        self._kept: dict[bool, list[tuple[int, dict[str, Any]]]] = {True: [], False: []}
        self._stride = {True: 1, False: 1}
        self._seen = {True: 0, False: 0}

    @property
    def thinned(self) -> bool:
        """Whether not all records were kept."""
        return max(self._stride.values()) > 1

    def records(self) -> list[dict[str, Any]]:
        """Return the kept records in their order."""
        return [record for _, record in sorted((*self._kept[True], *self._kept[False]), key=itemgetter(0))]

    def fault(self, line: bytes) -> str | None:
        """Take a verified line; return what is wrong with it, if anything is."""
        if line.startswith(_LOSS):
            loss = loss_of(line)
            self.lost += [loss] if loss else []
            return None if loss else _NO_RECORD
        self.newest = line
        if self._wanted not in line or not self._limit:
            return None
        record = parsed(line)
        if record is None:
            return _NO_RECORD
        of_training = record["split"] == "train"
        kept, number = self._kept[of_training], self._seen[of_training]
        self._seen[of_training] = number + 1
        if number % self._stride[of_training] == 0:
            kept.append((sum(self._seen.values()), record))
        if len(kept) > self._limit:
            del kept[1::2]
            self._stride[of_training] *= 2
        return None


def is_lost(step: int, lost: Iterable[tuple[int, int]]) -> bool:
    """Return whether records of ``step`` may be among those that a repair could not restore."""
    return any(first <= step <= last for first, last in lost)


def losses_of(first: int, last: int, size: int, before: str) -> Iterator[bytes]:
    """Yield lines of ``size`` bytes in all that stand for lost records of the steps ``first`` to ``last``.

    ``size`` is SHORTEST_LOSS at least; ``before`` is the check of the line before them.
    """
    while size:
        length = size if size <= _LONGEST else min(_LONGEST, size - SHORTEST_LOSS)
        text = f"{_LOSS.decode()}{first}, {last}]".encode().ljust(length - ENDING)
        line, before = next_line(before, text)
        yield line
        size -= length


def is_large(path: Path) -> bool:
    """Return whether the log in ``path`` is too large for commands on many runs to read it whole."""
    try:
        return path.stat().st_size > LARGE
    except OSError:
        return False


def glance(path: Path, split: str) -> LogScan:
    """Return the newest record of a large log, and the records of ``split`` in parts of it.

    They are not verified, as in ``skim``; at most 3 MiB are read. Raises RunError if the file cannot be read, or
    ends with something else than records.
    """
    end = tail(path, _WINDOW)
    if not end:
        raise RunError(f"{path.name} is damaged: there is no record at its end")
    parts = [*skim(path, _WINDOWS, _WINDOW), end]
    found = {record["step"]: record for part in parts for record in part if record["split"] == split}
    return LogScan(list(found.values()), end[-1], thinned=True)


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
    return [[record for line in part if (record := parsed(line))] for part in parts]


def tail(path: Path, size: int) -> list[dict[str, Any]]:
    """Return the records in the last ``size`` bytes of the log in ``path``, unverified as ``skim`` does.

    Raises RunError if the file cannot be read.
    """
    with files.reading(path) as file:
        lines = _window(file, max(0, file.seek(0, os.SEEK_END) - size), size)
    return [record for line in lines if (record := parsed(line))]


def check_at(path: Path, keep: int) -> str:
    """Return the check of the record that ends after ``keep`` bytes; raises RunError if none does."""
    way = f"; nnlab resume {path.parent} --repair mends it, and says what was lost"
    if not path.exists():
        raise RunError(f"{path} is missing; the checkpoint continues from its first {keep:,} bytes{way}")
    found = scan(path, keep, limit=0)
    if found.damage:
        raise RunError(f"{path}:{found.damage}; training cannot continue from a log that was changed{way}")
    if found.size != keep:
        raise RunError(f"{path} is shorter than it was at the checkpoint; it was changed since{way}")
    return found.check


def lines_of(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of ``file``, an overlong one in pieces."""
    while line := file.readline(_LONGEST + 1):
        yield line


def _window(file: IO[bytes], start: int, size: int) -> list[bytes]:
    """Return the lines in a part of ``file`` without the last, which may be cut; so may the first."""
    file.seek(start)
    return file.read(size).split(b"\n")[:-1]


def parsed(line: bytes) -> dict[str, Any] | None:
    """Return the record in ``line``, without its check; None if it is not one."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not _is_record(record):
        return None
    record.pop("check", None)
    return record


def loss_of(line: bytes) -> tuple[int, int] | None:
    """Return the first and the last step of the lost records that ``line`` stands for; None if it does not."""
    try:
        first, last = json.loads(line)["lost"]
    except (LookupError, ValueError, RecursionError, TypeError):
        return None
    whole = all(type(step) is int and 0 <= step < _MOST_STEPS for step in (first, last))
    return (first, last) if whole else None


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
