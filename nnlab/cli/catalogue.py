"""What can be named in a config, read from the registries."""

import inspect
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from nnlab.errors import UsageError, printable, suggest
from nnlab.registry import (
    DATASETS,
    INITIALIZERS,
    LAYERS,
    LOSSES,
    NORMALIZATIONS,
    OPTIMIZERS,
    SCHEDULES,
    Component,
    Registry,
    SpecOf,
)

_WORDS = {int: "whole number", float: "number", bool: "true or false", str: "text", NoneType: "nothing"}
_REGISTRIES = (LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, INITIALIZERS, DATASETS, NORMALIZATIONS)


def catalogue(name: str | None) -> dict[str, dict[str, Any]]:
    """Return, by kind and name, the summary and options of everything registered, or of ``name`` alone.

    Raises UsageError if nothing is called ``name``.
    """
    kinds: dict[str, dict[str, Any]] = {}
    for registry in _REGISTRIES:
        for each in registry.names():
            if name in {None, each}:
                kinds.setdefault(registry.kind, {})[each] = _facts(registry, each)
    if not kinds:
        known = [each for registry in _REGISTRIES for each in registry.names()]
        raise UsageError(f"nothing is called {printable(str(name))!r} ({suggest(str(name), known)})")
    return kinds


def entry(name: str) -> str:
    """Return the documentation and options of ``name`` as text; raises UsageError if there is none."""
    texts = []
    for kind, names in catalogue(name).items():
        facts = names[name]
        options = [f"  {o['name']}: {o['type']}" + _default(o) for o in facts["options"]] or ["  none"]
        texts.append("\n".join([f"{name} ({kind})", "", facts["documentation"], "", "Options:", *options]))
    return "\n\n".join(texts)


def _default(option: dict[str, Any]) -> str:
    return ", required" if option["required"] else f" = {option['default']}"


def _facts(registry: Registry, name: str) -> dict[str, Any]:
    documentation = inspect.getdoc(registry[name]) or ""
    options = []
    for option, (annotation, default) in registry.options(name).items():
        value = as_written(default)
        required = default is ...
        options.append({"name": option, "type": wording(annotation), "required": required, "default": value})
    return {"summary": documentation.partition("\n")[0], "documentation": documentation, "options": options}


def as_written(default: Any) -> Any:
    """Return a default as a config would write it."""
    if isinstance(default, Component):
        described = default.registry.describe(default)
        options = {key: as_written(value) for key, value in described.items() if key != "type"}
        inside = ", ".join(f"{key}: {value}" for key, value in options.items())
        return f"{{type: {described['type']}, {inside}}}" if inside else described["type"]
    if default is ...:
        return None
    return list(default) if isinstance(default, tuple) else default


def wording(annotation: Any) -> str:
    """Return a type as words: ``whole number``, ``one of mean, sum``, ``initializer``."""
    if annotation in _WORDS:
        return _WORDS[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Component):
        return annotation.registry.kind
    origin, arguments = get_origin(annotation), get_args(annotation)
    kinds = [item.registry.kind for item in arguments if isinstance(item, SpecOf)]
    if kinds:
        return kinds[0]
    if origin is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    return _compound(origin, arguments)


def _compound(origin: Any, arguments: tuple[Any, ...]) -> str:
    """Return a tuple, a union or a constrained type as words."""
    if origin is tuple and arguments[-1] is ...:
        return f"list of {wording(arguments[0])}s"
    if origin is tuple:
        return f"{wording(arguments[0])}, or a list of {len(arguments)}"
    if origin in {Union, UnionType}:
        return " or ".join(wording(item) for item in arguments)
    return wording(arguments[0]) + "".join(map(_bounds, arguments[1:])) if arguments else "anything"


def _bounds(field: Any) -> str:
    words = {"Gt": (">", "gt"), "Ge": (">=", "ge"), "Lt": ("<", "lt"), "Le": ("<=", "le")}
    texts = []
    for bound in getattr(field, "metadata", ()):
        if type(bound).__name__ in words:
            sign, key = words[type(bound).__name__]
            texts.append(f" {sign} {getattr(bound, key)}")
    return "".join(texts)
