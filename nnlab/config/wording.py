"""Descriptions of the types and defaults of options."""

import re
from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator

from nnlab.registry import Component, SpecOf

_NOUNS = {int: "whole number", float: "number", bool: "true or false", str: "text", NoneType: "null"}
_SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def wording(annotation: Any) -> str:
    """Return the description of a type: ``whole number > 0``, ``one of mean, sum``, ``initializer``."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, UnionType}:
        words = [wording(each) for each in arguments]
        return (", or " if any("," in each for each in words[:-1]) else " or ").join(words)
    if origin is Annotated and any(isinstance(mark, BeforeValidator) for mark in arguments[1:]):
        return f"{wording(get_args(arguments[0])[0])}, or a list of 2"
    if origin is Annotated and get_origin(arguments[0]) in {tuple, Union, UnionType}:
        return wording(arguments[0])
    if origin is tuple and get_origin(arguments[0]) is tuple:
        return "list of " + wording(arguments[0]).replace("list", "lists", 1)
    if origin is tuple:
        count = "" if arguments[-1] is ... else f"{len(arguments)} "
        return f"list of {count}{_noun(arguments[0])}s{_bounds(arguments[0])}"
    return _noun(annotation) + _bounds(annotation)


def _noun(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        return next((mark.registry.kind for mark in marks if isinstance(mark, SpecOf)), None) or _noun(inner)
    if get_origin(annotation) is Literal:
        words = ", ".join(map(str, get_args(annotation)))
        return f"one of {words}" if len(get_args(annotation)) > 1 else words
    if isinstance(annotation, type) and issubclass(annotation, Component):
        return annotation.registry.kind
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return re.sub(r"\B(?=[A-Z])", "_", annotation.__name__).lower()
    return _NOUNS.get(annotation, "value")


def _bounds(annotation: Any) -> str:
    texts = [
        f" {sign} {number(getattr(bound, key))}"
        for bound in _constraints(get_args(annotation)[1:] if get_origin(annotation) is Annotated else ())
        for key, sign in _SIGNS.items()
        if hasattr(bound, key)
    ]
    return " and".join(texts)


def _constraints(marks: Iterable[Any]) -> Iterable[Any]:
    return [constraint for mark in marks for constraint in getattr(mark, "metadata", (mark,))]


def number(value: float) -> str:
    """Return the shortest notation of a number: ``0`` for 0.0."""
    return f"{value:,g}" if abs(value) < 1e6 else f"{value:.3g}"


def as_data(default: Any) -> Any:
    """Return a default as plain data: a component by its name, or as a mapping if it has options."""
    if isinstance(default, Component):
        return as_data(default.registry.describe(default))
    if isinstance(default, BaseModel):
        return as_data(default.model_dump(mode="json"))
    if isinstance(default, dict):
        return default["type"] if list(default) == ["type"] else default
    return list(default) if isinstance(default, tuple) else default


def as_written(data: Any) -> str:
    """Return plain data in the notation of a config: ``true``, ``[1, 1]``, ``{type: he_normal, gain: 1.0}``."""
    if isinstance(data, dict):
        return f"{{{', '.join(f'{key}: {as_written(value)}' for key, value in data.items())}}}"
    if isinstance(data, list):
        return f"[{', '.join(map(as_written, data))}]"
    if isinstance(data, bool):
        return "true" if data else "false"
    return "null" if data is None else str(data)
