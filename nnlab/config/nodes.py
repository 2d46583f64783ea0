"""YAML as a tree whose values have their line and column.

Only plain data is read: no tags, no merge keys, bounded aliases, bounded nesting, bounded size. Scalars
have the types of the YAML 1.2 core schema, with two differences: a whole number in exponent notation, ``1e4``,
is an integer, and ``010``, which YAML 1.1 and 1.2 read differently, stays a string.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

import yaml

from nnlab.config.syntax import SyntaxFault, explain
from nnlab.errors import ConfigError, Problem, printable

MAX_DEPTH = 100
MAX_NODES = 100_000
_EXCERPT = 100  # characters of a long line that are shown
_BEFORE = 60  # of these, the characters before the mark

_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_SPECIAL = {".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,18})")
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]{0,17})(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][-+]?[0-9]{1,3})?")


_MOST_DUPLICATES = 50  # in one file
_LONGEST_KEY = 100  # characters of a key in a message


@dataclass(frozen=True)
class Position:
    """A position in a file: line and column from 1, the number of characters to mark, and the line itself.

    ``excerpt`` is the line or, if it is long, a part of it after ``skipped`` characters. An override on the
    command line has a ``source`` but no line (0).
    """

    source: str
    line: int = 0
    column: int = 0
    length: int = 1
    excerpt: str = ""
    skipped: int = 0

    def problem(self, message: str, hint: str = "") -> Problem:
        """Return a problem at this position."""
        return Problem(message, self.source, self.line, self.column, self.length, self.excerpt, self.skipped, hint)


@dataclass(frozen=True)
class Scalar:
    """A single value, and the ``text`` that was written."""

    value: Any
    text: str
    position: Position
    nodes: int = 1


@dataclass(frozen=True)
class Sequence:
    """A list."""

    items: "tuple[Node, ...]"
    position: Position
    nodes: int = 1


@dataclass(frozen=True)
class Pair:
    """The value of a key, and the position of the key."""

    key: Position
    node: "Node"


@dataclass(frozen=True)
class Mapping:
    """Values by key."""

    entries: dict[str, Pair]
    position: Position
    nodes: int = 1


Node: TypeAlias = Scalar | Sequence | Mapping


def meaning(text: str) -> Any:
    """Return the value of the plain (unquoted) scalar ``text``: None, a bool, an int, a float or a string."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        value = float(text)
        whole = value.is_integer() and abs(value) < 2**53 and "e" in text.lower()
        return int(value) if whole else value
    return _SPECIAL.get(text.lower(), text)


def plain(node: Node) -> Any:
    """Return ``node`` as plain data: dicts, tuples and scalars."""
    if isinstance(node, Mapping):
        return {key: plain(entry.node) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return tuple(plain(item) for item in node.items)
    return node.value


def compose(text: str, source: str) -> tuple[Node, list[Problem]]:
    """Return the tree of the YAML ``text`` and the problems that do not stop reading (duplicate keys).

    Raises ConfigError for those that do: syntax, tags, recursive or exploding aliases, depth.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:  # a command line's bytes in another encoding
        raise ConfigError([Problem(f"not UTF-8 text (character {error.start + 1})", source)]) from error
    composer = _Composer(text, source)
    try:
        return composer.document(), composer.problems
    except yaml.YAMLError as error:
        raise ConfigError([composer.syntax_problem(error)]) from error


def _shortened(key: str) -> str:
    return repr(printable(key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}..."))


@dataclass
class _Composer:
    """Build nodes from parser events, each event consumed once."""

    text: str
    source: str
    problems: list[Problem] = field(default_factory=list)
    _anchors: dict[str, Node | None] = field(default_factory=dict)
    _depth: int = 0

    def __post_init__(self) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._events: Iterator[Any] = yaml.parse(self.text, Loader=loader)
        self._lines = re.split(r"\r\n|[\n\r\x85\u2028\u2029]", self.text)

    def document(self) -> Node:
        """Return the root of the only document; an empty file is an empty mapping."""
        next(self._events)
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return Mapping({}, self._position(event))
        root = self._node(next(self._events))
        next(self._events)
        extra = next(self._events)
        if not isinstance(extra, yaml.StreamEndEvent):
            self._fail(extra, "a second document; a config is a single document", "remove the line ---")
        return root

    def _node(self, event: Any) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if getattr(event, "tag", None) is not None:
            self._fail(event, f"tag {event.tag!r} is not allowed; a config is plain data", "remove the tag")
        anchor = event.anchor
        if anchor is not None:
            self._anchors[anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            value = meaning(event.value) if event.implicit[0] else event.value
            node: Node = Scalar(value, event.value, self._position(event))
        else:
            node = self._collection(event)
        if anchor is not None:
            self._anchors[anchor] = node
        return node

    def _collection(self, event: Any) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(event, f"nested more than {MAX_DEPTH} levels deep")
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        node: Node = self._mapping(event) if is_mapping else self._sequence(event)
        if node.nodes > MAX_NODES:
            self._fail(event, f"more than {MAX_NODES:,} values, counting aliases")
        self._depth -= 1
        return node

    def _sequence(self, start: Any) -> Sequence:
        items: list[Node] = []
        count = 1
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event))
            count += items[-1].nodes
            self._bound(event, count)
        return Sequence(tuple(items), self._position(start), count)

    def _mapping(self, start: Any) -> Mapping:
        entries: dict[str, Pair] = {}
        count = 1
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key, key_position = self._key(event)
            value = self._node(next(self._events))
            count += 1 + value.nodes
            self._bound(event, count)
            if key in entries:
                if len(self.problems) == _MOST_DUPLICATES:
                    why = f"more than {_MOST_DUPLICATES} duplicate keys; the rest of the file is not read"
                    raise ConfigError([*self.problems, key_position.problem(why)])
                hint = f"first given in line {entries[key].key.line}"
                self.problems.append(key_position.problem(f"duplicate key {_shortened(key)}", hint))
            else:
                entries[key] = Pair(key_position, value)
        return Mapping(entries, self._position(start), count)

    def _key(self, event: Any) -> tuple[str, Position]:
        if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
            self._fail(event, "a key must be a plain name")
        if event.value == "<<" and event.implicit[0]:
            self._fail(event, "merge keys (<<) are not supported", "use extends: BASE.yaml")
        if event.anchor is not None:
            self._anchors[event.anchor] = Scalar(event.value, event.value, self._position(event))
        return event.value, self._position(event)

    def _alias(self, event: Any) -> Node:
        name = event.anchor
        if name not in self._anchors:
            self._fail(event, f"alias *{name} refers to an anchor that is not defined before it")
        node = self._anchors[name]
        if node is None:
            self._fail(event, f"alias *{name} is inside the value that it refers to")
        return node

    def _bound(self, event: Any, count: int) -> None:
        if count > MAX_NODES:
            self._fail(event, f"more than {MAX_NODES:,} values, counting aliases")

    def _position(self, event: Any) -> Position:
        return self._at(event.start_mark, len(getattr(event, "value", None) or " "))

    def _at(self, mark: Any, length: int = 1) -> Position:
        """Return the position of a parser's mark, with the part of its line that fits a terminal."""
        line = self._lines[mark.line] if mark.line < len(self._lines) else ""
        skipped = max(0, mark.column - _BEFORE) if len(line) > _EXCERPT else 0
        excerpt = printable(line[skipped : skipped + _EXCERPT])
        length = max(1, min(length, skipped + len(excerpt) - mark.column))
        return Position(self.source, mark.line + 1, mark.column + 1, length, excerpt, skipped)

    def _fail(self, event: Any, message: str, hint: str = "") -> NoReturn:
        raise ConfigError([*self.problems, self._position(event).problem(message, hint)])

    def syntax_problem(self, error: yaml.YAMLError) -> Problem:
        """Return the parser's ``error`` as a problem at the position of its cause."""
        if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
            return Position(self.source).problem(f"not valid YAML: {printable(str(error).splitlines()[0])}")
        mark = error.problem_mark
        cause = explain(SyntaxFault(self._lines, mark.line, mark.column, error.context or "", error.problem or ""))
        if cause is None:
            message = ", ".join(part for part in (error.context, error.problem) if part)
            return self._at(mark).problem(f"not valid YAML: {printable(message)}")
        return self._at(cause).problem(f"not valid YAML: {cause.message}", cause.hint)
