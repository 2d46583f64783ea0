"""From a document to typed models, and from pydantic's errors to messages a user can act on."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from nnlab.config.document import Document
from nnlab.config.nodes import Mapping, Node, Scalar, Sequence, plain
from nnlab.errors import Problem, closest, printable, suggest
from nnlab.registry import Component, Registry, SpecOf

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]

_YAML_1_1_BOOLEANS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def validate(document: Document, model: type[M]) -> tuple[M | None, list[Problem]]:
    """Return the ``model`` that ``document`` fills, or None and everything that is wrong with it."""
    data = plain(document.root)
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        errors = error.errors(include_url=False)
    if _take_texts(document, data, errors):
        try:
            return model.model_validate(data), []
        except ValidationError as error:
            errors = error.errors(include_url=False)
    errors = [error for error in errors if not _is_echo(document, error)]
    misspelt = {(*error["loc"][:-1], _meant(model, error["loc"])) for error in errors if _is_extra(error)}
    return None, [
        problem(document, model, error)
        for error in errors
        if error["type"] != "missing" or error["loc"] not in misspelt
    ]


def _is_echo(document: Document, error: ErrorDetails) -> bool:
    """Return whether ``error`` counts only the valid entries of a list whose invalid ones are reported."""
    node, _ = document.at(*error["loc"])
    return error["type"] == "too_short" and isinstance(node, Sequence) and len(node.items) > 0


def _is_extra(error: ErrorDetails) -> bool:
    return error["type"] == "extra_forbidden"


def _meant(model: type[BaseModel], loc: Path) -> str | None:
    """Return the key that an unknown one at the end of ``loc`` most likely was to be."""
    return closest(str(loc[-1]), fields_at(model, loc[:-1]))


def validate_entry(annotation: Any, registry: Registry, node: Node) -> Any | None:
    """Return what a single ``node`` means as an entry of ``registry``, or None if that cannot be told.

    Keys that are misspelt are taken for what they most likely were to be, and those that mean nothing are
    left out, so that whatever follows can be checked too.
    """
    data = plain(node)
    for _ in range(2):
        try:
            return _adapter(annotation).validate_python(data)
        except ValidationError as error:
            unknown = [
                str(each["loc"][-1]) for each in error.errors() if _is_extra(each) and len(each["loc"]) == 2
            ]
            if not unknown:
                return None
        known = registry.options(data["type"])
        meant = {closest(key, known) or key: data[key] for key in unknown}
        data = {key: value for key, value in (meant | data).items() if key not in unknown}
    return None


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def _take_texts(document: Document, data: Any, errors: list[ErrorDetails]) -> bool:
    """Type overrides like the field they hit: ``name=007`` is a text where a text is meant."""
    changed = False
    for error in errors:
        node, place = document.at(*error["loc"])
        if error["type"] == "string_type" and not place.line and isinstance(node, Scalar):
            holder = data
            steps = list(_existing(document, error["loc"]))
            for step in steps[:-1]:
                holder = holder[step]
            if isinstance(holder, dict):
                holder[steps[-1]] = node.text
                changed = True
    return changed


def _existing(document: Document, loc: Path) -> Iterator[str | int]:
    """Yield the steps of ``loc`` that are keys and indices of the document, without the unions' tags."""
    node: Node = document.root
    for step in loc:
        if isinstance(node, Mapping) and step in node.entries:
            node = node.entries[str(step)].node
            yield step
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            yield step


def dotted(path: Iterator[str | int] | Path) -> str:
    """Return ``network[3].kernel`` for the path (network, 3, kernel)."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def problem(document: Document, model: type[BaseModel], error: ErrorDetails) -> Problem:
    """Return what a pydantic ``error`` in ``document`` means to whoever wrote the config."""
    loc: Path = error["loc"]
    kind = error["type"]
    name = dotted(_existing(document, loc))
    node, place = document.at(*loc)
    if kind == "extra_forbidden":
        key = str(loc[-1])
        parent = dotted(_existing(document, loc[:-1]))
        message = f"unknown key {printable(key)!r}" + (f" in {parent}" if parent else "")
        return document.key(*loc).problem(message, suggest(key, fields_at(model, loc[:-1])))
    if kind == "missing":
        parent = dotted(_existing(document, loc[:-1]))
        where = f"{parent}: " if parent else ""
        return place.problem(f"{where}missing {str(loc[-1])!r}", _wanted(model, loc))
    if kind == "union_tag_invalid":
        known = [tag.strip("'") for tag in error["ctx"]["expected_tags"].split(", ")]
        tag = str(error["ctx"]["tag"])
        if isinstance(node, Mapping):
            place = node.entries["type"].node.place
        return place.problem(f"{name}: unknown type {printable(tag)!r}", suggest(tag, known))
    message, hint = _MESSAGES.get(kind, _other)(error, node)
    return place.problem(f"{name}: {message}" if name else message, hint)


def _given(value: Any) -> str:
    """Return how a message names a value that was given."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = printable(value)
        return f"the text {text[:40] + '...' if len(text) > 40 else text!r}"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, tuple) else str(value)


def _expected(what: str) -> Callable[[ErrorDetails, Node], tuple[str, str]]:
    def message(error: ErrorDetails, node: Node) -> tuple[str, str]:
        given = error["input"]
        return f"expected {what}, got {_given(given)}", _mend(what, given, node)

    return message


def _mend(what: str, given: Any, node: Node) -> str:
    """Return the likely way to write what was meant."""
    if what == "true or false" and str(given).lower() in _YAML_1_1_BOOLEANS:
        return f"write {_YAML_1_1_BOOLEANS[str(given).lower()]}"
    if "text" in what and isinstance(node, Scalar):
        return f"write {node.text!r}, in quotes"
    if "number" in what and isinstance(given, str):
        digits = given.replace("_", "").lstrip("0")
        if digits.replace(".", "", 1).isdecimal() and digits.isascii() and digits != given:
            return f"write {digits}"
    return ""


def _limit(words: str, key: str) -> Callable[[ErrorDetails, Node], tuple[str, str]]:
    def message(error: ErrorDetails, node: Node) -> tuple[str, str]:  # noqa: ARG001 -- one signature for all
        return f"must be {words} {error['ctx'][key]}, got {_given(error['input'])}", ""

    return message


def _one_of(error: ErrorDetails, node: Node) -> tuple[str, str]:  # noqa: ARG001 -- one signature for all
    known = [word.strip("'") for word in error["ctx"]["expected"].replace(" or ", ", ").split(", ")]
    given = error["input"]
    hint = suggest(given, known) if isinstance(given, str) else f"known: {', '.join(known)}"
    what = known[0] if len(known) == 1 else f"one of {', '.join(known)}"
    return f"expected {what}, got {_given(given)}", hint if hint.startswith("did") else ""


def _untyped(error: ErrorDetails, node: Node) -> tuple[str, str]:
    if isinstance(node, Mapping):
        return "missing 'type'", "say which with type: NAME"
    return f"expected a name or a mapping with a type, got {_given(error['input'])}", ""


def _length(error: ErrorDetails, node: Node) -> tuple[str, str]:  # noqa: ARG001 -- one signature for all
    context = error["ctx"]
    if error["type"] == "too_long":
        return f"expected {context['max_length']} entries, got {context['actual_length']}", ""
    if error["type"] == "string_too_long":
        return f"longer than {context['max_length']} characters", ""
    if error["type"] == "string_too_short":
        return "must not be empty", ""
    return f"needs at least {context['min_length']} entry, got {context['actual_length']}", ""


def _other(error: ErrorDetails, node: Node) -> tuple[str, str]:  # noqa: ARG001 -- one signature for all
    message = error["msg"]
    return message[:1].lower() + message[1:], ""


_MESSAGES: dict[str, Callable[[ErrorDetails, Node], tuple[str, str]]] = {
    "int_type": _expected("a whole number"),
    "pair_type": _expected("a whole number, or a list of two"),
    "float_type": _expected("a number"),
    "bool_type": _expected("true or false"),
    "string_type": _expected("a text"),
    "tuple_type": _expected("a list"),
    "model_type": _expected("a mapping"),
    "model_attributes_type": _expected("a mapping"),
    "dict_type": _expected("a mapping"),
    "finite_number": _expected("a finite number"),
    "greater_than": _limit("greater than", "gt"),
    "greater_than_equal": _limit("at least", "ge"),
    "less_than": _limit("less than", "lt"),
    "less_than_equal": _limit("at most", "le"),
    "literal_error": _one_of,
    "union_tag_not_found": _untyped,
    "too_long": _length,
    "too_short": _length,
    "string_too_long": _length,
    "string_too_short": _length,
}


def fields_at(model: type[BaseModel], loc: Path) -> list[str]:
    """Return the keys that a mapping at ``loc`` may have."""
    target = _target(model, loc)
    return list(target.model_fields) if isinstance(target, type) and issubclass(target, BaseModel) else []


def _wanted(model: type[BaseModel], loc: Path) -> str:
    """Return what is known of the key that ``loc`` misses."""
    if loc[-1] == "type":
        return "say which with type: NAME"
    parts = _parts(_target(model, loc))
    registry = next((part for part in parts if isinstance(part, Registry)), None)
    return f"one of {', '.join(registry.names())}" if registry else ""


def _target(model: type[BaseModel], loc: Path) -> Any:
    """Return the model, registry or annotation that ``loc`` leads to."""
    target: Any = model
    base: Any = None
    for step in loc:
        if isinstance(step, int):
            continue
        registry = next((part for part in _parts(target) if isinstance(part, Registry)), None)
        nested = [p for p in _parts(target) if isinstance(p, type) and issubclass(p, BaseModel)]
        if registry is not None:
            base = nested[0] if nested else None
            target = registry.spec(str(step), base) if base else registry.spec(str(step))
        elif nested and step in nested[0].model_fields:
            info = nested[0].model_fields[str(step)]
            target = (info.annotation, *info.metadata)
    found = [p for p in _parts(target) if isinstance(p, type) and issubclass(p, BaseModel)]
    registries = [p for p in _parts(target) if isinstance(p, Registry)]
    return target if registries or not found else found[0]


def _parts(annotation: Any) -> list[Any]:
    """Return the classes and registries inside an annotation, such as those of ``tuple[Annotated[...], ...]``."""
    if isinstance(annotation, SpecOf):
        return [annotation.registry]
    if isinstance(annotation, type) and issubclass(annotation, Component):
        return [annotation.registry]
    inner = annotation if isinstance(annotation, tuple) else get_args(annotation)
    if isinstance(annotation, type) and not inner:
        return [annotation]
    return [part for item in inner for part in _parts(item)]
