"""Map the location of a pydantic error to a path in a config and a field of its model."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from nnlab.registry import Component, Registry, Spec, SpecOf

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indices that lead to a node of a document."""


@dataclass(frozen=True)
class Entries:
    """The kind of a field that takes an entry of ``registry``; the models of its entries extend ``base``."""

    registry: Registry
    base: type[Spec] = Spec


@dataclass(frozen=True)
class Spot:
    """The ``kind`` of value at ``path``: a model, Entries, a tuple, a union or any other type.

    ``loc`` is the path in pydantic's notation. ``union`` is the path of the union of which an error concerns one
    branch.
    """

    path: Path
    kind: Any
    loc: Path
    union: Path | None = None

    @property
    def fields(self) -> dict[str, FieldInfo]:
        """The keys of a mapping at this spot."""
        return self.kind.model_fields if is_model(self.kind) else {}


def spot(model: type[BaseModel], loc: Path) -> Spot:
    """Return the spot of pydantic's ``loc``, which also contains types of entries and branches of unions."""
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
    """Return whether ``kind`` is a mapping with known keys."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def kind_of(annotation: Any) -> Any:
    """Return an annotation without constraints and None; Entries if it takes components."""
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
    """Return the kind of a mapping's value under a key, or of a tuple's item at an index, or None."""
    if is_model(kind):
        return kind_of(kind.model_fields[step].rebuild_annotation()) if step in kind.model_fields else None
    if get_origin(kind) is dict:
        return kind_of(get_args(kind)[1])
    items = items_of(kind)
    if items[1:] == (...,):
        return kind_of(items[0])
    return kind_of(items[step]) if isinstance(step, int) and step < len(items) else None


def items_of(kind: Any) -> tuple[Any, ...]:
    """Return the item types of a tuple, or of the tuple in a union; of any length, one type and an ellipsis."""
    choices = map(kind_of, get_args(kind)) if _is_union(kind) else (kind,)
    return next((get_args(each) for each in choices if get_origin(each) is tuple), ())
