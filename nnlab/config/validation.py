"""Validate a document against typed models, and report all mistakes together.

A mistake hides others: the options of a layer with a misspelt type are not checked. So a document is validated
repeatedly, each time with the mistakes found before corrected or left out, until none is found.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from nnlab.config.config_document import ConfigDocument
from nnlab.config.mending import mended, without
from nnlab.config.messages import Mistake, problem, words
from nnlab.config.nodes import Node, Sequence, plain
from nnlab.config.spots import Path, Spot, spot
from nnlab.errors import Problem

M = TypeVar("M", bound=BaseModel)

_MOST = 100  # mistakes to look for


@dataclass(frozen=True)
class Validated(Generic[M]):
    """The result of validating a document.

    ``document`` has its mistakes corrected or left out, ``value`` is the model made of it, None if that failed.
    ``left_out`` are the spots whose values were left out, ``problems`` the mistakes.
    """

    document: ConfigDocument
    value: M | None
    left_out: tuple[Spot, ...]
    problems: tuple[Problem, ...]


def validate(document: ConfigDocument, model: type[M]) -> Validated[M]:
    """Return ``document`` as a ``model``, with all its mistakes."""
    problems = dict.fromkeys(document.problems)
    left_out: list[Spot] = []
    while True:
        try:
            value = model.model_validate(plain(document.root))
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False)
        else:
            return Validated(document, value, tuple(left_out), tuple(problems))
        mistakes = _relevant([_mistake(document, model, each) for each in errors[:_MOST]], left_out)
        changed, found = mended(document, mistakes)
        if changed is document:
            found = [problem(document, mistake) for mistake in mistakes]
            changed, emptied = without(document, model, mistakes)
            left_out += emptied
        problems |= dict.fromkeys(found)
        if changed is document or len(problems) >= _MOST:
            return Validated(document, None, tuple(left_out), tuple(problems))
        document = changed


def validate_entry(annotation: Any, node: Node) -> Any | None:
    """Return the value of a single ``node`` as ``annotation``, or None if it is not valid by itself."""
    try:
        return _adapter(annotation).validate_python(plain(node))
    except ValidationError:
        return None


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def _mistake(document: ConfigDocument, model: type[BaseModel], error: ErrorDetails) -> Mistake:
    """Return pydantic's ``error`` with its spot and node in the document."""
    rule, loc, context = error["type"], error["loc"], error.get("ctx", {})
    if rule == "missing" and isinstance(loc[-1], int):
        rule, loc = "too_few", loc[:-1]
    if loc and isinstance(loc[-1], int) and not isinstance(document.at(*spot(model, loc[:-1]).path)[0], Sequence):
        loc = loc[:-1]  # a single number, given for a pair
    here, around = spot(model, loc), spot(model, loc[:-1])
    if context.get("option"):
        here, around = replace(here, path=(*here.path, context["option"])), here
    node, _ = document.at(*here.path)
    return Mistake(rule, error["msg"], context, here, around, node)


def _relevant(mistakes: Iterable[Mistake], left_out: Iterable[Spot]) -> list[Mistake]:
    """Return the mistakes without those of a union's other alternatives and those caused by another mistake."""
    unions: dict[Path, list[Mistake]] = defaultdict(list)
    relevant = []
    for mistake in mistakes:
        if mistake.spot.union is not None:
            unions[mistake.spot.union].append(mistake)
        elif not _follows(mistake, left_out):
            relevant.append(mistake)
    return relevant + [mistake for group in unions.values() for mistake in _alternative(group)]


def _follows(mistake: Mistake, left_out: Iterable[Spot]) -> bool:
    """Return whether another mistake causes this one: an entry not counted, an option left out."""
    if mistake.rule == "too_short" and isinstance(mistake.node, Sequence):
        return bool(len(mistake.node.items) >= mistake.context["min_length"])
    missed = {str(spot.path[-1]) for spot in left_out if spot.path[:-1] == mistake.spot.path}
    return mistake.rule == "option" and bool(missed & words(mistake.message))


def _alternative(group: list[Mistake]) -> list[Mistake]:
    """Return the errors of the alternative of a union that was meant, or one that names all alternatives."""
    meant = [m for m in group if m.spot.path != m.spot.union or not m.rule.endswith(("_type", "literal_error"))]
    rules = {m.rule for m in meant if m.spot.path == m.spot.union}
    return meant if meant and len(rules) < 2 else [replace(group[0], rule="union")]
