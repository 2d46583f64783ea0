"""A config as written: files joined by ``extends``, overrides applied, positions kept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from nnlab.config.nodes import Mapping, Node, Pair, Position, Scalar, Sequence, compose
from nnlab.config.overrides import Override, read_override, with_override
from nnlab.config.shipped import locate, shipped_configs
from nnlab.errors import ConfigError, Problem, SystemFault, UsageError, closest, printable, refusal

MAX_BYTES = 2**20
MAX_EXTENDS = 10
MOST_LAYERS = 10_000  # a summary of this many takes a few seconds

_OF_SWEEPS = {"grid", "variants", "seeds", "set"}
_SET = "such as {optimizer.learning_rate: 0.01, network.+5: relu}"
_KNOWN = 10  # other configs in a folder that a message lists


@dataclass(frozen=True)
class ConfigDocument:
    """The tree of a config, and the problems found so far."""

    root: Mapping
    problems: tuple[Problem, ...]

    @property
    def is_sweep(self) -> bool:
        """Whether this is a sweep file, which names a config, rather than a config."""
        keys = self.root.entries.keys()
        return "config" in keys or ("network" not in keys and bool(keys & _OF_SWEEPS))

    def at(self, *path: str | int) -> tuple[Node, Position]:
        """Return the deepest existing node along ``path``, and the position to report for ``path``.

        Names of types that a tagged union inserts into a path, ``network, 3, conv2d, kernel``, are skipped.
        """
        node: Node = self.root
        position = node.position
        for step in path:
            if isinstance(node, Mapping) and step in node.entries:
                node = node.entries[str(step)].node
                position = node.position
            elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
                node = node.items[step]
                position = node.position
        return node, position

    def changed(self, overrides: Iterable[Override]) -> "ConfigDocument":
        """Return the document with ``overrides`` applied in order, and their problems added."""
        root, problems = self.root, list(self.problems)
        for override in overrides:
            try:
                root = with_override(root, override)
            except ConfigError as error:
                problems.extend(error.problems)
        return ConfigDocument(root, tuple(problems))

    def key(self, *path: str | int) -> Position:
        """Return the position of the key that ends ``path``."""
        parent, position = self.at(*path[:-1])
        if isinstance(parent, Mapping) and path[-1] in parent.entries:
            return parent.entries[str(path[-1])].key
        return position


def read_file(path: Path) -> ConfigDocument:
    """Return the document in the file ``path``, a config or a sweep file, merged with its bases.

    Raises as ``read_document`` does.
    """
    path = locate(path)
    root, problems = _with_bases(path, ())
    if root.entries and "name" not in root.entries:
        stem = Scalar(path.stem, path.stem, Position(str(path)))
        root = replace(root, entries={"name": Pair(stem.position, stem), **root.entries})
    return ConfigDocument(root, tuple(problems))


def read_document(path: Path, overrides: tuple[str, ...] = ()) -> ConfigDocument:
    """Return the config at ``path``, merged with its bases, with ``overrides`` (KEY=VALUE) applied.

    Raises ConfigError if it is not valid YAML, UsageError if there is no such file or it is a sweep file,
    SystemFault if it cannot be opened.
    """
    document = read_file(path)
    problems = list(document.problems)
    if not document.root.entries and not problems:
        raise ConfigError([Problem("the config is empty", str(path), hint="nnlab init writes a first one")])
    if document.is_sweep:
        raise UsageError(f"{printable(str(path))} is a sweep file: nnlab sweep {printable(str(path))}")
    changes = []
    for override in overrides:
        try:
            changes.append(read_override(override))
        except ConfigError as error:
            problems.extend(error.problems)
    changed = ConfigDocument(document.root, tuple(problems)).changed(changes)
    network, position = changed.at("network")
    if isinstance(network, Sequence) and len(network.items) > MOST_LAYERS:  # checking each would take minutes
        message = f"network: must have at most {MOST_LAYERS} entries, got {len(network.items)}"
        raise ConfigError([*changed.problems, position.problem(message)])
    return changed


def _with_bases(path: Path, chain: tuple[Path, ...]) -> tuple[Mapping, list[Problem]]:
    """Return the mapping in ``path`` merged into the one it extends, and the problems of both."""
    root, problems = compose(_read(path), str(path))
    if not isinstance(root, Mapping):
        raise ConfigError([*problems, root.position.problem("a config is a mapping of keys to values")])
    if "extends" not in root.entries:
        return root, problems
    entries = dict(root.entries)
    extends, changes = entries.pop("extends").node, entries.pop("set", None)
    root = replace(root, entries=entries)
    if not isinstance(extends, Scalar) or not isinstance(extends.value, str) or "\0" in extends.value:
        problem = extends.position.problem("extends: expected the name of one file", "extends: base.yaml")
        raise ConfigError([*problems, problem])
    base_path = path.parent / extends.value
    seen = (*chain, path.resolve())
    if base_path.resolve() in seen:
        raise ConfigError([*problems, extends.position.problem(f"extends: {extends.value} leads back to itself")])
    if len(seen) > MAX_EXTENDS:
        raise ConfigError(
            [*problems, extends.position.problem(f"extends: more than {MAX_EXTENDS} files in a chain")]
        )
    try:
        base, base_problems = _with_bases(base_path, seen)
    except ConfigError:
        raise
    except UsageError as error:
        raise ConfigError([*problems, extends.position.problem(f"extends: {error}")]) from error
    inherited = replace(base, entries={key: entry for key, entry in base.entries.items() if key != "name"})
    merged = ConfigDocument(_merged(inherited, root), (*base_problems, *problems))
    if changes is not None and merged.is_sweep:
        merged = replace(merged, root=_merged(merged.root, replace(root, entries={"set": changes}, nodes=0)))
    elif changes is not None:
        merged = _with_changes(merged, changes)
    return merged.root, list(merged.problems)


def _with_changes(document: ConfigDocument, changes: Pair) -> ConfigDocument:
    """Return ``document`` with the dotted keys that a config lists under ``set``, laid over it in order."""
    if not isinstance(changes.node, Mapping):
        problem = changes.key.problem("set: expected a mapping of dotted keys to values", _SET)
        return replace(document, problems=(*document.problems, problem))
    return document.changed(Override(key, pair.node, pair.key) for key, pair in changes.node.entries.items())


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise UsageError(f"no config {printable(str(path))}{_near(path)}") from error
    except IsADirectoryError as error:
        raise UsageError(f"{path} is a directory, not a config") from error
    except (OSError, ValueError) as error:
        raise SystemFault(refusal(error, "read", printable(str(path)))) from error
    if len(content) > MAX_BYTES:
        raise ConfigError([Problem("larger than 1 MiB, too large for a config", str(path))])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text (byte {error.start})"
        raise ConfigError([Problem(message, str(path), hint="save it as UTF-8")]) from error


def _near(path: Path) -> str:
    """Return a hint that lists the configs in the folder of the missing ``path``, if there are any."""
    beside = {other.stem: other.name for other in path.parent.glob("*.y*ml")} if path.parent.is_dir() else {}
    if close := closest(path.stem, beside):
        return f" (did you mean {printable(beside[close])}?)"
    shipped = shipped_configs()
    if close := closest(path.stem, shipped) or closest(path.as_posix(), shipped):
        return f" (did you mean {close}, which comes with nnlab?)"
    names = [printable(name) for name in sorted(beside.values())]
    more = f" and {len(names) - _KNOWN} more" if len(names) > _KNOWN else ""
    known = [f"known: {', '.join(names[:_KNOWN])}{more}"] if names else []
    known += [f"shipped with nnlab: {', '.join(shipped)}"] if shipped else []
    return f" ({'; '.join(known)})" if known else ""


def _merged(base: Mapping, changes: Mapping) -> Mapping:
    """Return ``base`` with ``changes`` applied: mappings merge, everything else is replaced.

    A mapping with another ``type`` replaces the old one, since options belong to a type.
    """
    entries = dict(base.entries)
    for key, entry in changes.entries.items():
        old = entries[key].node if key in entries else None
        node = entry.node
        if isinstance(old, Mapping) and isinstance(node, Mapping) and not _other_type(old, node):
            node = _merged(old, node)
        entries[key] = Pair(entry.key, node)
    return replace(changes, entries=entries, nodes=base.nodes + changes.nodes)


def _other_type(old: Mapping, new: Mapping) -> bool:
    given = [m.entries["type"].node for m in (old, new) if "type" in m.entries]
    values = [node.value if isinstance(node, Scalar) else None for node in given]
    return len(values) == 2 and values[0] != values[1]
