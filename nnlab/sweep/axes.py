"""Axes of a sweep: the keys that vary and their values, from a sweep file or the command line."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nnlab.config.nodes import Mapping, Node, Position, Scalar, plain
from nnlab.config.nodes import Sequence as Items
from nnlab.config.overrides import Override, read_value
from nnlab.config.wording import as_written
from nnlab.errors import ConfigError, brief, printable

MAX_CELLS = 10_000

_RANGE = re.compile(r"(\d{1,18})\.\.(\d{1,18})")


@dataclass(frozen=True)
class Point:
    """One value on an axis, as plain data, and the overrides it stands for."""

    value: Any
    overrides: tuple[Override, ...]


@dataclass(frozen=True)
class Axis:
    """The values of ``key``, or the variants (``key`` is then "variant"); ``place`` is the position of the key."""

    key: str
    points: tuple[Point, ...]
    place: Position

    def __post_init__(self) -> None:
        seen: list[Any] = []
        for point in self.points:
            if point.value in seen:
                place = point.overrides[0].node.position if point.overrides else self.place
                raise ConfigError([place.problem(f"{self.key}: {as_written(point.value)} is given twice")])
            seen.append(point.value)


def axis(key: str, values: Iterable[Node], place: Position) -> Axis:
    """Return the axis on which the config's ``key`` takes ``values``; raises ConfigError for a repeated value."""
    return Axis(key, tuple(Point(data(node), (Override(key, node, place),)) for node in values), place)


def variants(node: Mapping, place: Position) -> Axis:
    """Return the axis of named variants, each a mapping of dotted keys to values."""
    points = [Point(name, settings(entry.node)) for name, entry in node.entries.items()]
    return Axis("variant", tuple(points), place)


def settings(node: Node) -> tuple[Override, ...]:
    """Return the overrides in a mapping of dotted keys to values."""
    entries = node.entries if isinstance(node, Mapping) else {}
    return tuple(Override(key, entry.node, entry.key) for key, entry in entries.items())


def seeds(node: Node, place: Position) -> Axis:
    """Return the axis of seeds: a list of seeds, or a count n for the seeds 0 to n - 1."""
    if isinstance(node, Items):
        return axis("seed", node.items, place)
    count = node.value if isinstance(node, Scalar) else 0
    return axis("seed", _numbers(range(_bounded(count, node.position)), node.position), place)


def read_values(text: str) -> tuple[str, Position, list[Node]]:
    """Parse KEY=VALUE,VALUE,... from the command line into the key, its position and the values.

    Commas inside brackets and quotes do not separate values; ``0..4`` is five integers. Raises ConfigError.
    """
    place = Position(f"override {printable(text)!r}")
    key, equals, value = text.partition("=")
    if not equals or not all(key.split(".")):
        hint = "such as optimizer.learning_rate=0.1,0.01 or seed=0..4"
        raise ConfigError([place.problem("expected KEY=VALUE or KEY=VALUE,VALUE,...", hint)])
    nodes: list[Node] = []
    for part in _parts(value):
        numbers = counted(part, place)
        nodes.extend([read_value(part, place)] if numbers is None else numbers)
    return key, place, nodes


def counted(text: str, place: Position) -> list[Node] | None:
    """Return the integers of a range such as ``0..4``, or None for any other text.

    Raises ConfigError if the range is empty or too long.
    """
    ends = _RANGE.fullmatch(text)
    if ends is None:
        return None
    low, high = int(ends[1]), int(ends[2])
    if low > high:
        raise ConfigError([place.problem(f"the range {brief(text)} is empty", f"write {high}..{low}")])
    _bounded(high - low + 1, place)
    return _numbers(range(low, high + 1), place)


def _parts(text: str) -> list[str]:
    """Split ``text`` at commas outside brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append("")
            continue
        parts[-1] += character
    return parts


def _numbers(numbers: Sequence[int], place: Position) -> list[Node]:
    return [Scalar(number, str(number), place) for number in numbers]


def _bounded(count: int, place: Position) -> int:
    if count > MAX_CELLS:
        raise ConfigError([place.problem(f"{count:,} values; a sweep has at most {MAX_CELLS:,} cells")])
    return count


def data(node: Node) -> Any:
    """Return ``node`` as plain data, in the form in which sweep.json stores it."""
    return json.loads(json.dumps(plain(node)))
