"""The layers in which two networks differ."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, TypeAlias

from nnlab.config.wording import as_data, as_written
from nnlab.registry import LAYERS

Layer: TypeAlias = Mapping[str, Any]


def changes(network: Sequence[Layer], reference: Sequence[Layer]) -> str:
    """Return the changes that make ``network`` of ``reference``, such as ``tanh for relu at 1, + relu at 6``.

    Both are plain data. Positions are those in ``network``, or in ``reference`` for layers removed.
    """
    if network == reference:
        return f"{len(network)} layers"
    return ", ".join(_changes(list(network), list(reference)))


def _changes(network: list[Layer], reference: list[Layer]) -> Iterator[str]:
    texts = [str(layer) for layer in reference], [str(layer) for layer in network]
    for tag, old_start, old_end, start, end in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        old, new = reference[old_start:old_end], network[start:end]
        if tag == "equal":
            continue
        replaced = min(len(old), len(new))
        for offset, (before, after) in enumerate(zip(old, new, strict=False)):
            yield f"{_replacement(before, after)} at {start + offset}"
        for offset, layer in enumerate(new[replaced:], start + replaced):
            yield f"+ {_layer(layer)} at {offset}"
        for offset, layer in enumerate(old[replaced:], old_start + replaced):
            yield f"- {_layer(layer)} at {offset}"


def _replacement(before: Layer, after: Layer) -> str:
    """Return ``after for before``; for layers of one type, only the options that differ."""
    if before["type"] != after["type"]:
        return f"{_layer(after)} for {_layer(before)}"
    differing = [key for key in after if before.get(key) != after[key]]
    old, new = ({key: layer.get(key) for key in differing} for layer in (before, after))
    return f"{after['type']} {as_written(new)} for {as_written(old)}"


def _layer(layer: Layer) -> str:
    """Return a layer as in a config: its type and the options that are not defaults."""
    fields = LAYERS.spec(layer["type"]).model_fields
    options = {
        key: value
        for key, value in layer.items()
        if key != "type" and as_data(value) != as_data(fields[key].get_default(call_default_factory=True))
    }
    return f"{layer['type']} {as_written(options)}" if options else layer["type"]
