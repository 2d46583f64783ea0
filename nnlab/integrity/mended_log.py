"""Mend a damaged metrics log: keep every record that its check proves, at the place that checkpoints note.

A record is proven by its own check and that of the line before it. So the records after a damaged line are proven
too: the check that the damaged line bears is known. After a line that is missing, the first record is not, since
the check before it is lost.

One flipped bit is found by the check of its line and flipped back. Where records are lost, lines of the same
length stand for them (``nnlab.runs.metrics_log``): a checkpoint notes how many bytes of the log precede it, and a
resumed run continues there. The log is read twice, a line at a time.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from nnlab import files
from nnlab.errors import RunError
from nnlab.integrity.flipped_bits import flipped_back
from nnlab.runs.chained_lines import ENDING, FIRST, next_line, verified
from nnlab.runs.metrics_log import SHORTEST_LOSS, is_lost, lines_of, loss_of, losses_of, parsed

_CHECK = re.compile(rb', "check": "([0-9a-f]{16})"}\n')
_MOST_SEARCHED = 200  # damaged lines in which the flipped bit is searched for; each takes some milliseconds
_MOST_LISTED = 10_000  # kept records among lost ones that are remembered


class Boundary(NamedTuple):
    """A checkpoint's ``step``, and the ``size`` in bytes of the log before it."""

    step: int
    size: int


class Line(NamedTuple):
    """A proven line without its check, and the ``step`` and ``split`` of its record."""

    text: bytes
    step: int
    split: str


@dataclass
class Stretch:
    """The part of a log up to a checkpoint, of step ``end``, with ``expected`` bytes; None after the last one.

    Of it ``kept`` bytes in ``lines`` lines are proven. Others were lost before the line of number ``damaged_at``;
    they are of the steps ``first`` to ``last``.
    """

    first: int
    end: int | None = None
    expected: int | None = None
    kept: int = 0
    lines: int = 0
    damaged_at: int | None = None
    last: int | None = None

    @property
    def missing(self) -> int:
        """Bytes that lines for lost records have to fill."""
        if self.expected is not None:
            return self.expected - self.kept
        return SHORTEST_LOSS if self.damaged_at is not None and self.damaged_at < self.lines else 0

    def damage(self, step: int, until: int | None) -> None:
        """Note that lines are missing here, after a record of ``step`` and before one of ``until``, if known."""
        if self.damaged_at is None:
            self.damaged_at, self.first = self.lines, max(step, self.first)
        self.last = until if until is not None else self.end


@dataclass
class MendedLog:
    """What mending a log comes to: its parts, the number of ``flipped`` bits, and the proven ``records``.

    ``lost`` has the first and the last step of each part with lost records, ``kept`` step and split of the records
    in these that are not lost.
    """

    stretches: list[Stretch]
    flipped: int = 0
    records: int = 0
    kept: set[tuple[int, str]] = field(default_factory=set)

    @property
    def lost(self) -> list[tuple[int, int]]:
        """The first and the last step of each part with lost records."""
        return [(each.first, each.last or each.first) for each in self.stretches if each.missing]


def survey(path: Path, boundaries: Sequence[Boundary]) -> MendedLog:
    """Return what mending the log in ``path`` comes to; a missing file is an empty log.

    Raises RunError if it cannot be read, or does not go with the ``boundaries`` that checkpoints note.
    """
    log = MendedLog([])
    step, size = 0, 0
    for boundary in sorted(set(boundaries)):
        log.stretches.append(Stretch(step, boundary.step, boundary.size - size))
        step, size = boundary
    log.stretches.append(Stretch(step))
    at, step, damaged = 0, 0, False
    for line in _proven(path, log):
        if line is None or line.step < step:
            damaged = True
            continue
        here = _stretch(log, at, line.step)
        if damaged:
            _note(log, at, here, step, line.step)
        at, step, damaged = here, line.step, False
        log.stretches[at].kept += len(line.text) + ENDING
        log.stretches[at].lines += 1
        log.records += 1
    _note(log, at, len(log.stretches) - 1, step, None)
    for each in log.stretches:
        if each.missing and each.damaged_at is None:
            each.damage(each.end or each.first, None)
    if any(each.missing < 0 or 0 < each.missing < SHORTEST_LOSS for each in log.stretches):
        raise RunError(f"{path} cannot be mended: its records are not those that the checkpoints continue from")
    if log.lost:
        kept = (line for line in _proven(path, MendedLog([])) if line and is_lost(line.step, log.lost))
        log.kept = {(line.step, line.split) for line in islice(kept, _MOST_LISTED)}
    return log


def mended_lines(path: Path, log: MendedLog) -> Iterator[bytes]:
    """Yield the lines of the log in ``path``, mended as ``survey`` found; raises RunError if it cannot be read."""
    at, number, check, step = 0, 0, FIRST, 0
    filled: set[int] = set()

    def fill(part: int) -> Iterator[bytes]:
        nonlocal check
        stretch = log.stretches[part]
        if part not in filled and stretch.missing:
            filled.add(part)
            for line in losses_of(stretch.first, stretch.last or stretch.first, stretch.missing, check):
                check = line[-ENDING:].split(b'"')[3].decode()
                yield line

    for line in _proven(path, MendedLog([])):
        if line is None or line.step < step:
            continue
        step, here = line.step, _stretch(log, at, line.step)
        for part in range(at, here):
            yield from fill(part)
        at, number = here, number if here == at else 0
        if log.stretches[at].damaged_at == number:
            yield from fill(at)
        content, check = next_line(check, line.text)
        yield content
        number += 1
    for part in range(at, len(log.stretches)):
        yield from fill(part)


def _stretch(log: MendedLog, at: int, step: int) -> int:
    """Return the number of the part, from number ``at`` on, that a record of ``step`` is in."""
    while (end := log.stretches[at].end) is not None and step > end:
        at += 1
    return at


def _note(log: MendedLog, at: int, here: int, step: int, until: int | None) -> None:
    """Note damage after a record of ``step`` in part ``at`` and before one of ``until`` in part ``here``."""
    for number in range(at, here + 1):
        log.stretches[number].damage(step, until if number == here else None)


def _proven(path: Path, log: MendedLog) -> Iterator[Line | None]:
    """Yield the lines of a log that their checks prove, and None where there is damage; count flipped bits."""
    with ExitStack() as stack:
        lines = lines_of(stack.enter_context(files.reading(path))) if path.is_file() else iter(())
        befores, waiting, searched = {FIRST}, list[bytes](), 0
        while line := waiting.pop() if waiting else next(lines, b""):
            before = next((each for each in befores if verified(line, each)), None)
            if before is None and line.endswith(b"\n") and searched < _MOST_SEARCHED:
                searched += 1
                following = next(lines, b"")
                mended, rest = _searched(line, following, befores)
                waiting = [each for each in (rest, *reversed(mended)) if each]
                log.flipped += bool(mended)
                if mended:
                    continue
            if before is None:
                yield None
                befores = {next_line(each, line[:-ENDING])[1] for each in befores} | _written(line)
                continue
            befores = {verified(line, before) or ""}
            yield _line(line)


def _searched(line: bytes, following: bytes, befores: set[str]) -> tuple[list[bytes], bytes]:
    """Return the intact lines that a damaged one becomes when one bit is flipped, and the line that is to follow.

    The bit may have been the end of the line, or have become one: then the line that follows belongs to it.
    """
    for content, rest in ((line, following), (line + following, b"")):
        for before in befores:
            if mended := flipped_back(content, partial(_is_chain, before=before)):
                return mended.splitlines(keepends=True), rest
    return [], following


def _is_chain(content: bytes, before: str) -> bool:
    """Return whether each line in ``content`` follows from the check of the one before."""
    for line in content.splitlines(keepends=True):
        check = verified(line, before)
        if check is None:
            return False
        before = check
    return True


def _written(line: bytes) -> set[str]:
    """Return the check that a damaged ``line`` bears, if it has one."""
    found = _CHECK.fullmatch(line[-ENDING:])
    return {found[1].decode()} if found else set()


def _line(line: bytes) -> Line | None:
    """Return a proven line; None if it is nonetheless not a record."""
    if loss := loss_of(line):
        return Line(line[:-ENDING], loss[1], "lost")
    record = parsed(line)
    return Line(line[:-ENDING], record["step"], record["split"]) if record else None
