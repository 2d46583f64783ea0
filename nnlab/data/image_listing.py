"""The folders and files of a data set of images: one folder per class, with or without train/ and test/."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from nnlab.data.class_names import MOST_CLASSES, check_name, composed, in_order
from nnlab.data.image_pixels import SUFFIXES
from nnlab.errors import DataError, brief, printable, system_errors

Part = Literal["train", "validation", "test"]

_PARTS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}
_IGNORED = {"__MACOSX", "Thumbs.db", "desktop.ini"}  # left by macOS and Windows


class ListedFile(NamedTuple):
    """A file below a class folder, or why it cannot be an image.

    ``name`` is the path below the data set, ``facts`` its inode, size and time of change.
    """

    path: str
    name: str
    label: int
    facts: str
    problem: str = ""


def parts(path: Path) -> dict[Part, Path]:
    """Return the folders of the training, validation and test examples in ``path``, as far as there are any.

    Without a folder called train, all images in ``path`` are training examples. Raises DataError if a part is
    there twice, or besides class folders.
    """
    folders = _subfolders(path)
    found: dict[Part, Path] = {}
    for name, folder in folders.items():
        part = _PARTS.get(name.lower())
        if part in found:
            raise DataError(f"{found[part]} and {folder} hold {part} examples; leave one of them")
        if part:
            found[part] = folder
    if "train" not in found:
        return {"train": path}
    others = [name for name in folders if name.lower() not in _PARTS]
    if others:
        raise DataError(
            f"{printable(str(path))} has {found['train'].name}/ and also {brief(others[0])}, which is in none of "
            "train/, validation/ and test/; move or remove it"
        )
    return found


def class_folders(folder: Path) -> dict[str, Path]:
    """Return the folder of each class in ``folder`` by its name, in the order of the classes.

    Raises DataError if two names differ only in how their accents are stored, or one cannot be printed.
    """
    found: dict[str, Path] = {}
    for name, each in _subfolders(folder).items():
        check_name(f"{printable(str(folder))}: the name of a class folder", name)
        if (other := found.get(composed(name))) is not None:
            raise DataError(
                f"{printable(str(folder))} has two class folders called {brief(name)}, whose accents are "
                f"stored in different ways ({other.name!a}, {each.name!a}); rename one"
            )
        found[composed(name)] = each
    if len(found) > MOST_CLASSES:
        raise DataError(f"{printable(str(folder))} has {len(found):,} class folders, more than {MOST_CLASSES:,}")
    return {name: found[name] for name in in_order(found)}


def training_classes(folder: Path) -> tuple[str, ...]:
    """Return the classes in ``folder``; raises DataError, which explains the layout, unless there are two."""
    folders, place = class_folders(folder), printable(str(folder))
    if len(folders) > 1:
        return tuple(folders)
    layout = "put the images of each class into a folder of its own, as in cat/1.png and dog/2.png"
    if not folders:
        raise DataError(f"{place} has {'images, but ' * has_images(folder)}no class folders; {layout}")
    (only,) = folders.values()
    if len(_subfolders(only)) > 1:
        raise DataError(
            f"{place} has one folder only, {only.name}/, which has others: data.path: {only} names them"
        )
    raise DataError(f"{place} has one class folder only, {only.name}/; {layout}")


def has_images(folder: Path) -> bool:
    """Return whether files in ``folder`` itself, not below, have the names of images."""
    return any(Path(entry.name).suffix.lower() in SUFFIXES for entry in _entries(folder) if not entry.is_dir())


def files_below(folder: Path, root: Path, label: int) -> list[ListedFile]:
    """Return the files of the class ``label`` in ``folder`` and its subfolders, in the order of their names.

    Hidden files are left out. Links are not followed: what is trained on lies in the data set's own folder.
    Raises SystemFault if a folder cannot be read.
    """
    listed = []
    folders = [folder]
    start = len(os.path.join(root, ""))  # noqa: PTH118 -- with a slash at its end
    while folders:
        for entry in _entries(folders.pop()):
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
                continue
            with system_errors("read", printable(entry.path)):
                status = entry.stat(follow_symlinks=False)
            facts = f"{status.st_dev} {status.st_ino} {status.st_size} {status.st_mtime_ns}"
            listed.append(ListedFile(entry.path, entry.path[start:], label, facts, _problem(entry)))
    return sorted(listed)


def _problem(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "is a link, which nnlab does not follow; replace it by its target"
    return "" if entry.is_file(follow_symlinks=False) else "is not a plain file"


def _subfolders(folder: Path) -> dict[str, Path]:
    """Return the folders in ``folder`` by name; raises DataError if one is a link."""
    found = {}
    for entry in _entries(folder):
        if entry.is_dir():
            if entry.is_symlink():
                name = printable(entry.path)
                raise DataError(f"{name} is a link, which nnlab does not follow; replace it by its target")
            found[entry.name] = Path(entry.path)
    return found


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield what is in ``folder`` and not hidden; raises SystemFault if it cannot be read."""
    with system_errors("read", printable(str(folder))), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.name not in _IGNORED:
                yield entry
