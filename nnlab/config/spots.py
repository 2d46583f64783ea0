"""Where in a config, and in its model, an error of pydantic's lies."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from nnlab.registry import Component, Registry, Spec, SpecOf

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indices that lead through a document."""


@dataclass(frozen=True)
class Entries:
    """What a field wants that names something in ``registry``; the models of its entries extend ``base``."""

    registry: Registry
    base: type[Spec] = Spec


@dataclass(frozen=True)
class Spot:
    """What ``path`` leads to: ``kind`` is a model, Entries, a tuple, a union or any other type.

    ``loc`` is how pydantic has the path. ``union`` is the path of the union of whose branches an error speaks.
    """

    path: Path
    kind: Any
    loc: Path
    union: Path | None = None

    @property
    def fields(self) -> dict[str, FieldInfo]:
        """The keys that a mapping here may have."""
        return self.kind.model_fields if is_model(self.kind) else {}


def spot(model: type[BaseModel], loc: Path) -> Spot:
    """Return what pydantic's ``loc`` means, without the types of entries and branches of unions in it."""
    path: Path = ()
    kind: Any = model
    union = None
    for step in loc:
        if isinstance(kind, Entries):
            kind = kind.registry.spec(str(step), kind.base)
        elif _is_union(kind) and isinstance(step, str):
            union = path
        else:
            path = (*path, step)
            kind = _inside(kind, step)
    return Spot(path, kind, loc, union)


def dotted(path: Iterable[str | int]) -> str:
    """Return ``network[3].kernel`` for the path (network, 3, kernel)."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def is_model(kind: Any) -> bool:
    """Return whether a mapping with known keys is wanted."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def kind_of(annotation: Any) -> Any:
    """Return an annotation without constraints and without None, and as Entries if it names components."""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        registry = next((mark.registry for mark in marks if isinstance(mark, SpecOf)), None)
        return Entries(registry, inner) if registry else kind_of(inner)
    if isinstance(annotation, type) and issubclass(annotation, Component):
        return Entries(annotation.registry)
    if _is_union(annotation):
        others = [each for each in get_args(annotation) if each is not NoneType]
        return kind_of(others[0]) if len(others) == 1 else annotation
    return annotation


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in {Union, UnionType}


def _inside(kind: Any, step: str | int) -> Any:
    """Return the kind of what a mapping has under a key, or a tuple at an index; None where it has nothing."""
    if is_model(kind):
        return kind_of(kind.model_fields[step].rebuild_annotation()) if step in kind.model_fields else None
    if get_origin(kind) is dict:
        return kind_of(get_args(kind)[1])
    items = items_of(kind)
    if items[1:] == (...,):
        return kind_of(items[0])
    return kind_of(items[step]) if isinstance(step, int) and step < len(items) else None


def items_of(kind: Any) -> tuple[Any, ...]:
    """Return the types in a tuple, or in that of a union: one and an ellipsis if it may be of any length."""
    choices = map(kind_of, get_args(kind)) if _is_union(kind) else (kind,)
    return next((get_args(each) for each in choices if get_origin(each) is tuple), ())
