"""Files of published data sets: their names, the folders in which they are found, and their mirrors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nnlab.errors import DataError


@dataclass(frozen=True)
class PublishedFile:
    """A file as its authors published it: ``size`` in bytes, and the MD5 of the file and of its gunzipped content.

    ``unpacked_md5`` is empty where it is not known. ``size`` is a limit if it is not ``exact``.
    """

    name: str
    size: int
    md5: str
    unpacked_md5: str = ""
    exact: bool = True


@dataclass(frozen=True)
class Layout:
    """A complete set of files in any one of ``folders``, each with one of ``suffixes``."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    suffixes: tuple[str, ...] = ("",)

    def look(self, folder: Path) -> tuple[list[Path], list[str]]:
        """Return the files in ``folder``, in order, and the names of those missing."""
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
    """The files of a data set, complete in any one of ``layouts``.

    ``mirrors`` are URLs that end in a slash and provide every published file. ``unsafe`` are the names of pickled
    copies, which are never opened.
    """

    name: str
    layouts: tuple[Layout, ...]
    files: tuple[PublishedFile, ...]
    mirrors: tuple[str, ...]
    unsafe: tuple[str, ...] = ()

    def find(self, root: Path) -> list[Path]:
        """Return the files of the first complete layout under ``root``; none if there are no files at all.

        Raises DataError, which names what is missing, if there are only some of the files.
        """
        partial = ""
        for layout in self.layouts:
            for folder in layout.folders:
                found, missing = layout.look(root / folder)
                if not missing:
                    return found
                if found and not partial:
                    partial = f"{root / folder} has only some files of {self.name}: missing {', '.join(missing)}"
        if partial:
            raise DataError(partial)
        return []

    @contextmanager
    def naming_the_cure(self) -> Iterator[None]:
        """Add to a DataError about a damaged file how to get an intact copy."""
        try:
            yield
        except DataError as error:
            cure = f"remove the damaged files, and nnlab data fetch {self.name} downloads intact ones"
            raise DataError(f"{error}; {cure}") from error

    def find_unsafe(self, root: Path) -> Path | None:
        """Return a pickled copy under ``root``, if there is one."""
        paths = (root / folder / name for folder in ("", self.name) for name in self.unsafe)
        return next((path for path in paths if path.exists()), None)
