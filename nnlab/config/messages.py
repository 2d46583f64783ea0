"""Messages for pydantic's errors in the terms of a config."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal, TypeAlias, get_args, get_origin

from nnlab.config.config_document import ConfigDocument
from nnlab.config.nodes import Mapping, Node, Position, Scalar, Sequence, meaning
from nnlab.config.spots import Entries, Spot, dotted, items_of, kind_of
from nnlab.config.wording import number, wording
from nnlab.errors import Problem, brief, closest, printable, suggest

Message: TypeAlias = tuple[str, str]
"""A message, and a hint that may be empty."""

_LONGEST = 40
_DIGITS = 19  # of the longest text that is read as a whole number
_YAML_1_1_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


@dataclass(frozen=True)
class Mistake:
    """An error of pydantic's: the ``rule`` violated by ``node`` at ``spot``.

    ``parent`` is the spot around it, ``meant`` the most likely correction of a name.
    """

    rule: str
    message: str
    context: dict[str, Any]
    spot: Spot
    parent: Spot
    node: Node
    meant: str | None = None


def problem(document: ConfigDocument, mistake: Mistake) -> Problem:
    """Return a mistake in ``document`` as a problem with its position."""
    path, around = mistake.spot.path, dotted(mistake.parent.path)
    if mistake.rule == "extra_forbidden":
        known = sorted(mistake.parent.fields)
        meant = mistake.meant or _elsewhere(document, mistake)
        hint = f"did you mean {meant}?" if meant else f"known: {', '.join(known)}"
        hint = _replacing(document, mistake) or hint
        message = f"unknown key {brief(str(path[-1]))}" + (f" in {around}" if around else "")
        return document.key(*path).problem(message, hint)
    if mistake.rule == "missing":
        position = subject(document, *mistake.parent.path)
        return position.problem(f"{around}: missing {path[-1]!r}".removeprefix(": "), _wanted(mistake))
    message, hint = message_and_hint(mistake)
    name = f"{dotted(path)}: " if path else ""
    return _position(document, mistake).problem(name + message, hint)


def _replacing(document: ConfigDocument, mistake: Mistake) -> str:
    """Return how to replace a component whose type an override changed, but not its other options."""
    path = mistake.parent.path
    node, _ = document.at(*path)
    type_ = node.entries.get("type") if isinstance(node, Mapping) else None
    if type_ is None or type_.key.line or not document.key(*mistake.spot.path).line or not path:
        return ""
    key = ".".join(map(str, path))
    return f"an option of another type; {key}={getattr(type_.node, 'text', '')} replaces all of {dotted(path)}"


def _elsewhere(document: ConfigDocument, mistake: Mistake) -> str | None:
    """Return the dotted key of a section that is the closest match for an unknown key at the top level."""
    dotted_keys: dict[str, str] = {}
    for section in mistake.parent.fields if not mistake.parent.path else ():
        node, _ = document.at(section)
        if isinstance(node, Mapping) and section in document.root.entries:
            dotted_keys |= {key: f"{section}.{key}" for key in node.entries}
    close = closest(str(mistake.spot.path[-1]), dotted_keys)
    return dotted_keys[close] if close else None


def _wanted(mistake: Mistake) -> str:
    """Return a hint at the values of the missing key."""
    if isinstance(mistake.spot.kind, Entries):
        return f"one of {', '.join(mistake.spot.kind.registry.names())}"
    key = str(mistake.spot.path[-1])
    if mistake.spot.fields:
        return f"{key}: mapping of {', '.join(sorted(mistake.spot.fields))}"
    return f"{key}: {wording(mistake.parent.fields[key].rebuild_annotation())}"


def _position(document: ConfigDocument, mistake: Mistake) -> Position:
    """Return the position of a mistake; for a conflict of several options, that of the last one."""
    node, position = document.at(*mistake.spot.path)
    if mistake.rule == "option" and isinstance(node, Mapping):
        named = [entry.key for key, entry in node.entries.items() if key in words(mistake.message)]
        own = document.root.position.source
        return max(
            named,
            key=lambda position: (not position.line, position.source == own, position.line, position.column),
            default=subject(document, *mistake.spot.path),
        )
    is_entry = isinstance(mistake.spot.kind, Entries)
    return subject(document, *mistake.spot.path) if is_entry and isinstance(node, Mapping) else position


def subject(document: ConfigDocument, *path: str | int) -> Position:
    """Return the position that represents the whole node at ``path``: its type, or else its key."""
    node, position = document.at(*path)
    if isinstance(node, Mapping) and "type" in node.entries:
        return node.entries["type"].node.position
    return document.key(*path) if isinstance(node, Mapping) and path and isinstance(path[-1], str) else position


def words(message: str) -> set[str]:
    """Return the words of a message, which include the options that it mentions."""
    return set(re.findall(r"\w+", message))


def message_and_hint(mistake: Mistake) -> Message:
    """Return the message and the hint for a mistake in a value."""
    if isinstance(mistake.spot.kind, Entries) and mistake.rule != "option":
        return _entry(mistake.node, mistake.spot.kind)
    return _MESSAGES.get(mistake.rule, _other)(mistake)


def given(node: Node) -> str:
    """Return the description of a given value in a message."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "nothing"
    return f"the text {brief(node.text)}" if isinstance(node.value, str) else node.text


def _entry(node: Node, kind: Entries) -> Message:
    """Return the message and hint for an entry whose type is not in the registry."""
    names, what = kind.registry.names(), kind.registry.kind
    known = f"known: {', '.join(names)}"
    if isinstance(node, Mapping) and "type" not in node.entries:
        named = next((key for key in node.entries if key in names), None)
        options = ", ..." if named and isinstance(node.entries[named].node, Mapping) else ""
        return "missing 'type'", f"did you mean {{type: {named}{options}}}?" if named else known
    if isinstance(node, Mapping):
        node = node.entries["type"].node
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return f"unknown {what} {brief(node.text)}", suggest(node.text, names)
    return f"expected {'an' if what[0] in 'aeiou' else 'a'} {what}, got {given(node)}", known


def _expected(what: str) -> Callable[[Mistake], Message]:
    def message(mistake: Mistake) -> Message:
        node = mistake.node
        return f"expected {what}, got {given(node)}", _mended(what, node) if isinstance(node, Scalar) else ""

    return message


def _mended(what: str, node: Scalar) -> str:
    """Return a hint at the likely notation."""
    text = node.text if len(node.text) <= _LONGEST else ""
    if what == "true or false":
        meant = _YAML_1_1_BOOLEANS.get(text.lower())
        return f"write {meant}" if meant else ""
    if what == "a text":
        return f"write {text!r}, in quotes" if text and node.value is not None else ""
    if isinstance(node.value, float) and node.value.is_integer() and abs(node.value) < 10**_DIGITS:
        return f"write {int(node.value)}"
    if not isinstance(node.value, str):
        return ""
    return _as_number(node.text, whole="whole" in what)


def _as_number(text: str, *, whole: bool) -> str:
    """Return a hint how to write a number that was read as a text: ``010``, ``1_000``, ``0x1F``, ``'0.5'``."""
    wanted = int if whole else (int, float)
    if isinstance(meaning(text), wanted) and not isinstance(meaning(text), bool):
        return f"write {text}, without quotes"
    digits = text.replace("_", "")
    if digits.isdecimal() and len(digits) > _DIGITS:
        return f"a whole number has at most {_DIGITS} digits"
    try:
        return f"write {int(digits, 16 if digits.lower().startswith('0x') else 10)}"
    except ValueError:
        return ""


def _list(mistake: Mistake) -> Message:
    node, items = mistake.node, items_of(mistake.spot.kind)
    if items[1:] != (...,):
        return f"expected a list of {len(items)}, got {given(node)}", ""
    hint = "begin each entry with a dash" if isinstance(node, Mapping) else ""
    if isinstance(node, Scalar) and node.value is not None and len(node.text) <= _LONGEST:
        hint = f"write [{printable(node.text)}]"
    return f"expected a list, got {given(node)}", hint


def _mapping(mistake: Mistake) -> Message:
    return f"expected a mapping, got {given(mistake.node)}", f"known: {', '.join(sorted(mistake.spot.fields))}"


def _limit(words: str, key: str) -> Callable[[Mistake], Message]:
    def message(mistake: Mistake) -> Message:
        return f"must be {words} {number(mistake.context[key])}, got {given(mistake.node)}", ""

    return message


def _one_of(mistake: Mistake) -> Message:
    """Return the message for a value that matches none of several words or alternatives."""
    node, kind = mistake.node, mistake.spot.kind
    wanted = wording(kind)
    parts = [part for part in map(kind_of, (kind, *get_args(kind))) if get_origin(part) is Literal]
    meant = closest(node.text, map(str, chain(*map(get_args, parts)))) if isinstance(node, Scalar) else None
    hint = f"did you mean {meant}?" if meant else ""
    if not meant and isinstance(node, Scalar) and "number" in wanted:
        hint = _mended(wanted, node)
    return f"expected {wanted if wanted.startswith('one of') else f'a {wanted}'}, got {given(node)}", hint


def _length(mistake: Mistake) -> Message:
    node = mistake.node
    count = len(node.items) if isinstance(node, Sequence) else len(getattr(node, "text", ""))
    if not count:
        return "must not be empty", ""
    items = items_of(mistake.spot.kind)
    if items and items[1:] != (...,):
        return f"must have {len(items)} entries, got {count}", ""
    what = "entries" if items else "characters"
    least, most = (mistake.context.get(f"{which}_length") for which in ("min", "max"))
    return f"must have at {f'most {most}' if least is None else f'least {least}'} {what}, got {count}", ""


def _other(mistake: Mistake) -> Message:
    rule = mistake.message.partition("should ")[2] or "be something else"
    return f"must {rule}, got {given(mistake.node)}", ""


_MESSAGES: dict[str, Callable[[Mistake], Message]] = {
    "bool_type": _expected("true or false"),
    "dict_type": _expected("a mapping"),
    "finite_number": _expected("a finite number"),
    "float_type": _expected("a number"),
    "greater_than": _limit("greater than", "gt"),
    "greater_than_equal": _limit("at least", "ge"),
    "int_type": _expected("a whole number"),
    "less_than": _limit("less than", "lt"),
    "less_than_equal": _limit("at most", "le"),
    "literal_error": _one_of,
    "union": _one_of,
    "model_attributes_type": _mapping,
    "model_type": _mapping,
    "option": lambda mistake: (mistake.message, mistake.context.get("hint", "")),
    "pair_type": _expected("a whole number, or a list of 2"),
    "string_too_long": _length,
    "string_too_short": _length,
    "string_type": _expected("a text"),
    "too_few": _length,
    "too_long": _length,
    "too_short": _length,
    "tuple_type": _list,
}
