"""Repair a run: mend each damaged file from what the other files hold, and record what was lost.

The damaged file is kept beside the mended one, as ``metrics.jsonl.damaged-1``. The repair is recorded in
environment.json before the mended file takes its place, so that no mended file passes for one that training wrote.
A process that is killed in between leaves the damaged file in both places; the next repair starts again.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from nnlab import files
from nnlab.activity import announce
from nnlab.errors import RunError, system_errors
from nnlab.integrity import menders
from nnlab.integrity.findings import Verification
from nnlab.integrity.menders import Mending
from nnlab.integrity.verification import verify
from nnlab.runs import Run
from nnlab.runs.records import Environment, Repair, read_record

_ORDER = (
    ("config.yaml", menders.config),
    ("environment.json", menders.environment),
    ("checkpoints/step-", menders.state),
    ("checkpoints/best-", menders.best),
    ("checkpoints/index.json", menders.index),
    ("normalization.safetensors", menders.normalization),
    ("metrics.jsonl", menders.metrics),
    ("summary.json", menders.summary),
    ("test-ledger.jsonl", menders.ledger),
    ("evaluation/", menders.evaluation),
)
"""The beginnings of the names of files that can be mended, each after those it is mended from."""


@dataclass(frozen=True)
class Outcome:
    """The ``repairs`` of a run, and the reasons why ``others`` of its damaged files could not be mended."""

    repairs: tuple[Repair, ...]
    others: tuple[tuple[str, str], ...]


def repair(run: Run) -> Outcome:
    """Mend the damaged files of ``run``, each from the others, and keep what was damaged beside it.

    Raises RunError if another process uses the run, or a folder of it is a link; SystemFault if it cannot be
    written.
    """
    with run.locked():
        for folder in (run.path, run.folder("checkpoints"), run.evaluation):
            files.remove_abandoned(folder)
        return _Repairer(run).result()


class _Repairer:
    """Mends one file after the other, and looks at the run again after each."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._done: dict[str, Repair] = {}
        self._failed: dict[str, str] = {}

    def result(self) -> Outcome:
        """Mend what can be mended."""
        while file := next(self._damaged(verify(self._run, quick=True)), None):
            announce(f"mending {file}")
            try:
                mender = next(mender for start, mender in _ORDER if file.startswith(start))
                whole = menders.flipped(self._run, file) if file.endswith((".json", "ledger.jsonl")) else None
                mending = whole or mender(self._run, file)
                self._done[file] = self._apply(file, mending)
            except RunError as error:
                self._failed[file] = str(error).replace(f"{self._run.path}/", "")
        return Outcome(tuple(self._done.values()), tuple(self._failed.items()))

    def _damaged(self, found: Verification) -> Iterator[str]:
        """Yield the files to mend, in their order; one that is damaged after mending counts as failed."""
        states = {each.file: each for each in found.findings}
        wanting = {file for file in found.damaged if file in states}
        for name in ("checkpoints/index.json", "summary.json"):
            if states[name].state == "missing" and menders.is_wanting(self._run, name):
                wanting.add(name)
        for file in wanting & self._done.keys():
            self._failed.setdefault(file, states[file].note)
        for start, _ in self._order():
            yield from (file for file in sorted(wanting - self._failed.keys()) if file.startswith(start))
        for file in wanting - self._failed.keys():
            self._failed[file] = states[file].note

    def _order(self) -> Iterator[tuple[str, object]]:
        """Yield ``_ORDER``; environment.json, which records repairs, is the first if it cannot be read."""
        try:
            read_record(self._run.path / "environment.json", Environment)
        except RunError:
            yield _ORDER[1]
        yield from _ORDER

    def _apply(self, file: str, mending: Mending) -> Repair:
        """Keep the damaged file, record the repair, and put the mended file in its place."""
        path = self._run.path / file
        files.refuse_links(path.parent, self._run.path)
        kept = _keep(path)
        when = datetime.now(UTC).isoformat(timespec="seconds")
        made = Repair(when=when, file=file, how=mending.how, lost=mending.lost, kept=kept)
        if file == "environment.json":
            _record(self._run, made, menders.environment_of(self._run))
            return made
        if self._run.begun:
            _record(self._run, made, self._run.read_json("environment.json"))
        if mending.write is None:
            with system_errors("remove", path):
                path.unlink(missing_ok=True)
                files.sync_directory(path.parent)
        else:
            with files.replacing(path) as target:
                mending.write(target)
        return made


def _keep(path: Path) -> str | None:
    """Give the damaged file at ``path`` a second name and return that; None if there is no such file.

    What is not a plain file, such as a folder, is renamed instead.
    """
    if not os.path.lexists(path):
        return None
    with system_errors("keep", path):
        for number in count(1):
            place = path.with_name(f"{path.name}.damaged-{number}")
            if os.path.lexists(place):
                if place.is_file() and path.is_file() and place.samefile(path):  # of a repair that was killed
                    return place.name
                continue
            if path.is_symlink() or not path.is_file():
                path.rename(place)
            else:
                _second_name(path, place)
            files.sync_directory(path.parent)
            return place.name
    raise AssertionError  # not reached


def _second_name(path: Path, place: Path) -> None:
    try:
        place.hardlink_to(path)
    except OSError:  # a file system without links
        with files.reading(path) as source, files.replacing(place) as target:
            while part := source.read(2**20):
                target.write(part)


def _record(run: Run, made: Repair, environment: dict[str, object]) -> None:
    """Record a repair in environment.json; the same one of a process that was killed is replaced."""
    earlier = environment.get("repaired")
    others = (
        [each for each in earlier if _same(each) != (made.file, made.kept)] if isinstance(earlier, list) else []
    )
    run.write_json("environment.json", {**environment, "repaired": [*others, made.model_dump()]})


def _same(entry: object) -> tuple[object, object]:
    return (entry.get("file"), entry.get("kept")) if isinstance(entry, dict) else (None, None)
