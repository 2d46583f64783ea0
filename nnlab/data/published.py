"""The files of a published data set: what they are called, where people keep them, where they come from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nnlab.errors import DataError


@dataclass(frozen=True)
class PublishedFile:
    """A file as its authors published it; ``size`` is in bytes."""

    name: str
    size: int
    md5: str


@dataclass(frozen=True)
class Layout:
    """A complete set of files, all in one of ``folders``, each with one of ``suffixes``."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    suffixes: tuple[str, ...] = ("",)

    def look(self, folder: Path) -> tuple[list[Path], list[str]]:
        """Return the files that are in ``folder``, in order, and the names of those that are not."""
        found: list[Path] = []
        missing: list[str] = []
        for name in self.files:
            paths = (folder / f"{name}{suffix}" for suffix in self.suffixes)
            path = next((path for path in paths if path.is_file()), None)
            if path is None:
                missing.append(name)
            else:
                found.append(path)
        return found, missing


@dataclass(frozen=True)
class PublishedData:
    """A data set that is kept in files: any one of ``layouts`` is all of it.

    ``mirrors`` are addresses that end in a slash and carry every published file. ``unsafe`` are names of
    pickled copies, which are never opened.
    """

    name: str
    layouts: tuple[Layout, ...]
    files: tuple[PublishedFile, ...]
    mirrors: tuple[str, ...]
    unsafe: tuple[str, ...] = ()

    def find(self, root: Path) -> list[Path]:
        """Return the files of the first complete layout under ``root``; none if there is no trace of it.

        Raises DataError, which names what is missing, if there are only some of the files.
        """
        partial = ""
        for layout in self.layouts:
            for folder in layout.folders:
                found, missing = layout.look(root / folder)
                if not missing:
                    return found
                if found and not partial:
                    partial = f"{root / folder} holds only a part of {self.name}: missing {', '.join(missing)}"
        if partial:
            raise DataError(partial)
        return []

    @contextmanager
    def naming_the_cure(self) -> Iterator[None]:
        """Let a DataError that a damaged file is the cause of say where an intact one comes from."""
        try:
            yield
        except DataError as error:
            cure = f"an intact copy comes with nnlab data fetch {self.name}, once the damaged files are removed"
            raise DataError(f"{error}; {cure}") from error

    def find_unsafe(self, root: Path) -> Path | None:
        """Return a pickled copy under ``root``, if there is one."""
        paths = (root / folder / name for folder in ("", self.name) for name in self.unsafe)
        return next((path for path in paths if path.exists()), None)
