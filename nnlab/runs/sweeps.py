"""The sweep directory: cells, which are run directories, and a file that says how far they are.

runs/sweep-mnist-7f3a91c2/
sweep.json                                name, axes, and of each cell directory, settings and status
cells/000-learning_rate=0.1-seed=0/       an ordinary run directory
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from nnlab import files
from nnlab.errors import RunError
from nnlab.runs.directory import Run, find_run
from nnlab.runs.locking import locked

Status: TypeAlias = Literal["pending", "running", "interrupted", "failed", "completed"]


@dataclass(frozen=True)
class Cell:
    """One training of a sweep.

    ``settings`` has its value on each axis of the sweep, ``error`` why it failed, ``attempts`` how often it
    was begun or gone on with, ``changes`` what its config says that the sweep's does not, each as KEY=VALUE.
    """

    run: Run
    settings: dict[str, Any]
    status: Status = "pending"
    error: str | None = None
    attempts: int = 0
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sweep:
    """A sweep directory as it was read: ``axes`` has the values of each key that differs, ``seed`` the last.

    The names of variants, if there are any, are an axis called ``variant``.
    """

    path: Path
    name: str
    axes: dict[str, list[Any]]
    cells: tuple[Cell, ...]

    @property
    def size(self) -> str:
        """How many cells there are, in words."""
        return f"{len(self.cells):,} cell{'' if len(self.cells) == 1 else 's'}"

    @property
    def variants(self) -> dict[Run, str]:
        """The name of the variant that each cell's run is of, if the sweep names any."""
        return {cell.run: str(cell.settings["variant"]) for cell in self.cells if "variant" in cell.settings}

    def as_json(self) -> dict[str, Any]:
        """Return what sweep.json holds, as plain data."""
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
        return {"name": self.name, "axes": self.axes, "cells": cells}

    def write(self) -> None:
        """Write sweep.json; raises SystemFault if the disk refuses."""
        files.write_json(self.path / "sweep.json", self.as_json())

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the sweep for one process while it runs; raises RunError if another holds it."""
        with locked(self.path):
            yield


def read_sweep(path: str | Path) -> Sweep:
    """Return the sweep in the directory ``path``; raises RunError if there is none, or it is damaged."""
    path = Path(path)
    data = Run(path).read_json("sweep.json")
    try:
        axes = {str(key): list(values) for key, values in data["axes"].items()}
        return Sweep(path, str(data["name"]), axes, tuple(_cell(path, each) for each in data["cells"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"{path / 'sweep.json'} is damaged: {type(error).__name__}: {error}") from error


def _cell(path: Path, data: dict[str, Any]) -> Cell:
    directory = Path(data["directory"])
    if directory.is_absolute() or ".." in directory.parts:
        raise ValueError(f"{str(directory)!r} is not a directory of the sweep")
    if data["status"] not in get_args(Status):
        raise ValueError(f"{data['status']!r} is no status")
    told = dict(data["settings"]), data["status"], data["error"], data["attempts"]
    return Cell(Run(path / directory), *told, changes=tuple(map(str, data.get("changes", ()))))


def find_sweep(address: str, root: Path) -> Sweep:
    """Return the sweep at ``address``: a path, or a unique part of a name in ``root``.

    Raises RunError if there is none, or more than one.
    """
    if not address or len(address) > 4096 or not address.isprintable():
        raise RunError(f"{address[:40]!r} is no sweep")
    with contextlib.suppress(OSError):  # a name too long for the file system
        for path in (Path(address), root / address):
            if (path / "sweep.json").is_file():
                return read_sweep(path if path.name not in {"", ".."} else path.resolve())
    sweeps = sorted(path.parent for path in root.glob("*/sweep.json"))
    matches = [path for path in sweeps if path.name.startswith(address)]
    matches = matches or [path for path in sweeps if address in path.name]
    if len(matches) != 1:
        why = f"{len(matches)} in {root} have this name" if matches else f"no sweep in {root} has this name"
        raise RunError(f"{address[:80]!r} is no sweep: {why}")
    return read_sweep(matches[0])


def find_run_or_sweep(address: str, root: Path) -> Run | Sweep:
    """Return the run at ``address``, found as ``find_run`` does, or else the sweep.

    Raises RunError if there is neither.
    """
    try:
        return find_run(address, root)
    except RunError as error:
        try:
            return find_sweep(address, root)
        except RunError:
            raise error from None
