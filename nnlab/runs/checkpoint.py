"""One checkpoint: the complete state of a training run, as a safetensors file with a digest of every value."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from nnlab import files
from nnlab.arrays import Array
from nnlab.errors import RunError, printable
from nnlab.runs.saved_facts import saved_facts_problem

_LONGEST_REASON = 300  # characters of what a library says of a damaged file
_LONGEST_HEADER = 2**26  # bytes; a network of a hundred layers needs a thousandth of that


@dataclass(frozen=True)
class Checkpoint:
    """Arrays by name, and ``facts``: plain data such as the step and the positions of random streams."""

    step: int
    arrays: dict[str, Array]
    facts: dict[str, Any] = field(default_factory=dict)

    def group(self, prefix: str) -> dict[str, Array]:
        """Return the arrays named ``prefix/...``, without the prefix."""
        start = f"{prefix}/"
        return {name.removeprefix(start): a for name, a in self.arrays.items() if name.startswith(start)}


def encode(checkpoint: Checkpoint) -> list[bytes | memoryview]:
    """Return the content of a safetensors file with ``checkpoint``: its header, then views of its arrays.

    The arrays, which may take gigabytes, are not copied. Format: https://huggingface.co/docs/safetensors
    """
    arrays = {name: np.asarray(array, order="C") for name, array in checkpoint.arrays.items()}
    digests = {name: digest(array) for name, array in arrays.items()}
    facts = json.dumps({"step": checkpoint.step, "digests": digests, **checkpoint.facts})
    metadata = {"facts": facts, "sha256": hashlib.sha256(facts.encode()).hexdigest()}
    header: dict[str, Any] = {"__metadata__": metadata}
    end = 0
    for name, array in arrays.items():
        start, end = end, end + array.nbytes
        kind = {"b": "BOOL"}.get(array.dtype.kind, f"{array.dtype.kind.upper()}{8 * array.itemsize}")
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": (start, end)}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    contents = (array.reshape(-1).view(np.uint8).data for array in arrays.values())
    return [len(text).to_bytes(8, "little"), text, *contents]


def digest(array: Array) -> str:
    """Return the SHA-256 of an array's type, shape and bytes."""
    sha = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()


def digest_of_header(header: bytes | memoryview) -> str:
    """Return the SHA-256 of a checkpoint's header, in hex digits: it identifies all of its contents."""
    return hashlib.sha256(header).hexdigest()


def identity_of(path: Path) -> str:
    """Return the digest of the header of the checkpoint in ``path``; raises RunError if it cannot be read."""
    with files.reading(path) as file:
        return digest_of_header(file.read(int.from_bytes(file.read(8), "little")))


def read_checkpoint(path: Path, identity: str | None = None) -> Checkpoint:
    """Return the checkpoint in ``path``; raises RunError unless every value matches its digest.

    ``identity`` is the ``digest_of_header`` of the checkpoint that was saved there, if it is known.
    """
    with _damage_reported(path), files.reading(path) as file:
        facts = _facts(file, identity)
        file.seek(0)
        arrays = safetensors.load(file.read())
        digests = facts.pop("digests")
        for name in sorted(digests.keys() | arrays.keys()):
            if name not in arrays or digest(arrays[name]) != digests.get(name):
                raise ValueError(f"{name} does not match its digest")
        return Checkpoint(facts.pop("step"), arrays, facts)


def read_facts(path: Path) -> dict[str, Any]:
    """Return the step and the facts of the checkpoint in ``path``, reading only its header.

    Raises RunError unless they match their digest.
    """
    with _damage_reported(path), files.reading(path) as file:
        return _facts(file, None)


@contextlib.contextmanager
def _damage_reported(path: Path) -> Iterator[None]:
    """Turn errors of parsing ``path`` into a RunError that names it."""
    try:
        yield
    except LookupError as error:
        raise RunError(f"{path} is damaged: its header lacks {error}") from error
    except (SafetensorError, ValueError, TypeError, AttributeError, RecursionError) as error:
        reason = str(error)
        cut = reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}..."
        raise RunError(f"{path} is damaged: {printable(cut)}") from error


def _facts(file: IO[bytes], identity: str | None) -> dict[str, Any]:
    """Return the facts in the header of a safetensors file.

    Raises ValueError, before memory is allocated, unless the file's length matches its header, and the header its
    ``identity`` if that is known.
    """
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if length > min(_LONGEST_HEADER, size - 8):
        raise ValueError(f"it has {size:,} bytes and announces a header of {length:,}")
    text = file.read(length)
    header = json.loads(text)
    metadata = header.pop("__metadata__")
    announced = 8 + length + max((array["data_offsets"][1] for array in header.values()), default=0)
    if announced != size:
        raise ValueError(f"it has {size:,} bytes, its header announces {announced:,}")
    if hashlib.sha256(metadata["facts"].encode()).hexdigest() != metadata["sha256"]:
        raise ValueError("its header does not match its digest")
    if identity not in {None, digest_of_header(text)}:
        raise ValueError("it is another checkpoint than the one that was saved there")
    facts: dict[str, Any] = json.loads(metadata["facts"])
    if problem := saved_facts_problem(metadata["facts"]):
        raise ValueError(problem)
    return facts
