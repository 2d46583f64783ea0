"""The run directory: its layout, and how runs are created and found.

runs/20261121-093000-mnist-7f3a/
config.yaml       the resolved config, defaults included; training it again repeats the run
environment.json  versions, BLAS, CPU, threads, data digests, commit, seed; the config, and the digests of the
                  files that are written once
metrics.jsonl     one record a line
checkpoints/      see nnlab.runs.checkpoints
summary.json      status and final numbers, written last
evaluation/       predictions.npz, metrics.json
figures/
tensorboard/      event files, if the config asks for them
"""

import contextlib
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nnlab import files
from nnlab.errors import NnlabError, RunError, system_errors
from nnlab.runs.checkpoint import Checkpoint
from nnlab.runs.checkpoints import Checkpoints, Which
from nnlab.runs.locking import locked
from nnlab.runs.metrics_log import read_metrics

_DATED = re.compile(r"(\d{8})(?:-(\d{6}))?(?!\d)")  # the start of the names that create_run gives


@dataclass(frozen=True)
class Run:
    """One run directory."""

    path: Path

    @property
    def name(self) -> str:
        """The directory's name."""
        return self.path.name

    @property
    def config(self) -> Path:
        """The resolved config."""
        return self.path / "config.yaml"

    @property
    def begun(self) -> bool:
        """Whether training has started; if not, there is only the config."""
        return (self.path / "environment.json").exists() or self.checkpoints.exist

    @property
    def metrics(self) -> Path:
        """The log of records."""
        return self.path / "metrics.jsonl"

    @property
    def figures(self) -> Path:
        """The folder of figures."""
        return self.folder("figures")

    @property
    def evaluation(self) -> Path:
        """The folder of evaluations."""
        return self.folder("evaluation")

    @property
    def tensorboard(self) -> Path:
        """The folder of TensorBoard's event files."""
        return self.folder("tensorboard")

    @property
    def checkpoints(self) -> Checkpoints:
        """The saved states."""
        return Checkpoints(self.folder("checkpoints"))

    def folder(self, *parts: str) -> Path:
        """Return a folder of the run; raises RunError if it is a link, since its files would not be the run's."""
        path = self.path.joinpath(*parts)
        files.refuse_links(path, self.path)
        return path

    def load(self, which: Which) -> Checkpoint:
        """Return the last or the best checkpoint, verified; the last if there is no best one.

        Raises RunError if it is not intact, and says so if the last one is.
        """
        try:
            return self.checkpoints.load(which)
        except RunError as error:
            if which == "last":
                raise
            try:
                step = self.checkpoints.load("last").step
            except RunError:
                raise error from None
            raise RunError(f"{error}; that of step {step:,} is intact: --checkpoint last") from error

    def records(self) -> list[dict[str, Any]]:
        """Return the records logged so far; raises RunError if they cannot be read."""
        return read_metrics(self.metrics)

    def read_json(self, name: str) -> dict[str, Any]:
        """Return the JSON object in the file ``name``; raises RunError if it cannot be read."""
        return files.read_json(self.path / name)

    def recorded_digest(self, name: str) -> str | None:
        """Return the SHA-256 that environment.json records of the file ``name``, which is written once.

        None if it records none, or is missing. Raises RunError if it is damaged.
        """
        if not (self.path / "environment.json").exists():
            return None
        digests = self.read_json("environment.json").get("files")
        stated = digests.get(name) if isinstance(digests, dict) else None
        return stated if isinstance(stated, str) else None

    def write_json(self, name: str, value: Any) -> None:
        """Write ``value`` to the file ``name``; raises SystemFault if it cannot be written."""
        files.write_json(self.path / name, value)

    @contextlib.contextmanager
    def locked(self, *, wait: float = 0) -> Iterator[None]:
        """Hold the run for this process, as ``nnlab.runs.locking.locked`` does."""
        files.refuse_links(self.config, self.path)  # a cell's folder may be a link
        with locked(self.path, wait=wait):
            yield


def check_writable(root: Path) -> None:
    """Raise SystemFault unless directories can be created in ``root``; called before any work is done."""
    with system_errors("write in", root):
        files.make_directory(root)
        files.remove_abandoned(root)
        with tempfile.TemporaryDirectory(dir=root, prefix=".check-"):
            pass


def create_run(root: Path, name: str) -> Run:
    """Create a new run directory in ``root``, such as ``20261121-093000-mnist-7f3a``; raises SystemFault.

    The directory did not exist before: if another run has the name already, a longer random suffix is drawn.
    """
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{slug(name) or 'run'}"
    with system_errors("make", root / stem):
        files.make_directory(root)
        size = 2
        while True:
            path = root / f"{stem}-{secrets.token_hex(size)}"
            try:
                path.mkdir()
                break
            except FileExistsError:
                size = 4
        files.sync_directory(root)
        files.make_directory(path / "checkpoints")
    return Run(path)


def moment() -> str:
    """Return the present time in UTC with microseconds, such as ``2026-11-21T08:30:00.123456Z``."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def slug(name: str) -> str:
    """Return ``name`` reduced to characters that are safe in a directory's name; may be empty."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-.")[:60]


def open_run(address: str, runs_dir: str | Path = "runs") -> Run:
    """Return the run at ``address``: a path, a unique prefix of a name in ``runs_dir``, or ``latest``.

    Raises RunError if there is no such run, or more than one.
    """
    return find_run(address, Path(runs_dir))


def find_run(address: str, root: Path) -> Run:
    """Return the run at ``address``: a path, a unique part of a name in ``root``, or ``latest``.

    A run whose name begins with ``address`` takes precedence over one that contains it, and over cells of sweeps.
    The latest is the one that began last by ``began``. Raises RunError if there is none, or more than one.
    """
    if not files.is_name(address) or len(address) > 4096:
        raise RunError(f"{address[:40]!r} is no run")
    path = Path(address)
    with contextlib.suppress(OSError):  # a name too long for the file system
        for place in (path, root / address):
            if (place / "config.yaml").is_file():
                return _at_home(place)
    runs = list_runs(root)
    if address == "latest":
        if not runs:
            raise RunError(f"there are no runs in {root}")
        return _at_home(runs[-1].path)
    matches = _named(address, runs, root)
    if len(matches) > 1:
        names = ", ".join(run.name for run in matches[:4]) + (", ..." if len(matches) > 4 else "")
        raise RunError(f"{address!r} could be any of {len(matches)} runs: {names}")
    if not matches:
        if sweep := _sweep_at(path, root, address):
            advice = f"nnlab sweep {sweep} continues it, and its runs are {sweep / 'cells'}/..."
            raise RunError(f"{address[:80]!r} is a sweep, not a run: {advice}")
        if damaged := _without_config(address, root):
            advice = f"it has no config.yaml, which nnlab verify {damaged} --repair rebuilds from its checkpoints"
            raise RunError(f"{address[:80]!r} is damaged: {advice}")
        why = "it has no config.yaml" if os.path.isdir(path) else f"no run in {root} has this name"  # noqa: PTH112
        raise RunError(f"{address[:80]!r} is no run: {why}")
    return _at_home(matches[0].path)


def find_damaged(address: str, root: Path) -> Run:
    """Return the run at ``address`` as ``find_run`` does, or a directory whose config is missing.

    Raises RunError if there is neither.
    """
    try:
        return find_run(address, root)
    except RunError:
        if path := _without_config(address, root):
            return _at_home(path)
        raise


def _without_config(address: str, root: Path) -> Path | None:
    """Return the directory at ``address``, a path or a name in ``root``, if it is a run without its config."""
    with contextlib.suppress(OSError):
        for path in (Path(address), root / address):
            if not (path / "config.yaml").is_file() and any((path / "checkpoints").glob("*.safetensors")):
                return path
    return None


def _named(address: str, runs: list[Run], root: Path) -> list[Run]:
    """Return the ``runs`` whose names begin with ``address``, else contain it, else such cells of sweeps."""
    beginning = [run for run in runs if run.name.startswith(address)]
    matches = beginning or [run for run in runs if address in run.name]
    if matches or any(file.parent.name.startswith(address) for file in root.glob("*/sweep.json")):
        return matches
    return [Run(file.parent) for file in sorted(root.glob("*/cells/*/config.yaml")) if address in file.parent.name]


def _sweep_at(path: Path, root: Path, address: str) -> Path | None:
    """Return the only sweep that ``address`` may mean: ``path``, or one in ``root`` with this prefix."""
    with contextlib.suppress(OSError):
        if (path / "sweep.json").is_file():
            return path
    sweeps = [file.parent for file in root.glob("*/sweep.json") if file.parent.name.startswith(address)]
    return sweeps[0] if len(sweeps) == 1 else None


def _at_home(path: Path) -> Run:
    """Return the run at ``path``; raises RunError if that is a link to another folder.

    A link beside its target is accepted as another name of the run.
    """
    if path.name in {"", ".."}:  # "." and paths that end in ".." name no directory
        path = path.resolve()
    if not path.is_symlink():
        return Run(path)
    target = path.resolve()
    if target.parent != path.parent.resolve():
        raise RunError(f"{path} is a link that leads elsewhere; name the run itself: {target}")
    return Run(path.with_name(target.name))


def list_runs(root: Path) -> list[Run]:
    """Return the runs in ``root``, oldest first."""
    if not root.is_dir():
        return []
    paths = [path for path in root.iterdir() if (path / "config.yaml").is_file()]
    return [Run(path) for path in sorted(paths, key=lambda path: (began(path), path.name))]


def began(path: Path) -> float:
    """Return the start time of the run or sweep at ``path``, in seconds since 1970; 0 if unknown.

    It is the moment that environment.json or sweep.json records. Directories of earlier versions lack it: then it
    is the date at the start of the directory's name, in local time, else the time of change of the config or of a
    sweep's folder of cells.
    """
    for record in ("environment.json", "sweep.json"):
        if (recorded := _recorded(path / record)) is not None:
            return recorded
    if parts := _DATED.match(path.name):
        with contextlib.suppress(ValueError, OverflowError):  # digits that are not a date
            return time.mktime(time.strptime(parts[1] + (parts[2] or "000000"), "%Y%m%d%H%M%S"))
    for made in (path / "config.yaml", path / "cells", path):
        with contextlib.suppress(OSError):
            return made.stat().st_mtime
    return 0.0


def _recorded(path: Path) -> float | None:
    """Return the value of ``began`` in a JSON file, in seconds since 1970; None if it is missing or not a time."""
    if not path.exists():
        return None
    try:
        at = datetime.fromisoformat(files.read_json(path)["began"])
        return at.timestamp() if at.tzinfo else None
    except (NnlabError, LookupError, TypeError, ValueError, OverflowError):
        return None
