"""Checkpoints: everything a training needs to go on, in safetensors, every value under a digest.

    checkpoints/
      step-00000300.safetensors    parameters, state, optimizer; in its header the step and every random stream
      best-00000200.safetensors    parameters and state of the best evaluation so far
      index.json                   which files are the last, the one before it, and the best; written last

A save writes the new files, reads them back, moves the index over to them, and only then removes what the
index no longer names. Whatever interrupts it, the index names valid files.
"""

import hashlib
import json
import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from nnlab import files
from nnlab.arrays import Array
from nnlab.errors import RunError, SystemFault

Which = Literal["last", "best"]

log = logging.getLogger(__name__)

_NAME = re.compile(r"(step|best)-\d{8,}\.safetensors")


@dataclass(frozen=True)
class Checkpoint:
    """Arrays by name, and ``facts``: plain data such as the step and the positions of random streams."""

    step: int
    arrays: dict[str, Array]
    facts: dict[str, Any] = field(default_factory=dict)

    def group(self, prefix: str) -> dict[str, Array]:
        """Return the arrays called ``prefix/...``, under the rest of their names."""
        start = f"{prefix}/"
        return {name.removeprefix(start): a for name, a in self.arrays.items() if name.startswith(start)}


class Checkpoints:
    """The checkpoints in one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @property
    def exist(self) -> bool:
        """Whether anything has been saved."""
        return any(self._directory.glob("*.safetensors"))

    def save(self, last: Checkpoint, best: Checkpoint | None) -> None:
        """Keep ``last``, and ``best`` where it is a new one; raises SystemFault if the disk refuses."""
        index = self._index() if (self._directory / "index.json").exists() else {}
        before = index.get("last")
        index["last"] = self._write("step", last)
        if before != index["last"]:
            index |= {"previous": before} if before else {}
        if best is not None and index.get("best") != _name("best", best.step):
            index["best"] = self._write("best", best)
        files.write_json(self._directory / "index.json", index)
        for path in self._directory.glob("*.safetensors"):
            if path.name not in index.values():
                path.unlink()

    def load(self, which: Which) -> Checkpoint:
        """Return the last or the best checkpoint, verified; without a best one the last serves.

        A last one that is missing or damaged is replaced by the one before it, with a warning in the log.
        Raises RunError if none can be used.
        """
        index = self._index()
        if which == "best" and index.get("best"):
            return read_checkpoint(self._directory / index["best"])
        names = [index[key] for key in ("last", "previous") if index.get(key)]
        failures = []
        for name in names:
            try:
                checkpoint = read_checkpoint(self._directory / name)
            except RunError as error:
                failures.append(str(error))
                continue
            for failure in failures:
                log.warning("warning: %s; going back to step %d", failure, checkpoint.step)
            return checkpoint
        raise RunError("; ".join(failures) or f"{self._directory.parent} has no checkpoint yet")

    def _index(self) -> dict[str, str]:
        """Return which files are the last, the previous and the best; found again if the index is lost."""
        path = self._directory / "index.json"
        try:
            index = json.loads(path.read_bytes())
        except FileNotFoundError:
            return self._found()
        except OSError as error:
            raise RunError(f"cannot read {path}: {error.strerror}") from error
        except ValueError:
            index = None
        if not isinstance(index, dict) or not all(_is_name(name) for name in index.values()):
            log.warning("warning: %s is damaged; going by the names of the files beside it", path)
            return self._found()
        return index

    def _found(self) -> dict[str, str]:
        steps = sorted(path.name for path in self._directory.glob("step-*.safetensors"))[::-1]
        bests = sorted(path.name for path in self._directory.glob("best-*.safetensors"))[::-1]
        return dict(zip(("last", "previous"), steps, strict=False)) | dict(zip(("best",), bests, strict=False))

    def _write(self, kind: str, checkpoint: Checkpoint) -> str:
        path = self._directory / _name(kind, checkpoint.step)
        files.write_bytes(path, encode(checkpoint))
        try:
            read_checkpoint(path)
        except RunError as error:
            raise SystemFault(f"wrote {path}, but it does not read back: {error}") from error
        return path.name


def _is_name(value: object) -> bool:
    return value is None or (isinstance(value, str) and _NAME.fullmatch(value) is not None)


def _name(kind: str, step: int) -> str:
    return f"{kind}-{step:08d}.safetensors"


def encode(checkpoint: Checkpoint) -> bytes:
    """Return ``checkpoint`` as the bytes of a safetensors file."""
    arrays = {name: np.ascontiguousarray(array) for name, array in checkpoint.arrays.items()}
    digests = {name: digest(array) for name, array in arrays.items()}
    facts = json.dumps({"step": checkpoint.step, "digests": digests, **checkpoint.facts})
    return safetensors.save(arrays, {"facts": facts, "sha256": hashlib.sha256(facts.encode()).hexdigest()})


def digest(array: Array) -> str:
    """Return the SHA-256 of an array's type, shape and bytes."""
    sha = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()


def read_checkpoint(path: Path) -> Checkpoint:
    """Return the checkpoint in ``path``; raises RunError unless every value is exactly what was saved."""
    try:
        content = path.read_bytes()
        arrays = safetensors.load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        facts_text, signature = header["__metadata__"]["facts"], header["__metadata__"]["sha256"]
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing") from error
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} is damaged: {error}") from error
    if hashlib.sha256(facts_text.encode()).hexdigest() != signature:
        raise RunError(f"{path} is damaged: its header does not match its digest")
    facts = json.loads(facts_text)
    digests = facts.pop("digests")
    for name in sorted(set(digests) | set(arrays)):
        if name not in arrays or digest(arrays[name]) != digests.get(name):
            raise RunError(f"{path} is damaged: {name} does not match its digest")
    return Checkpoint(facts.pop("step"), arrays, facts)
