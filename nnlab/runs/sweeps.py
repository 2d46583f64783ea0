"""The sweep directory: cells, which are run directories, and a file with their status.

runs/sweep-mnist-7f3a91c2/
sweep.json                                name, axes, and the directory, settings and status of each cell
cells/000-learning_rate=0.1-seed=0/       an ordinary run directory
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import Field, field_validator

from nnlab import files
from nnlab.errors import RunError, brief
from nnlab.runs.directory import Run, began, find_run, list_runs
from nnlab.runs.locking import locked
from nnlab.runs.records import Count, Environment, Record, parse_record, read_record

Status: TypeAlias = Literal["pending", "running", "interrupted", "failed", "completed"]


@dataclass(frozen=True)
class Cell:
    """One training run of a sweep.

    ``settings`` has its value on each axis of the sweep, ``error`` the reason of a failure, ``attempts`` the
    number of times it was started or resumed, ``changes`` the differences of its config from the sweep's, each as
    KEY=VALUE, and ``planned`` the digest of its config as the sweep laid it out, if that is recorded.
    """

    run: Run
    settings: dict[str, Any]
    status: Status = "pending"
    error: str | None = None
    attempts: int = 0
    changes: tuple[str, ...] = ()
    planned: str | None = None

    @property
    def problem(self) -> str | None:
        """Why the config of the cell is not the one that the sweep laid out for it; None if it is, or unknown."""
        environment = self.run.path / "environment.json"
        try:
            if self.planned is None:
                return None
            if environment.exists():
                began = read_record(environment, Environment).planned
                exchanged = began not in {None, self.planned}
                return "it is of another cell; were folders exchanged?" if exchanged else None
            if self.run.config.is_file() and files.digest(files.read_whole(self.run.config)) != self.planned:
                return "it was edited since the sweep was laid out, or is of another cell"
        except RunError:  # reported where the cell is trained
            return None
        return None


@dataclass(frozen=True)
class Sweep:
    """A sweep directory: ``axes`` has the values of each key that varies, ``seed`` last.

    The names of variants, if any, are an axis called ``variant``. ``began`` is when its directory was made (UTC,
    with microseconds), or None if unknown.
    """

    path: Path
    name: str
    axes: dict[str, list[Any]]
    cells: tuple[Cell, ...]
    began: str | None = None

    @property
    def size(self) -> str:
        """The number of cells, in words."""
        return f"{len(self.cells):,} cell{'' if len(self.cells) == 1 else 's'}"

    @property
    def variants(self) -> dict[Run, str]:
        """The variant's name of each run, if the sweep has variants."""
        return {cell.run: str(cell.settings["variant"]) for cell in self.cells if "variant" in cell.settings}

    def as_json(self) -> dict[str, Any]:
        """Return the sweep as plain data: the content of sweep.json but for the digests of configs."""
        cells = [
            {
                "directory": cell.run.path.relative_to(self.path).as_posix(),
                "settings": cell.settings,
                "changes": list(cell.changes),
                "status": cell.status,
                "error": cell.error,
                "attempts": cell.attempts,
            }
            for cell in self.cells
        ]
        since = {"began": self.began} if self.began else {}
        return {"name": self.name, **since, "axes": self.axes, "cells": cells}

    def write(self) -> None:
        """Write sweep.json; raises SystemFault if it cannot be written."""
        content = self.as_json()
        for each, cell in zip(content["cells"], self.cells, strict=True):
            if cell.planned:
                each["planned"] = cell.planned
        files.write_json(self.path / "sweep.json", content)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the sweep for one process while it runs; raises RunError if another holds it."""
        with locked(self.path):
            yield


class _CellRecord(Record):
    """A cell in sweep.json; ``directory`` is relative to the sweep's."""

    directory: str
    settings: dict[str, Any]
    status: Status
    error: str | None
    attempts: Count
    changes: list[str] = Field(default_factory=list)
    planned: str | None = None

    def cell(self, sweep: Path) -> Cell:
        """Return the cell in the directory of its ``sweep``."""
        run = Run(sweep / self.directory)
        changes = tuple(self.changes)
        return Cell(run, self.settings, self.status, self.error, self.attempts, changes, self.planned)

    @field_validator("directory")
    @classmethod
    def _inside(cls, directory: str) -> str:
        path = Path(directory)
        if path.is_absolute() or ".." in path.parts or "\0" in directory:
            raise ValueError(f"{brief(directory)} is not a directory of the sweep")
        return directory


class _SweepRecord(Record):
    """The content of sweep.json."""

    name: str
    began: str | None = None
    axes: dict[str, list[Any]]
    cells: list[_CellRecord]


def read_sweep(path: str | Path) -> Sweep:
    """Return the sweep in the directory ``path``; raises RunError if there is none, or it is damaged."""
    path = Path(path)
    source = path / "sweep.json"
    found = parse_record(files.read_checked(source), _SweepRecord, str(source))
    return Sweep(path, found.name, found.axes, tuple(each.cell(path) for each in found.cells), found.began)


def cell_of(run: Run) -> Cell | None:
    """Return ``run`` as a cell of the sweep that contains it; None if there is none, or it cannot be read."""
    path = run.path.absolute().parent.parent
    if run.path.absolute().parent.name != "cells" or not (path / "sweep.json").is_file():
        return None
    try:
        cells = read_sweep(path).cells
    except RunError:
        return None
    return next((cell for cell in cells if cell.run.path == run.path.absolute()), None)


def find_sweep(address: str, root: Path) -> Sweep:
    """Return the sweep at ``address``: a path, a unique part of a name in ``root``, or ``latest``.

    Raises RunError if there is none, or more than one.
    """
    if not files.is_name(address) or len(address) > 4096:
        raise RunError(f"{address[:40]!r} is not a sweep")
    with contextlib.suppress(OSError):  # a name too long for the file system
        for path in (Path(address), root / address):
            if (path / "sweep.json").is_file():
                return read_sweep(path if path.name not in {"", ".."} else path.resolve())
    sweeps = _sweeps(root)
    if address == "latest" and sweeps:
        return read_sweep(sweeps[-1])
    matches = [path for path in sweeps if path.name.startswith(address)]
    matches = matches or [path for path in sweeps if address in path.name]
    if len(matches) != 1:
        why = f"{len(matches)} in {root} have this name" if matches else f"no sweep in {root} has this name"
        raise RunError(f"{address[:80]!r} is not a sweep: {why}")
    return read_sweep(matches[0])


def find_run_or_sweep(address: str, root: Path) -> Run | Sweep:
    """Return the run at ``address``, found as ``find_run`` does, or else the sweep.

    ``latest`` is the newest of all runs and sweeps. Raises RunError if there is neither.
    """
    if address == "latest" and (sweeps := _sweeps(root)):
        runs = list_runs(root)
        if not runs or began(sweeps[-1]) > began(runs[-1].path):
            return read_sweep(sweeps[-1])
    try:
        return find_run(address, root)
    except RunError as error:
        try:
            return find_sweep(address, root)
        except RunError:
            raise error from None


def _sweeps(root: Path) -> list[Path]:
    """Return the directories of the sweeps in ``root``, oldest first."""
    paths = [path.parent for path in root.glob("*/sweep.json")]
    return sorted(paths, key=lambda path: (began(path), path.name))
