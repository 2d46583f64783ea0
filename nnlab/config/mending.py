"""Replace mistakes by what was most likely meant, or leave them out, to find the mistakes that they hide."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from nnlab.config.config_document import ConfigDocument
from nnlab.config.messages import Mistake, problem
from nnlab.config.nodes import Mapping, Node, Scalar, Sequence, plain
from nnlab.config.spots import Path, Spot, spot
from nnlab.errors import Problem, closest


def mended(document: ConfigDocument, mistakes: Iterable[Mistake]) -> tuple[ConfigDocument, list[Problem]]:
    """Return ``document`` with misspelt names corrected and unknown keys removed, and the problems found.

    An override of an option that takes a text becomes a text, whatever it looks like; that is not a problem.
    """
    mistakes = list(mistakes)
    problems: list[Problem] = []
    strangers: dict[Path, list[Mistake]] = defaultdict(list)
    for mistake in mistakes:
        node = mistake.node
        if mistake.rule == "extra_forbidden":
            strangers[mistake.parent.path].append(mistake)
        elif mistake.rule == "string_type" and isinstance(node, Scalar) and not node.position.line:
            document = _changed(document, mistake.spot.path, replace(node, value=node.text))
        elif mistake.rule.startswith("union_tag"):
            document = _retyped(document, mistake, problems)
    for unknown in strangers.values():
        document = _renamed(document, _understood(unknown, mistakes), problems)
    return document, problems


def without(
    document: ConfigDocument, model: type[BaseModel], mistakes: Iterable[Mistake]
) -> tuple[ConfigDocument, list[Spot]]:
    """Return ``document`` without the optional entries that are wrong, and the spots that were emptied."""
    emptied = []
    for mistake in mistakes:
        optional = _optional(model, mistake.spot.loc)
        parent = document.at(*optional.path[:-1])[0] if optional else None
        if optional and isinstance(parent, Mapping) and optional.path[-1] in parent.entries:
            document = _changed(document, optional.path[:-1], _rekeyed(parent, str(optional.path[-1]), None))
            emptied.append(optional)
    return document, emptied


def _optional(model: type[BaseModel], loc: Path) -> Spot | None:
    """Return the innermost spot along ``loc`` that has a default."""
    for end in range(len(loc), 0, -1):
        field = spot(model, loc[: end - 1]).fields.get(str(loc[end - 1]))
        if field is not None and not field.is_required():
            return spot(model, loc[:end])
    return None


def _retyped(document: ConfigDocument, mistake: Mistake, problems: list[Problem]) -> ConfigDocument:
    """Return ``document`` with the most likely type of an entry, if one is likely."""
    node, path = mistake.node, mistake.spot.path
    if isinstance(node, Mapping) and "type" not in node.entries:
        key = next((key for key, entry in node.entries.items() if _may_be_type(key, entry.node)), None)
        if key is None:
            return document
        stranger = Spot((*path, key), None, (*mistake.spot.loc, key))
        mistake = replace(mistake, rule="extra_forbidden", spot=stranger, parent=mistake.spot, meant="type")
        problems.append(problem(document, mistake))
        return _changed(document, path, _rekeyed(node, key, "type"))
    if isinstance(node, Mapping):
        node, path = node.entries["type"].node, (*path, "type")
    known = mistake.spot.kind.registry.names()
    meant = closest(node.value, known) if isinstance(node, Scalar) and isinstance(node.value, str) else None
    if meant is None:
        return document
    problems.append(problem(document, mistake))
    return _changed(document, path, Scalar(meant, meant, node.position))


def _may_be_type(key: str, node: Node) -> bool:
    return bool(closest(key, ["type"])) and isinstance(node, Scalar) and isinstance(node.value, str)


def _understood(unknown: list[Mistake], mistakes: Iterable[Mistake]) -> list[Mistake]:
    """Return the ``unknown`` keys of one mapping, each with the known key that was most likely meant."""
    around = unknown[0].parent
    unknown = [replace(each, meant=closest(str(each.spot.path[-1]), around.fields)) for each in unknown]
    taken = {each.meant for each in unknown}
    missing = [str(m.spot.path[-1]) for m in mistakes if m.rule == "missing" and m.parent.path == around.path]
    missing = [key for key in missing if key not in taken]
    unlike = [each for each in unknown if not each.meant]
    if len(unlike) == len(missing) == 1 and _may_be(around.fields[missing[0]], unlike[0].node):
        unknown = [each if each.meant else replace(each, meant=missing[0]) for each in unknown]
    return unknown


def _may_be(field: FieldInfo, node: Node) -> bool:
    """Return whether ``node`` has the form that ``field`` takes, even if there are mistakes inside it."""
    try:
        TypeAdapter(field.rebuild_annotation()).validate_python(plain(node))
    except ValidationError as error:
        locs = [each["loc"] for each in error.errors(include_url=False)]
        alien = isinstance(node, Mapping) and all((key,) in locs for key in node.entries)
        return () not in locs and not alien
    return True


def _renamed(document: ConfigDocument, unknown: list[Mistake], problems: list[Problem]) -> ConfigDocument:
    """Return ``document`` with the ``unknown`` keys of one mapping renamed, or removed if no name is likely."""
    path = unknown[0].parent.path
    node, _ = document.at(*path)
    if isinstance(node, Mapping) and "type" not in node.entries:
        # The known keys depend on the type, so the type comes first.
        unknown = [each for each in unknown if each.meant == "type"] or unknown
    for mistake in unknown:
        problems.append(problem(document, mistake))
        node, _ = document.at(*path)
        if isinstance(node, Mapping):
            free = mistake.meant if mistake.meant not in node.entries else None
            document = _changed(document, path, _rekeyed(node, str(mistake.spot.path[-1]), free))
    return document


def _rekeyed(node: Mapping, key: str, name: str | None) -> Mapping:
    """Return ``node`` with ``key`` renamed to ``name``, or without it."""
    entries = {name if each == key else each: entry for each, entry in node.entries.items()}
    return replace(node, entries={each: entry for each, entry in entries.items() if each is not None})


def _changed(document: ConfigDocument, path: Path, node: Node) -> ConfigDocument:
    """Return ``document`` with ``node`` at ``path``."""
    root = _put(document.root, path, node)
    return replace(document, root=root) if isinstance(root, Mapping) else document


def _put(around: Node, path: Path, node: Node) -> Node:
    if not path:
        return node
    step, rest = path[0], path[1:]
    if isinstance(around, Mapping):
        old = around.entries[str(step)]
        entry = replace(old, node=_put(old.node, rest, node))
        return replace(around, entries={**around.entries, str(step): entry})
    if isinstance(around, Sequence):
        items = [_put(item, rest, node) if i == step else item for i, item in enumerate(around.items)]
        return replace(around, items=tuple(items))
    return around
