"""Overrides of single values: KEY=VALUE on the command line, ``set`` in a config, the settings of a sweep's cells.

A key leads through mappings and lists: ``network.0.filters``. In a list, ``network.+3`` inserts an entry
before number 3 (``network.+5`` at the end of five), and null at ``network.3`` removes that entry. An
override of ``training.steps`` or ``training.epochs`` replaces the other one.
"""

from dataclasses import dataclass, replace

from nnlab.config.nodes import Mapping, Node, Pair, Position, Scalar, Sequence, compose, meaning
from nnlab.errors import ConfigError, brief, printable


@dataclass(frozen=True)
class Override:
    """The value ``node`` for a dotted ``key``; ``position`` is the position of that key."""

    key: str
    node: Node
    position: Position


def read_override(text: str) -> Override:
    """Parse KEY=VALUE; raises ConfigError, which names the override."""
    position = Position(f"override {printable(text)!r}")
    key, equals, value = text.partition("=")
    if not equals or not all(key.split(".")):
        raise ConfigError([position.problem("expected KEY=VALUE", "such as optimizer.learning_rate=0.01")])
    return Override(key, read_value(value, position), position)


def read_value(text: str, position: Position) -> Node:
    """Parse a VALUE of the command line, whose position is ``position``; raises ConfigError."""
    if text.lstrip()[:1] not in {"[", "{", '"', "'"}:
        return Scalar(meaning(text), text, position)
    try:
        node, problems = compose(text, position.source)
    except ConfigError as error:
        raise ConfigError([position.problem(problem.message) for problem in error.problems]) from error
    if problems:
        raise ConfigError([position.problem(problem.message) for problem in problems])
    return _moved(node, position)


def _moved(node: Node, position: Position) -> Node:
    """Return ``node`` with every position in it replaced by ``position``."""
    if isinstance(node, Mapping):
        entries = {key: Pair(position, _moved(entry.node, position)) for key, entry in node.entries.items()}
        return Mapping(entries, position, node.nodes)
    if isinstance(node, Sequence):
        return Sequence(tuple(_moved(item, position) for item in node.items), position, node.nodes)
    return replace(node, position=position)


def with_override(root: Mapping, override: Override) -> Mapping:
    """Return ``root`` with ``override`` applied; raises ConfigError if its key leads nowhere."""
    if not all(override.key.split(".")):
        raise ConfigError([override.position.problem("expected a key such as optimizer.learning_rate")])
    changed = _replaced(_without_alternative(root, override), override.key.split("."), override, "")
    return replace(root, entries=changed.entries) if isinstance(changed, Mapping) else root


_ALTERNATIVES = {"training.steps": "epochs", "training.epochs": "steps"}


def _without_alternative(root: Mapping, override: Override) -> Mapping:
    """Return ``root`` without the length of training that ``override`` replaces, unless it is an override too."""
    training = root.entries.get("training")
    other = _ALTERNATIVES.get(override.key)
    if training is None or other is None or not isinstance(training.node, Mapping):
        return root
    old = training.node.entries.get(other)
    is_given_together = old is None or not old.key.line or old.key.source == override.position.source
    if is_given_together or (isinstance(override.node, Scalar) and override.node.value is None):
        return root
    entries = {key: pair for key, pair in training.node.entries.items() if key != other}
    kept = replace(training, node=replace(training.node, entries=entries))
    return replace(root, entries={**root.entries, "training": kept})


def _replaced(node: Node, path: list[str], override: Override, done: str) -> Node:
    """Return ``node`` with the override at ``path``; missing mappings on the way are created."""
    if not path:
        return override.node
    step, rest = path[0], path[1:]
    here, position = f"{done}.{step}".lstrip("."), override.position
    if isinstance(node, Sequence):
        return _in_list(node, path, override, done)
    if isinstance(node, Scalar) and isinstance(node.value, str) and done:
        # The short form of an entry, "relu" for {type: relu}, is expanded to take an option.
        node = Mapping({"type": Pair(node.position, node)}, node.position)
    if isinstance(node, Scalar):
        if node.value is not None:
            raise ConfigError([position.problem(f"{done} is {node.text}, which has no parts")])
        node = Mapping({}, position)
    old = node.entries.get(step)
    child = _replaced(old.node if old else Mapping({}, position), rest, override, here)
    return replace(node, entries={**node.entries, step: Pair(position, child)})


def _in_list(node: Sequence, path: list[str], override: Override, done: str) -> Sequence:
    """Return the list ``node`` with an entry changed, inserted or removed."""
    step, rest = path[0], path[1:]
    position, items = override.position, list(node.items)
    nothing = isinstance(override.node, Scalar) and override.node.value is None
    if step in {f"+{index}" for index in range(len(items) + 1)}:
        if rest or nothing:
            hint = f"such as {done}.{step}=relu or {done}.{step}={{type: dense, units: 10}}"
            raise ConfigError([position.problem(f"{done}.{step} inserts an entry, which is given whole", hint)])
        items.insert(int(step), override.node)
    elif step not in {str(index) for index in range(len(items))}:
        raise ConfigError([position.problem(_numbered(step, len(items), done))])
    elif nothing and not rest:
        del items[int(step)]
    else:
        items[int(step)] = _replaced(items[int(step)], rest, override, f"{done}.{step}")
    return replace(node, items=tuple(items))


def _numbered(step: str, count: int, done: str) -> str:
    """Return the message for ``step`` if a list has no entry of that number."""
    adding = f"; {done}.+{count} adds one at the end"
    if not count:
        return f"{done} has no entries{adding}"
    numbers = "1 entry, number 0" if count == 1 else f"{count} entries, 0 to {count - 1}"
    known = f"{done} has {numbers}; {brief(step)} is none of them"
    return known + (adding if step.startswith("+") else "")
