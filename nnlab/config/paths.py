"""Paths in a config: relative to the file that states them, or to the current folder on the command line."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from nnlab.config.config_document import ConfigDocument
from nnlab.config.nodes import Mapping, Pair, Position, Scalar
from nnlab.data.section import DataSpec
from nnlab.registry import DATASETS
from nnlab.registry.options import IS_PATH

_WITH_DIGEST = re.compile(r"(.+)@([0-9a-f]{12,64})", re.DOTALL)


def path_options(kind: str) -> Iterator[str]:
    """Yield the options of the data set ``kind`` that are paths."""
    for name, field in DATASETS.spec(kind, DataSpec).model_fields.items():
        if IS_PATH in field.metadata or _is_path(field.annotation):
            yield name


def _is_path(annotation: Any) -> bool:
    """Return whether an annotation, or a branch of a union, is marked as a path."""
    return any(part is IS_PATH or _is_path(part) for part in get_args(annotation))


def with_absolute_paths(document: ConfigDocument) -> ConfigDocument:
    """Return ``document`` with its paths made absolute, so that they hold in any working directory."""
    pair = document.root.entries.get("data")
    data = pair.node if pair else None
    if pair is None or not isinstance(data, Mapping):
        return document
    kind = data.entries["type"].node if "type" in data.entries else None
    if not isinstance(kind, Scalar) or kind.value not in DATASETS.names():
        return document
    entries = dict(data.entries)
    for option in path_options(kind.value):
        node = entries[option].node if option in entries else None
        if isinstance(node, Scalar) and isinstance(node.value, str):
            path = absolute(node.value, _folder(node.position))
            entries[option] = Pair(entries[option].key, replace(node, value=path))
    changed = Pair(pair.key, replace(data, entries=entries))
    return replace(document, root=replace(document.root, entries={**document.root.entries, "data": changed}))


def with_absolute_origin(document: ConfigDocument) -> ConfigDocument:
    """Return ``document`` with an ``init_from`` that is a path made absolute; a name of a run stays as it is.

    A path names an existing run, or has a slash or begins with ``~``.
    """
    pair = document.root.entries.get("init_from")
    node = pair.node if pair else None
    if pair is None or not isinstance(node, Scalar) or not isinstance(node.value, str) or "\0" in node.value:
        return document
    folder = _folder(node.position)
    address, digest = split_origin(node.value)
    if "/" not in address and not address.startswith("~") and not (folder / address / "config.yaml").is_file():
        return document
    changed = Pair(pair.key, replace(node, value=join_origin(absolute(address, folder), digest)))
    return replace(document, root=replace(document.root, entries={**document.root.entries, "init_from": changed}))


def split_origin(value: str) -> tuple[str, str]:
    """Return the run and the digest of an ``init_from`` such as ``runs/x@0123456789ab``; empty if it has none."""
    found = _WITH_DIGEST.fullmatch(value)
    return (found[1], found[2]) if found else (value, "")


def join_origin(run: str, digest: str) -> str:
    """Return the ``init_from`` that names ``run`` and, unless it is empty, the ``digest`` of its weights."""
    return f"{run}@{digest}" if digest else run


def absolute(path: str, folder: Path) -> str:
    """Return ``path``, relative to ``folder``, as an absolute path; one of an unknown user as it is."""
    try:
        full = str(folder.absolute() / Path(path).expanduser())
    except RuntimeError:  # no such user; where the path is used, a message says so
        return path
    plain = os.path.normpath(full)
    return plain if os.path.realpath(plain) == os.path.realpath(full) else full


def _folder(position: Position) -> Path:
    """Return the folder of the file in which a value stands; the current folder for the command line."""
    return Path(position.source).parent if position.line else Path()
