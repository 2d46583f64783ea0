"""The run that another one begins with: origin.json, and a copy of what was taken in origin.safetensors.

A run is *extended* if it continues a finished one as a longer training run, and *initialized* if its layers begin
with the weights of another. The copy makes it independent of that run, which may be deleted.
"""

from collections.abc import Sequence
from typing import Literal

from nnlab import files
from nnlab.config import Experiment
from nnlab.errors import RunError
from nnlab.runs.checkpoint import Checkpoint, encode, read_checkpoint
from nnlab.runs.checkpoint_arrays import fingerprint
from nnlab.runs.directory import Run
from nnlab.runs.records import Count, Record, read_record

NAME, COPY = "origin.json", "origin.safetensors"

DIGITS = 12
"""Hex digits of a fingerprint that a config states."""


class CopiedLayer(Record):
    """A layer that begins with the arrays of the layer ``source`` of the other network, by index."""

    layer: Count
    source: Count


class Origin(Record):
    """What a run began with: the ``checkpoint`` of ``step`` of ``run``, whose weights have this ``fingerprint``.

    An extended run lists in ``differences`` why it is not the same as one that was trained so from its beginning;
    if there are none, it is the same, to the bit. An initialized run lists its ``copied`` layers; those that are
    ``new`` began with random weights.
    """

    kind: Literal["extended", "initialized"]
    run: str
    checkpoint: Literal["best", "last"]
    step: Count
    fingerprint: str
    differences: tuple[str, ...] = ()
    copied: tuple[CopiedLayer, ...] = ()
    new: tuple[Count, ...] = ()

    @property
    def repeats_from_config(self) -> bool:
        """Whether ``nnlab train`` with the run's config alone repeats the run."""
        return self.kind == "initialized" or not self.differences


def write_origin(run: Run, origin: Origin, taken: Checkpoint) -> None:
    """Write what ``run`` begins with; raises SystemFault if the machine refuses."""
    with files.replacing(run.path / COPY) as file:
        file.writelines(encode(taken))
    run.write_json(NAME, origin.model_dump(mode="json"))


def read_origin(run: Run) -> Origin | None:
    """Return what ``run`` began with; None if it began with new weights. Raises RunError if it is damaged."""
    path = run.path / NAME
    return read_record(path, Origin) if path.exists() else None


def read_taken(run: Run, origin: Origin) -> Checkpoint:
    """Return the copy of what ``run`` began with; raises RunError unless it is that which ``origin`` describes."""
    path = run.path / COPY
    taken = read_checkpoint(path)
    if (taken.step, fingerprint(taken)) != (origin.step, origin.fingerprint):
        raise RunError(f"{path} is not the checkpoint that {NAME} describes")
    return taken


def changed_although_frozen(origin: Origin, freeze: Sequence[int], taken: Checkpoint, saved: Checkpoint) -> bool:
    """Return whether a layer that was copied and frozen has other weights in ``saved`` than in ``taken``."""
    if origin.kind == "extended":
        sources = {index: index for index in freeze}
    else:
        sources = {each.layer: each.source for each in origin.copied if each.layer in freeze}
    for name, array in saved.arrays.items():
        kind, _, rest = name.partition("/")
        index, _, key = rest.partition(".")
        if kind not in {"params", "state"} or int(index) not in sources:
            continue
        before = taken.arrays.get(f"{kind}/{sources[int(index)]}.{key}")
        if before is None or before.tobytes() != array.tobytes():
            return True
    return False


def described(origin: Origin, labels: Sequence[str]) -> list[tuple[str, str]]:
    """Return the facts on an origin as pairs of a name and a text; ``labels`` are the names of the layers."""
    known = [("origin", f"{origin.checkpoint} checkpoint of {origin.run}, step {origin.step:,}")]
    if origin.kind == "extended":
        same = "the same, to the bit, as if trained so from the beginning"
        why = "not the same as if trained so from the beginning: " + "; ".join(origin.differences)
        return [*known, ("extended", why if origin.differences else same)]
    copied = [
        labels[each.layer] + f" from {each.source}" * (each.source != each.layer)
        for each in origin.copied
        if each.layer < len(labels)
    ]
    new = [labels[index] for index in origin.new if index < len(labels)]
    return [*known, ("copied", ", ".join(copied)), *([("new", ", ".join(new))] if new else [])]


def origin_facts(run: Run, config: Experiment) -> list[tuple[str, str]]:
    """Return the facts on what ``run`` began with and on its frozen layers; empty if it has neither.

    A damaged record is one of the facts.
    """
    labels = [f"network[{index}] ({spec.type})" for index, spec in enumerate(config.network)]
    try:
        begun = read_origin(run)
    except RunError as error:
        return [("origin", str(error))]
    facts = described(begun, labels) if begun else []
    if config.freeze:
        facts.append(("frozen", ", ".join(labels[index] for index in sorted(set(config.freeze)))))
    return facts
