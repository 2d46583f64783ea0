"""The test ledger of a run: every evaluation on test data, with its time and cause.

``test-ledger.jsonl`` has one line for each evaluation after training, and one line for all evaluations that
``evaluate_on: test`` causes during training, updated after each. The whole file is written before a result is
reported, so a killed process leaves a complete ledger.

The lines are chained by their checks (``nnlab.runs.chained_lines``). The line of training, which changes, is not a
link of the chain: its check is of itself. An evaluation states the check of its line, so that a lost line is
noticed.

A *look* is a state of the network that was evaluated: evaluations after the same step give identical results.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from nnlab import files
from nnlab.errors import RunError
from nnlab.runs.chained_lines import FIRST, next_line, verified
from nnlab.runs.locking import in_turn
from nnlab.runs.records import Count, Fraction, PositiveCount, Record, parse_record

NAME = "test-ledger.jsonl"

_MENDING = "move the file away to start a new ledger"


class LedgerEntry(Record):
    """One line: the newest ``accuracy`` (0-1) and ``loss`` (nats; None: not finite), after ``step`` steps.

    ``when`` is in UTC, ``cause`` is the command. ``checkpoint`` is the saved state that was evaluated. The entry
    of training has none: it evaluated after every ``every`` steps, and after its last. ``other_data`` begins
    the digest of the examples if they are not those of the run.
    """

    when: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    cause: str
    checkpoint: str | None = None
    step: Count
    accuracy: Fraction
    loss: float | None = None
    every: PositiveCount | None = None
    other_data: str | None = None

    @property
    def evaluations(self) -> int:
        """The number of evaluations."""
        return 1 + len(self._earlier)

    def includes(self, step: int) -> bool:
        """Return whether the network was evaluated after ``step`` steps."""
        return step == self.step or step in self._earlier

    @property
    def _earlier(self) -> range:
        """The steps of evaluations before the newest: a range, since a forged file may claim 2**53 of them."""
        return range(self.every, self.step, self.every) if self.every else range(0)


@dataclass(frozen=True)
class Ledger:
    """The entries of a run in the order of their first evaluation; at most one is of training.

    ``checks`` are those of their lines, and None for lines of earlier versions, which lack them.
    """

    entries: tuple[LedgerEntry, ...] = ()
    checks: tuple[str | None, ...] = field(default=(), compare=False)

    @property
    def evaluations(self) -> int:
        """The number of evaluations on the test data of the run."""
        return sum(entry.evaluations for entry in self.entries if not entry.other_data)

    @property
    def looks(self) -> int:
        """The number of states of the network that were evaluated on test data."""
        others = {entry.step for entry in self.entries if not entry.every and not entry.other_data}
        training = [entry for entry in self.entries if entry.every]
        return self.in_training + sum(not any(each.includes(step) for each in training) for step in others)

    @property
    def in_training(self) -> int:
        """The number of looks during training, which choose the best checkpoint."""
        return sum(entry.evaluations for entry in self.entries if entry.every)

    @property
    def repeats(self) -> bool:
        """Whether the newest entry is not a new look."""
        *before, newest = self.entries
        before = [entry for entry in before if entry.other_data == newest.other_data]
        if not newest.every:
            return any(entry.includes(newest.step) for entry in before)
        return len({entry.step for entry in before if newest.includes(entry.step)}) == newest.evaluations

    def __str__(self) -> str:
        if not self.entries:
            return "not looked at"
        text = "looked at once" if self.looks == 1 else f"looked at {self.looks:,} times"
        if self.in_training:
            text += f" ({self.in_training:,} in training, to choose the best checkpoint)"
        if repeated := self.evaluations - self.looks:
            text += f"; {repeated:,} evaluation{'s repeat' if repeated > 1 else ' repeats'} a look"
        if others := sum(entry.other_data is not None for entry in self.entries):
            text += f"; {others:,} evaluation{'s' if others > 1 else ''} on other data"
        return text


def read_ledger(directory: Path) -> Ledger:
    """Return the ledger of the run in ``directory``; raises RunError, which names the line, if it is damaged."""
    path = directory / NAME
    if not path.exists():
        return Ledger()
    lines = files.read_whole(path).splitlines(keepends=True)
    places = [f"{path}:{number}" for number in range(1, len(lines) + 1)]
    try:
        entries = tuple(map(_parsed, lines, places))
        checks = tuple(_checks(lines, entries, places))
    except RunError as error:
        raise RunError(f"{error}; {_MENDING}") from error
    if sum(entry.every is not None for entry in entries) > 1:
        raise RunError(f"{path} is damaged: it has several entries of training; {_MENDING}")
    return Ledger(entries, checks)


def is_whole(content: bytes) -> bool:
    """Return whether ``content`` is that of a ledger of which each line matches its check."""
    lines = content.splitlines(keepends=True)
    places = [""] * len(lines)
    try:
        checks = tuple(_checks(lines, tuple(map(_parsed, lines, places)), places))
    except RunError:
        return False
    return bool(checks) and None not in checks


def _parsed(line: bytes, place: str) -> LedgerEntry:
    """Return the entry in ``line``; raises RunError, which names the ``place``, if it is none."""
    return parse_record(line, LedgerEntry, place)


def _checks(lines: Sequence[bytes], entries: Sequence[LedgerEntry], places: Iterable[str]) -> Iterator[str | None]:
    """Yield the check of each line; raises RunError, which names the place, at the first that does not match.

    In a ledger of an earlier version no line has a check.
    """
    chained = any(json.loads(line).keys() - LedgerEntry.model_fields.keys() for line in lines)
    before = FIRST
    for line, entry, place in zip(lines, entries, places, strict=True):
        check = verified(line, FIRST if entry.every else before) if chained else None
        if chained and check is None:
            raise RunError(f"{place} is damaged: it does not match its check, or a line before it is missing")
        if check and not entry.every:
            before = check
        yield check


def enter(directory: Path, entry: LedgerEntry) -> Ledger:
    """Write ``entry`` into the ledger of the run in ``directory`` and return the new ledger.

    The entry of training replaces the one before, unless a resumed run has not yet reached its step. Raises
    RunError if the ledger is damaged, SystemFault if it cannot be written.
    """
    with in_turn(directory):
        entries = list(read_ledger(directory).entries)
        training = [index for index, each in enumerate(entries) if each.every and entry.every]
        if not training:
            entries.append(entry)
        elif entry.step > entries[training[0]].step:
            entries[training[0]] = entry
        lines, checks = chained_lines(entries)
        files.write_text(directory / NAME, b"".join(lines).decode())
    return Ledger(tuple(entries), checks)


def chained_lines(entries: Iterable[LedgerEntry]) -> tuple[list[bytes], tuple[str, ...]]:
    """Return the lines of ``entries`` and their checks."""
    lines, checks, before = [], [], FIRST
    for each in entries:
        text = each.model_dump_json(exclude_none=True).removesuffix("}").encode()
        line, check = next_line(FIRST if each.every else before, text)
        before = before if each.every else check
        lines.append(line)
        checks.append(check)
    return lines, tuple(checks)
