"""The test ledger of a run: what was measured on test data, when and why, so that nobody looks twice unawares.

``test-ledger.jsonl`` has a line for each evaluation after training, and one for all that ``evaluate_on: test``
asks for in training, brought up to date after each. It is written before the numbers are told, as a whole each
time, so that a killed process leaves the ledger before or after a look.

What counts as a *look* is a state of the network: evaluations after the same step repeat one another to the bits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, ValidationError

from nnlab import files
from nnlab.errors import RunError
from nnlab.runs.locking import in_turn

NAME = "test-ledger.jsonl"


class LedgerEntry(BaseModel):
    """One line: the newest ``accuracy`` (0-1) and ``loss`` (nats; None: not finite), those after ``step`` steps.

    ``when`` is in UTC, ``cause`` the command. ``checkpoint`` says which saved state it was; a training has none,
    but evaluated ``every`` so many steps, and after its last. ``other_data`` begins the digest of the examples if
    they are not those of the run.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    when: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    cause: str
    checkpoint: str | None = None
    step: NonNegativeInt
    accuracy: float
    loss: float | None = None
    every: PositiveInt | None = None
    other_data: str | None = None

    @property
    def steps(self) -> frozenset[int]:
        """The steps after which the network was evaluated."""
        return frozenset({self.step, *range(self.every, self.step, self.every)} if self.every else {self.step})


@dataclass(frozen=True)
class Ledger:
    """The entries of a run, in the order in which they were begun."""

    entries: tuple[LedgerEntry, ...] = ()

    @property
    def evaluations(self) -> int:
        """How often test data were evaluated."""
        return sum(len(entry.steps) for entry in self.entries if not entry.other_data)

    @property
    def looks(self) -> int:
        """How many states of the network were evaluated on test data."""
        return len(_steps(self.entries))

    @property
    def in_training(self) -> int:
        """How many of the looks training took, which chooses the best checkpoint by them."""
        return len(_steps(entry for entry in self.entries if entry.every))

    @property
    def repeats(self) -> bool:
        """Whether the newest entry is no new look."""
        *before, newest = self.entries
        return newest.steps <= _steps(before, newest.other_data)

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


def _steps(entries: Iterable[LedgerEntry], other_data: str | None = None) -> frozenset[int]:
    """Return the steps after which the run's test data, or ``other_data``, were evaluated."""
    return frozenset().union(*(entry.steps for entry in entries if entry.other_data == other_data))


def read_ledger(directory: Path) -> Ledger:
    """Return the ledger of the run in ``directory``; raises RunError, which names the line, if it is damaged."""
    path = directory / NAME
    if not path.exists():
        return Ledger()
    entries = []
    for number, line in enumerate(files.read_whole(path).splitlines(), start=1):
        try:
            entries.append(LedgerEntry.model_validate_json(line))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            told = f"{where}: {first['msg']}" if where else first["msg"]
            raise RunError(f"{path}:{number} is damaged: {told}; moved away, the ledger begins anew") from error
    return Ledger(tuple(entries))


def enter(directory: Path, entry: LedgerEntry) -> Ledger:
    """Write ``entry`` into the ledger of the run in ``directory`` and return how it is then.

    That of a training takes the place of the one before, unless it was resumed and is not that far yet. Raises
    RunError if the ledger is damaged, SystemFault if the machine refuses.
    """
    with in_turn(directory):
        entries = list(read_ledger(directory).entries)
        trainings = [index for index, each in enumerate(entries) if each.every and entry.every]
        if not trainings:
            entries.append(entry)
        elif entry.step > entries[trainings[0]].step:
            entries[trainings[0]] = entry
        lines = (each.model_dump_json(exclude_none=True) for each in entries)
        files.write_text(directory / NAME, "".join(f"{line}\n" for line in lines))
    return Ledger(tuple(entries))
