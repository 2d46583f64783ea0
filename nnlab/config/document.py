"""One config as it was written: files joined by ``extends``, overrides laid on top, places kept."""

from dataclasses import dataclass, replace
from pathlib import Path

from nnlab.config.nodes import Entry, Mapping, Node, Place, Scalar, Sequence, compose, meaning
from nnlab.errors import ConfigError, Problem, SystemFault, UsageError, printable, suggest

MAX_BYTES = 2**20
MAX_EXTENDS = 10


@dataclass(frozen=True)
class Document:
    """The tree of a config, and the problems met so far."""

    root: Mapping
    problems: tuple[Problem, ...]

    def at(self, *path: str | int) -> tuple[Node, Place]:
        """Return the deepest node along ``path`` that exists, and the place to point at for ``path``.

        Names of types that a tagged union puts into a path, ``network, 3, conv2d, kernel``, are skipped.
        """
        node: Node = self.root
        place = node.place
        for step in path:
            if isinstance(node, Mapping) and step in node.entries:
                node = node.entries[str(step)].node
                place = node.place
            elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
                node = node.items[step]
                place = node.place
        return node, place

    def key(self, *path: str | int) -> Place:
        """Return the place of the key that ends ``path``."""
        parent, place = self.at(*path[:-1])
        if isinstance(parent, Mapping) and path[-1] in parent.entries:
            return parent.entries[str(path[-1])].key
        return place


def read_document(path: Path, overrides: tuple[str, ...] = ()) -> Document:
    """Return the config at ``path``, its bases merged in and ``overrides`` (KEY=VALUE) applied.

    Raises ConfigError for what cannot be read as YAML, UsageError if there is no such file, SystemFault
    if it cannot be opened.
    """
    root, problems = _with_bases(path, ())
    if not root.entries and not problems:
        raise ConfigError([Problem("the config is empty", str(path), hint="nnlab init writes one to begin with")])
    if "name" not in root.entries:
        stem = Scalar(path.stem, path.stem, Place(str(path)))
        root = replace(root, entries={"name": Entry(stem.place, stem), **root.entries})
    for override in overrides:
        try:
            root = _overridden(root, override)
        except ConfigError as error:
            problems.extend(error.problems)
    return Document(root, tuple(problems))


def _with_bases(path: Path, chain: tuple[Path, ...]) -> tuple[Mapping, list[Problem]]:
    """Return the mapping in ``path`` laid over the one it extends, and the problems of both."""
    root, problems = compose(_read(path), str(path))
    if not isinstance(root, Mapping):
        raise ConfigError([*problems, root.place.problem("a config is a mapping of keys to values")])
    if "extends" not in root.entries:
        return root, problems
    entries = dict(root.entries)
    extends = entries.pop("extends").node
    root = replace(root, entries=entries)
    if not isinstance(extends, Scalar) or not isinstance(extends.value, str):
        problem = extends.place.problem("extends: expected the name of one file", "extends: base.yaml")
        raise ConfigError([*problems, problem])
    base_path = path.parent / extends.value
    seen = (*chain, path.resolve())
    if base_path.resolve() in seen:
        raise ConfigError([*problems, extends.place.problem(f"extends: {extends.value} leads back to itself")])
    if len(seen) > MAX_EXTENDS:
        raise ConfigError([*problems, extends.place.problem(f"extends: more than {MAX_EXTENDS} files in a chain")])
    try:
        base, base_problems = _with_bases(base_path, seen)
    except ConfigError:
        raise
    except UsageError as error:
        raise ConfigError([*problems, extends.place.problem(f"extends: {error}")]) from error
    inherited = replace(base, entries={key: entry for key, entry in base.entries.items() if key != "name"})
    return _merged(inherited, root), [*base_problems, *problems]


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        near = [other.name for other in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        hint = f" ({suggest(path.name, near)})" if near else ""
        raise UsageError(f"no config {printable(str(path))}{hint}") from error
    except IsADirectoryError as error:
        raise UsageError(f"{path} is a directory, not a config") from error
    except (OSError, ValueError) as error:
        raise SystemFault(f"cannot read {printable(str(path))}: {error}") from error
    if len(content) > MAX_BYTES:
        raise ConfigError([Problem("larger than 1 MiB, which no config is", str(path))])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text (byte {error.start})"
        raise ConfigError([Problem(message, str(path), hint="save it as UTF-8")]) from error


def _merged(base: Mapping, changes: Mapping) -> Mapping:
    """Return ``base`` with ``changes`` laid over it: mappings merge, everything else is replaced.

    A mapping of another ``type`` replaces the old one whole, since the options belong to the type.
    """
    entries = dict(base.entries)
    for key, entry in changes.entries.items():
        old = entries[key].node if key in entries else None
        node = entry.node
        if isinstance(old, Mapping) and isinstance(node, Mapping) and not _other_type(old, node):
            node = _merged(old, node)
        entries[key] = Entry(entry.key, node)
    return replace(changes, entries=entries, nodes=base.nodes + changes.nodes)


def _other_type(old: Mapping, new: Mapping) -> bool:
    given = [m.entries["type"].node for m in (old, new) if "type" in m.entries]
    values = [node.value if isinstance(node, Scalar) else None for node in given]
    return len(values) == 2 and values[0] != values[1]


def _overridden(root: Mapping, override: str) -> Mapping:
    """Return ``root`` with one KEY=VALUE laid over it; raises ConfigError, which names the override."""
    place = Place(f"override {printable(override)!r}")
    key, equals, text = override.partition("=")
    if not equals or not all(key.split(".")):
        raise ConfigError([place.problem("expected KEY=VALUE", "such as optimizer.learning_rate=0.01")])
    if text.lstrip()[:1] in {"[", "{", '"', "'"}:
        try:
            node, problems = compose(text, place.source)
        except ConfigError as error:
            raise ConfigError([place.problem(problem.message) for problem in error.problems]) from error
        if problems:
            raise ConfigError([place.problem(problem.message) for problem in problems])
        node = _moved(node, place)
    else:
        node = Scalar(meaning(text), text, place)
    changed = _replaced(root, key.split("."), node, place)
    return replace(root, entries=changed.entries) if isinstance(changed, Mapping) else root


def _moved(node: Node, place: Place) -> Node:
    """Return ``node`` with every place in it replaced by ``place``."""
    if isinstance(node, Mapping):
        entries = {key: Entry(place, _moved(entry.node, place)) for key, entry in node.entries.items()}
        return Mapping(entries, place, node.nodes)
    if isinstance(node, Sequence):
        return Sequence(tuple(_moved(item, place) for item in node.items), place, node.nodes)
    return replace(node, place=place)


def _replaced(node: Node, path: list[str], value: Node, place: Place, done: str = "") -> Node:
    """Return ``node`` with ``value`` at ``path``; mappings on the way are made where there are none."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    here = f"{done}.{step}".lstrip(".")
    if isinstance(node, Sequence):
        count = len(node.items)
        if step not in {str(index) for index in range(count)}:
            raise ConfigError([place.problem(f"{done} has {count} entries; {step!r} is none of 0..{count - 1}")])
        items = list(node.items)
        items[int(step)] = _replaced(items[int(step)], rest, value, place, here)
        return replace(node, items=tuple(items))
    if isinstance(node, Scalar) and isinstance(node.value, str) and done:
        # The short form of an entry, "relu" for {type: relu}, becomes the long one to take an option.
        node = Mapping({"type": Entry(node.place, node)}, node.place)
    if isinstance(node, Scalar):
        if node.value is not None:
            raise ConfigError([place.problem(f"{done} is {node.text}, which has no parts")])
        node = Mapping({}, place)
    old = node.entries.get(step)
    child = _replaced(old.node if old else Mapping({}, place), rest, value, place, here)
    return replace(node, entries={**node.entries, step: Entry(place, child)})
