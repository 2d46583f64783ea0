"""The index of a run's checkpoints: which file is the last, the one before it, and the best.

    {"last": "step-00000300.safetensors", ..., "digests": {"step-00000300.safetensors": "9b6a...", ...}}

The digest of a checkpoint is the SHA-256 of its header, which has the digest of every array: a checkpoint of
another run is noticed. Indexes of earlier versions have none.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nnlab import files
from nnlab.errors import RunError

NAME = "index.json"

_FILE = re.compile(r"(step|best)-\d{8,}\.safetensors")
_WHICH = ("last", "previous", "best")


@dataclass
class CheckpointIndex:
    """The ``names`` of the files by what they are (last, previous, best), and their ``digests`` by name."""

    names: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    def set(self, which: str, name: str | None, digest: str | None = None) -> None:
        """Let ``name`` be the last, previous or best file; None: there is none."""
        self.names.pop(which, None)
        if name is not None:
            self.names[which] = name
            if digest is not None:
                self.digests[name] = digest

    def write(self, directory: Path) -> None:
        """Write index.json to ``directory``; raises SystemFault if it cannot be written."""
        used = {name: digest for name, digest in self.digests.items() if name in self.names.values()}
        files.write_json(directory / NAME, {**self.names, **({"digests": used} if used else {})})


def read_index(directory: Path) -> CheckpointIndex:
    """Return the index in ``directory``; raises RunError if it is missing, damaged or altered."""
    path = directory / NAME
    content = files.read_json(path)
    digests = content.pop("digests", {})
    names = {which: name for which, name in content.items() if name is not None}
    if not set(names) <= set(_WHICH) or not all(map(is_checkpoint_name, names.values())):
        raise RunError(f"{path} is damaged: it names files that are no checkpoints")
    if not isinstance(digests, dict) or not all(isinstance(each, str) for each in digests.values()):
        raise RunError(f"{path} is damaged: its digests are none")
    return CheckpointIndex(names, digests)


def index_of(names: Iterable[str]) -> CheckpointIndex:
    """Return the index of the files with these ``names``, as far as their names tell."""
    newest = sorted(names, key=lambda name: (len(name), name), reverse=True)
    steps, bests = ([name for name in newest if name.startswith(kind)] for kind in ("step", "best"))
    found = dict(zip(("last", "previous"), steps, strict=False)) | dict(zip(("best",), bests, strict=False))
    return CheckpointIndex(found)


def is_checkpoint_name(name: object) -> bool:
    """Return whether ``name`` is that of a checkpoint."""
    return isinstance(name, str) and _FILE.fullmatch(name) is not None
