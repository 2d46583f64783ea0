"""What can be named in a config, read from the registries and the schema."""

import inspect
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from nnlab.config.schema import Compute, DataSpec, EarlyStopping, Training
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

_WORDS = {int: "whole number", float: "number", bool: "true or false", str: "text", NoneType: "null"}
_REGISTRIES = (LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, INITIALIZERS, DATASETS, NORMALIZATIONS)
_SECTIONS: dict[str, type[BaseModel]] = {
    "data": DataSpec,
    "training": Training,
    "early_stopping": EarlyStopping,
    "compute": Compute,
}


def catalogue(name: str | None) -> dict[str, dict[str, Any]]:
    """Return, by kind and name, the summary and options of all that a config can say, or of ``name`` alone.

    Raises UsageError if nothing is called ``name``.
    """
    kinds: dict[str, dict[str, Any]] = {"section": {each: _section(model) for each, model in _SECTIONS.items()}}
    for registry in _REGISTRIES:
        kinds[registry.kind] = {each: _component(registry, each) for each in registry.names()}
    if name is None:
        return kinds
    chosen = {kind: {name: names[name]} for kind, names in kinds.items() if name in names}
    if not chosen:
        known = {each for names in kinds.values() for each in names}
        raise UsageError(f"nothing is called {printable(name)!r} ({suggest(name, known)})")
    return chosen


def entry(name: str) -> str:
    """Return the documentation and options of ``name`` as text; raises UsageError if there is none."""
    texts = []
    for kind, names in catalogue(name).items():
        facts = names[name]
        options = [f"  {o['name']}: {o['type']}" + _default(o) for o in facts["options"]] or ["  none"]
        texts.append("\n".join([f"{name} ({kind})", "", facts["documentation"], "", "Options:", *options]))
    return "\n\n".join(texts)


def _default(option: dict[str, Any]) -> str:
    return ", required" if option["required"] else f" = {in_yaml(option['default'])}"


def _component(registry: Registry, name: str) -> dict[str, Any]:
    return _facts(registry[name], registry.options(name))


def _section(model: type[BaseModel]) -> dict[str, Any]:
    options = {}
    for name, field in model.model_fields.items():
        annotation: Any = field.annotation
        for extra in field.metadata:
            annotation = Annotated[annotation, extra]
        options[name] = (annotation, ... if field.is_required() else field.get_default(call_default_factory=True))
    return _facts(model, options)


def _facts(described: type[Any], options: dict[str, Any]) -> dict[str, Any]:
    documentation = (inspect.getdoc(described) or "").replace("``", "")
    return {
        "summary": documentation.partition("\n")[0],
        "documentation": documentation,
        "options": [
            {"name": name, "type": wording(annotation), "required": default is ..., "default": plain(default)}
            for name, (annotation, default) in options.items()
        ],
    }


def plain(default: Any) -> Any:
    """Return a default as plain data: the name of a component, or a mapping if it has options."""
    if isinstance(default, Component):
        described = default.registry.describe(default)
        return described if len(described) > 1 else described["type"]
    if isinstance(default, BaseModel):
        return plain(default.model_dump(mode="json"))
    if default is ...:
        return None
    return list(default) if isinstance(default, tuple) else default


def in_yaml(value: Any) -> str:
    """Return plain data as a config has it, on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {in_yaml(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(in_yaml, value))}]"
    return {None: "null", True: "true", False: "false"}.get(value, str(value)) if _is_word(value) else str(value)


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def wording(annotation: Any) -> str:
    """Return a type as words: ``whole number``, ``one of mean, sum``, ``initializer``."""
    if annotation in _WORDS:
        return _WORDS[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Component):
        return annotation.registry.kind
    if annotation in _SECTIONS.values():
        return next(name for name, model in _SECTIONS.items() if model is annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    kinds = [item.registry.kind for item in arguments if isinstance(item, SpecOf)]
    if kinds:
        return kinds[0]
    if origin is Literal:
        return f"one of {', '.join(map(str, arguments))}" if len(arguments) > 1 else str(arguments[0])
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
