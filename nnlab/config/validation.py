"""From a document to typed models, with every mistake told at once.

A mistake hides others: of a layer whose type is misspelt, no option is checked. So a document is read again
and again, each time with the mistakes found before mended as they most likely were meant, or left out, until
there is nothing more to find.
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

_MOST = 100  # mistakes to look for; nobody mends more of them at once


@dataclass(frozen=True)
class Validated(Generic[M]):
    """What could be made of a document.

    ``document`` is the one read, with its mistakes mended or left out, and ``value`` the model it fills, if
    any. ``left_out`` says what is not there though it was written, ``problems`` what there is to tell.
    """

    document: ConfigDocument
    value: M | None
    left_out: tuple[Spot, ...]
    problems: tuple[Problem, ...]


def validate(document: ConfigDocument, model: type[M]) -> Validated[M]:
    """Return the ``model`` that ``document`` fills, and everything that is wrong with it."""
    problems = dict.fromkeys(document.problems)
    left_out: list[Spot] = []
    while True:
        try:
            value = model.model_validate(plain(document.root))
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False)
        else:
            return Validated(document, value, tuple(left_out), tuple(problems))
        mistakes = _worth_telling([_mistake(document, model, each) for each in errors[:_MOST]], left_out)
        changed, told = mended(document, mistakes)
        if changed is document:
            told = [problem(document, mistake) for mistake in mistakes]
            changed, emptied = without(document, model, mistakes)
            left_out += emptied
        problems |= dict.fromkeys(told)
        if changed is document or len(problems) >= _MOST:
            return Validated(document, None, tuple(left_out), tuple(problems))
        document = changed


def validate_entry(annotation: Any, node: Node) -> Any | None:
    """Return what a single ``node`` means as ``annotation``, or None if it is not valid by itself."""
    try:
        return _adapter(annotation).validate_python(plain(node))
    except ValidationError:
        return None


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def _mistake(document: ConfigDocument, model: type[BaseModel], error: ErrorDetails) -> Mistake:
    """Return pydantic's ``error`` with the position in the document that it is about."""
    rule, loc, context = error["type"], error["loc"], error.get("ctx", {})
    if rule == "missing" and isinstance(loc[-1], int):
        rule, loc = "too_few", loc[:-1]
    if loc and isinstance(loc[-1], int) and not isinstance(document.at(*spot(model, loc[:-1]).path)[0], Sequence):
        loc = loc[:-1]  # one number, given for a pair
    here, around = spot(model, loc), spot(model, loc[:-1])
    if context.get("option"):
        here, around = replace(here, path=(*here.path, context["option"])), here
    node, _ = document.at(*here.path)
    return Mistake(rule, error["msg"], context, here, around, node)


def _worth_telling(mistakes: Iterable[Mistake], left_out: Iterable[Spot]) -> list[Mistake]:
    """Return the mistakes that are none of a union's other alternatives and not the outcome of another mistake."""
    unions: dict[Path, list[Mistake]] = defaultdict(list)
    telling = []
    for mistake in mistakes:
        if mistake.spot.union is not None:
            unions[mistake.spot.union].append(mistake)
        elif not _follows(mistake, left_out):
            telling.append(mistake)
    return telling + [mistake for group in unions.values() for mistake in _alternative(group)]


def _follows(mistake: Mistake, left_out: Iterable[Spot]) -> bool:
    """Return whether a mistake is there only because of another: an entry not counted, an option left out."""
    if mistake.rule == "too_short" and isinstance(mistake.node, Sequence):
        return bool(len(mistake.node.items) >= mistake.context["min_length"])
    missed = {str(spot.path[-1]) for spot in left_out if spot.path[:-1] == mistake.spot.path}
    return mistake.rule == "option" and bool(missed & words(mistake.message))


def _alternative(group: list[Mistake]) -> list[Mistake]:
    """Return what to tell of a union's errors: those of the alternative that was meant, or one that names all."""
    meant = [m for m in group if m.spot.path != m.spot.union or not m.rule.endswith(("_type", "literal_error"))]
    return meant or [replace(group[0], rule="union")]
