"""What a disk may hold after the power failed, replayed from a log of system calls.

Only what was flushed is sure. Of the rest, any write may be missing, torn or zeros; and of the changes to a folder
that was not flushed since, creations, renames and removals, any may be missing.
"""

from dataclasses import dataclass, field
from pathlib import Path, PurePath

CREATING, REMOVING = {"create", "mkdir"}, {"unlink", "remove", "rmdir"}
_FOLDER = 0  # the number of what is no file


@dataclass
class _Pending:
    """Changes to a file or folder: those that are on the disk for sure, and those that came after them."""

    sure: list = field(default_factory=list)
    open: list = field(default_factory=list)

    def flush(self):
        self.sure += self.open
        self.open.clear()

    def some(self, rng, choose):
        """Return the changes that are there after a power loss; ``choose`` says what became of an open one."""
        chance = rng.choice([0.0, 0.5, 1.0])
        return [*self.sure, *(choose(change) for change in self.open if rng.random() < chance)]


@dataclass(frozen=True)
class State:
    """What is on the disk: content by path, None of a folder; and the last step that was said to be saved."""

    entries: dict
    saved: int
    at: int

    @property
    def key(self):
        return self.saved, tuple(sorted(self.entries.items(), key=lambda entry: entry[0]))

    def write(self, root):
        """Make it the content of the folder ``root``."""
        for name, content in sorted(self.entries.items()):
            path = root / name
            if content is None:
                path.mkdir()
            elif path.parent.is_dir():
                path.write_bytes(content)


def lose_power(calls, root, rng):
    """Return what may be below ``root`` if the power fails at a random moment among ``calls``."""
    at = int(rng.integers(1, len(calls) + 1))
    folders, contents, names, saved = {}, {}, {}, 0
    for call in calls[:at]:
        path = PurePath(call.path)
        if call.failed:
            continue
        if call.name == "saved":
            saved = call.number
        elif call.name in CREATING:
            number = call.number if call.name == "create" else _FOLDER
            names[call.path] = number
            contents.setdefault(number, _Pending())
            folders.setdefault(path.parent, _Pending()).open.append((path.name, number, None))
        elif call.name in {"replace", "rename"}:
            names[call.target] = names.pop(call.path)
            folders[path.parent].open.append((PurePath(call.target).name, names[call.target], path.name))
        elif call.name in REMOVING and call.path in names:
            del names[call.path]
            folders[path.parent].open.append((path.name, None, None))
        elif call.name in {"write", "ftruncate"}:
            contents[call.number].open.append((call.position, call.content, call.name == "ftruncate"))
        elif call.name == "fsync":
            pending = contents.get(call.number) if names.get(call.path) else folders.get(path)
            if pending:
                pending.flush()
    return State(_entries(folders, contents, PurePath(root), rng), saved, at)


def _entries(folders, contents, root, rng):
    files = {
        number: _content(pending.some(rng, lambda change: _torn(change, rng)))
        for number, pending in contents.items()
    }
    entries = {}
    for folder, pending in folders.items():
        found = {}
        for name, number, before in pending.some(rng, lambda change: change):
            found.pop(before, None)
            found[name] = number
        for name, number in found.items():
            if number is not None:
                entries[str((folder / name).relative_to(root))] = None if number == _FOLDER else files[number]
    there = {name for name, content in entries.items() if content is None} | {"."}
    return {name: content for name, content in entries.items() if str(Path(name).parent) in there}


def _torn(change, rng):
    """Return a write as a whole, torn, or with zeros in place of its end."""
    position, content, truncates = change
    if truncates or not content or rng.random() < 0.3:
        return change
    kept = content[: int(rng.integers(len(content)))]
    return position, kept if rng.random() < 0.5 else kept.ljust(len(content), b"\0"), False


def _content(changes):
    content = bytearray()
    for position, new, truncates in changes:
        content.extend(bytes(max(0, position - len(content))))
        if truncates:
            del content[position:]
        else:
            content[position : position + len(new)] = new
    return bytes(content)
