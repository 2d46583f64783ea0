"""Single values laid over a config: KEY=VALUE on the command line, the settings of a sweep's cells.

A key leads through mappings and lists: ``network.0.filters``. In a list, ``network.+3`` inserts an entry
before number 3 (``network.+5`` at the end of five), and null at ``network.3`` takes that entry away.
"""

from dataclasses import dataclass, replace

from nnlab.config.nodes import Entry, Mapping, Node, Place, Scalar, Sequence, compose, meaning
from nnlab.errors import ConfigError, brief, printable


@dataclass(frozen=True)
class Override:
    """The value ``node`` for a dotted ``key``; ``place`` is where that key was written."""

    key: str
    node: Node
    place: Place


def read_override(text: str) -> Override:
    """Return what KEY=VALUE says; raises ConfigError, which names the override."""
    place = Place(f"override {printable(text)!r}")
    key, equals, value = text.partition("=")
    if not equals or not all(key.split(".")):
        raise ConfigError([place.problem("expected KEY=VALUE", "such as optimizer.learning_rate=0.01")])
    return Override(key, read_value(value, place), place)


def read_value(text: str, place: Place) -> Node:
    """Return what a VALUE of the command line means, as if it stood at ``place``; raises ConfigError."""
    if text.lstrip()[:1] not in {"[", "{", '"', "'"}:
        return Scalar(meaning(text), text, place)
    try:
        node, problems = compose(text, place.source)
    except ConfigError as error:
        raise ConfigError([place.problem(problem.message) for problem in error.problems]) from error
    if problems:
        raise ConfigError([place.problem(problem.message) for problem in problems])
    return _moved(node, place)


def _moved(node: Node, place: Place) -> Node:
    """Return ``node`` with every place in it replaced by ``place``."""
    if isinstance(node, Mapping):
        entries = {key: Entry(place, _moved(entry.node, place)) for key, entry in node.entries.items()}
        return Mapping(entries, place, node.nodes)
    if isinstance(node, Sequence):
        return Sequence(tuple(_moved(item, place) for item in node.items), place, node.nodes)
    return replace(node, place=place)


def laid_over(root: Mapping, override: Override) -> Mapping:
    """Return ``root`` with ``override`` laid over it; raises ConfigError where its key leads nowhere."""
    if not all(override.key.split(".")):
        raise ConfigError([override.place.problem("expected a key such as optimizer.learning_rate")])
    changed = _replaced(root, override.key.split("."), override, "")
    return replace(root, entries=changed.entries) if isinstance(changed, Mapping) else root


def _replaced(node: Node, path: list[str], override: Override, done: str) -> Node:
    """Return ``node`` with the override at ``path``; mappings on the way are made where there are none."""
    if not path:
        return override.node
    step, rest = path[0], path[1:]
    here, place = f"{done}.{step}".lstrip("."), override.place
    if isinstance(node, Sequence):
        return _in_list(node, path, override, done)
    if isinstance(node, Scalar) and isinstance(node.value, str) and done:
        # The short form of an entry, "relu" for {type: relu}, becomes the long one to take an option.
        node = Mapping({"type": Entry(node.place, node)}, node.place)
    if isinstance(node, Scalar):
        if node.value is not None:
            raise ConfigError([place.problem(f"{done} is {node.text}, which has no parts")])
        node = Mapping({}, place)
    old = node.entries.get(step)
    child = _replaced(old.node if old else Mapping({}, place), rest, override, here)
    return replace(node, entries={**node.entries, step: Entry(place, child)})


def _in_list(node: Sequence, path: list[str], override: Override, done: str) -> Sequence:
    """Return the list ``node`` with an entry changed, inserted or taken away."""
    step, rest = path[0], path[1:]
    place, items = override.place, list(node.items)
    nothing = isinstance(override.node, Scalar) and override.node.value is None
    if step in {f"+{index}" for index in range(len(items) + 1)}:
        if rest or nothing:
            hint = f"such as {done}.{step}=relu or {done}.{step}={{type: dense, units: 10}}"
            raise ConfigError([place.problem(f"{done}.{step} inserts an entry, which is given whole", hint)])
        items.insert(int(step), override.node)
    elif step not in {str(index) for index in range(len(items))}:
        raise ConfigError([place.problem(_numbered(step, len(items), done))])
    elif nothing and not rest:
        del items[int(step)]
    else:
        items[int(step)] = _replaced(items[int(step)], rest, override, f"{done}.{step}")
    return replace(node, items=tuple(items))


def _numbered(step: str, count: int, done: str) -> str:
    """Return what to say of ``step``, which is the number of no entry of a list."""
    adding = f"; {done}.+{count} adds one at the end"
    if not count:
        return f"{done} has no entries{adding}"
    numbers = "1 entry, number 0" if count == 1 else f"{count} entries, 0 to {count - 1}"
    known = f"{done} has {numbers}; {brief(step)} is none of them"
    return known + (adding if step.startswith("+") else "")
