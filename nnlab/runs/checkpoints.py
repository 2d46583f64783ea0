"""The checkpoints of a run: the last, the one before it, and the best.

    checkpoints/
      step-00000300.safetensors    parameters, state, optimizer; in its header the step and every random stream
      best-00000200.safetensors    parameters and state of the best evaluation so far
      index.json                   which files are the last, the one before it, and the best, with their digests;
                                   written last

A save writes the new files, reads them back, updates the index, and only then removes the files that the index no
longer names. If it is interrupted at any point, the index names valid files: the new ones or those before.
"""

import contextlib
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Literal, TypeAlias

from nnlab import files
from nnlab.errors import RunError, SystemFault, system_errors
from nnlab.runs.checkpoint import Checkpoint, digest_of_header, encode, read_checkpoint
from nnlab.runs.checkpoint_index import NAME as INDEX
from nnlab.runs.checkpoint_index import CheckpointIndex, index_of, is_checkpoint_name, read_index

Which = Literal["last", "best"]
Way: TypeAlias = Callable[[Path], AbstractContextManager[IO[bytes]]]

log = logging.getLogger(__name__)

_ATTEMPTS = 50  # at reading beside a process that saves; one is enough unless a save falls into it


class Checkpoints:
    """The checkpoints in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @property
    def exist(self) -> bool:
        """Whether there is a state to resume from."""
        return any(path.name.startswith("step") for path in self._files())

    def save(self, last: Checkpoint, best: Checkpoint | None) -> None:
        """Save ``last``, and ``best`` if it is new; raises SystemFault if they cannot be written."""
        index = self._index() or CheckpointIndex()
        before = index.names.get("last")
        way = files.placing if before else files.replacing
        if best is not None and index.names.get("best") != _name("best", best.step):
            index.set("best", *self._write("best", best, files.placing))
            way = files.replacing
        # Its name alone may be synced with the index: if a power loss drops it, the previous one is left.
        index.set("last", *self._write("step", last, way))
        if before and before != index.names["last"]:
            index.set("previous", before)
        index.write(self._directory)
        for path in self._files():
            if path.name not in index.names.values():
                with contextlib.suppress(OSError):  # it only takes space, and the next save tries again
                    path.unlink()

    def go_on_from(self, last: Checkpoint | None) -> None:
        """Make ``last`` the newest checkpoint: later ones are damaged and are not kept as the previous.

        A best one that is damaged is forgotten, so that the next save writes it again. Temporary files of killed
        processes are removed. Raises SystemFault if the index cannot be written.
        """
        files.remove_leftovers(self._directory)
        if last is None:
            return
        index = self._index() or self._found()
        before = dict(index.names)
        if index.names.get("last") != _name("step", last.step):
            index.set("last", _name("step", last.step))
            index.set("previous", None)
        if (best := index.names.get("best")) and self._first_intact([best], index)[0] is None:
            index.set("best", None)
        if index.names != before:
            index.write(self._directory)

    def load(self, which: Which) -> Checkpoint:
        """Return the last or the best checkpoint, verified; the last if there is no best one.

        If the last one is missing or damaged, the previous one is returned, with a warning in the log. Beside a
        process that saves, index and file are read again if a save removed the file in between. Raises RunError
        if none is intact.
        """
        for _ in range(_ATTEMPTS):
            before = self._index_content()
            index = self._index() or self._found()
            best = index.names.get("best") if which == "best" else None
            names = [best] if best else [index.names[key] for key in ("last", "previous") if key in index.names]
            checkpoint, failures = self._first_intact(names, index)
            if failures and self._index_content() != before:
                continue
            if checkpoint is None:
                raise RunError("; ".join(failures) or f"{self._directory.parent} has no checkpoint yet")
            for failure in failures:
                log.warning("warning: %s; going back to step %d", failure, checkpoint.step)
            return checkpoint
        raise RunError(
            f"{self._directory.parent} is in use: each of {_ATTEMPTS} times, a save replaced the checkpoint "
            "before it was read; try again, or save less often (training.checkpoint_every)"
        )

    def _first_intact(self, names: Sequence[str], index: CheckpointIndex) -> tuple[Checkpoint | None, list[str]]:
        """Return the first checkpoint of ``names`` that is intact, and what is wrong with those before it."""
        failures: list[str] = []
        for name in names:
            try:
                return read_checkpoint(self._directory / name, index.digests.get(name)), failures
            except RunError as error:
                failures.append(str(error))
        return None, failures

    def _files(self) -> list[Path]:
        """Return the checkpoint files, oldest first, without other files in the directory."""
        found = (path for path in self._listed() if is_checkpoint_name(path.name))
        return sorted(found, key=lambda path: (len(path.name), path.name))

    def _listed(self) -> list[Path]:
        with system_errors("read", self._directory):
            try:
                return list(self._directory.iterdir())
            except FileNotFoundError:
                return []

    def _index_content(self) -> bytes | None:
        """Return the bytes of the index; None if it cannot be read."""
        try:
            return files.read_whole(self._directory / INDEX)
        except RunError:
            return None

    def _index(self) -> CheckpointIndex | None:
        """Return the index; None, with a warning in the log if it is damaged, unless it can be read."""
        path = self._directory / INDEX
        try:
            return read_index(self._directory)
        except RunError as error:
            if not (isinstance(error.__cause__, FileNotFoundError) and path not in self._listed()):
                log.warning("warning: %s is damaged; using the names of the files beside it", path)
            return None

    def _found(self) -> CheckpointIndex:
        """Return the index, derived from the names of the files."""
        return index_of(path.name for path in self._files())

    def _write(self, kind: str, checkpoint: Checkpoint, way: Way) -> tuple[str, str]:
        """Write a checkpoint and read it back; return its file's name and digest."""
        path = self._directory / _name(kind, checkpoint.step)
        parts = encode(checkpoint)
        with way(path) as file:
            file.writelines(parts)
        try:
            with files.reading(path) as file:
                same = all(file.read(len(part)) == part for part in parts) and not file.read(1)
        except RunError as error:
            raise SystemFault(f"wrote {path}, but it does not read back: {error}") from error
        if not same:
            with contextlib.suppress(OSError):  # if it stays, its digests reveal the damage
                path.unlink()
            raise SystemFault(f"wrote {path}, but it reads back as something else")
        return path.name, digest_of_header(parts[1])


def _name(kind: str, step: int) -> str:
    return f"{kind}-{step:08d}.safetensors"
