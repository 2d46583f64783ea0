"""Groups of runs whose configs differ only in the seed, and the labels that distinguish groups."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from nnlab.config.resolution import null_means

Flat = dict[str, Any]
"""Values under dotted keys, such as ``optimizer.learning_rate`` and ``network.0.filters``."""

_LEFT_OUT = {
    "name",
    "seed",
    "compute",
    "logging",
    "data.root",
    "training.checkpoint_every",
}  # keys that do not distinguish groups


@dataclass(frozen=True)
class Group:
    """Configs that differ only in the seed.

    ``members`` are their positions in the sequence passed to ``group``. ``name`` is their name if other groups
    have another one, else empty. ``differing`` has the values in which groups of this name differ, without keys
    that the config lacks.
    """

    members: tuple[int, ...]
    name: str
    differing: Flat

    @property
    def label(self) -> str:
        """Name and differences, such as ``learning_rate = 0.1``; empty for a single group."""
        often = Counter(_last(key) for key in self.differing)
        differences = ", ".join(
            f"{_last(key) if often[_last(key)] == 1 else key.removesuffix('.type')} = {_written(value)}"
            for key, value in self.differing.items()
        )
        return ": ".join(filter(None, [self.name, differences]))


def group(configs: Sequence[Mapping[str, Any]]) -> list[Group]:
    """Return the groups of resolved ``configs``, given as plain data, in the order of their first members."""
    flat = [_with_nulls(_flat(config)) for config in configs]
    found: dict[tuple[Any, ...], list[int]] = {}
    for position, (config, values) in enumerate(zip(configs, flat, strict=True)):
        identity = (config["name"], *sorted((key, _written(value)) for key, value in values.items()))
        found.setdefault(identity, []).append(position)
    named: dict[str, list[int]] = {}
    for first, *_ in found.values():
        named.setdefault(configs[first]["name"], []).append(first)
    differing: dict[int, Flat] = {}
    for firsts in named.values():
        readable = _readable([flat[i] for i in firsts], [configs[i]["network"] for i in firsts])
        keys = _differing(readable)
        for first, values in zip(firsts, readable, strict=True):
            differing[first] = {key: values[key] for key in keys if key in values}
    return [
        Group(tuple(members), configs[members[0]]["name"] if len(named) > 1 else "", differing[members[0]])
        for members in found.values()
    ]


def _flat(value: Any, key: str = "") -> Flat:
    """Return the values in nested mappings and lists of mappings, each under its dotted key."""
    if key in _LEFT_OUT:
        return {}
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        value = dict(enumerate(value))
    if not isinstance(value, Mapping):
        return {key: value}
    parts = (_flat(inner, f"{key}.{name}".lstrip(".")) for name, inner in value.items())
    return {name: inner for part in parts for name, inner in part.items()}


def _with_nulls(flat: Flat) -> Flat:
    """Return ``flat`` with null for options that have the value which null means."""
    changed: Flat = {}
    for key in [key for key in flat if key.endswith(".type") or key == "type"]:
        start = key.removesuffix("type")
        for name, source in null_means(str(flat[key])).items():
            if f"{start}{name}" in flat and flat[f"{start}{name}"] == flat.get(f"{start}{source}"):
                changed[f"{start}{name}"] = None
    return flat | changed


def _each_an_epoch(flat: Sequence[Flat]) -> bool:
    """Return whether ``evaluate_every`` may be an epoch of the same examples in all configs, which null means."""
    low, high = 0, 2**63
    for values in flat:
        every, size = values.get("training.evaluate_every"), values.get("training.batch_size")
        if every is None or size is None:
            continue
        dropped = values.get("training.drop_last") and not values.get("training.replacement")
        first = every * size if dropped else (every - 1) * size + 1
        low, high = max(low, first), min(high, first + size - 1)
    return low <= high


def _differing(flat: Sequence[Flat]) -> list[str]:
    """Return the keys whose values differ, in the order of the configs."""
    everything = dict.fromkeys(key for values in flat for key in values)
    keys = [key for key in everything if len({_written(values.get(key, ...)) for values in flat}) > 1]
    if "training.batch_size" in keys and _each_an_epoch(flat):
        keys = [key for key in keys if key != "training.evaluate_every"]
    kinds = tuple(key.removesuffix("type") for key in keys if key.endswith(".type"))
    # An option that only one of several types has adds nothing to the type.
    return [
        key
        for key in keys
        if key.endswith(".type") or not key.startswith(kinds) or all(key in values for values in flat)
    ]


def _readable(flat: Sequence[Flat], networks: Sequence[Sequence[Mapping[str, Any]]]) -> list[Flat]:
    """Return ``flat`` with each network replaced by a text if the types of their layers differ.

    The text has the number of layers and the layers that not all networks have.
    """
    if len({tuple(layer["type"] for layer in network) for network in networks}) == 1:
        return list(flat)
    counts = [Counter((layer["type"], str(layer)) for layer in network) for network in networks]
    common = reduce(and_, counts)
    readable = []
    for values, count in zip(flat, counts, strict=True):
        own = Counter(kind for kind, _ in (count - common).elements())
        names = " + ".join(kind if n == 1 else f"{n} {kind}" for kind, n in own.items())
        text = f"{count.total()} layers" + (f" with {names}" if names else "")
        readable.append({k: v for k, v in values.items() if not k.startswith("network.")} | {"network": text})
    return readable


def _last(key: str) -> str:
    """Return the last name in a key with the positions after it, such as ``augment.0``."""
    parts = key.removesuffix(".type").split(".")
    names = [i for i, part in enumerate(parts) if not part.isdecimal()]
    return ".".join(parts[names[-1] :])


def _written(value: Any) -> str:
    """Return ``value`` as written in a config."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
