"""Where data sets are on this machine, and how they get there."""

import os
from dataclasses import dataclass
from pathlib import Path

from nnlab.data.cache import cache_directory
from nnlab.data.download import download
from nnlab.data.published import PublishedData
from nnlab.data.source import Source
from nnlab.errors import DataError, UsageError, system_errors
from nnlab.registry import DATASETS


@dataclass(frozen=True)
class Holding:
    """What this machine has of a data set: ``files``, ``size`` bytes in all.

    ``note`` says what there is to know otherwise: where else it comes from, that it is not here, or what is
    wrong with it.
    """

    name: str
    files: tuple[Path, ...]
    size: int
    note: str = ""


def roots(root: Path | None) -> list[Path]:
    """Return the folders to look in: ``root``, $NNLAB_DATA, ./data and the cache, as far as they are given.

    Raises DataError if ``root`` or $NNLAB_DATA names a folder that is not there.
    """
    named: dict[str, Path] = {} if root is None else {"data.root": root}
    if os.environ.get("NNLAB_DATA"):
        named["NNLAB_DATA"] = Path(os.environ["NNLAB_DATA"]).expanduser()
    for origin, folder in named.items():
        if not folder.is_dir():
            raise DataError(f"there is no folder {folder}, which {origin} names")
    return [*named.values(), Path("data"), _downloads()]


def locate(published: PublishedData, root: Path | None) -> list[Path]:
    """Return the files of ``published``, downloaded if they are in none of the ``roots``.

    Raises DataError if a folder holds only a part of them or only a pickled copy, or if no mirror can be
    reached; SystemFault if a folder cannot be read.
    """
    with system_errors("read"):
        folders = roots(root)
        for folder in folders[:-1]:
            if files := published.find(folder):
                return files
        if files := _complete_download(published):
            return files
        _refuse_unsafe(published, folders)
    return _downloaded(published, folders)


def fetch(name: str) -> Path:
    """Download the data set ``name`` into the user's cache, unless it is there; return its folder.

    Raises UsageError for an unknown data set and for one that is generated, DataError if no mirror can be
    reached.
    """
    source: type[Source] = DATASETS[name]
    if source.published is None:
        raise UsageError(f"{name} is {source.origin}: there is nothing to fetch")
    return _downloaded(source.published, [])[0].parent


def available(root: Path | None = None) -> list[Holding]:
    """Return what this machine has of each data set, by name; nothing is read or downloaded.

    Raises DataError if ``root`` or $NNLAB_DATA names a folder that is not there, SystemFault if it cannot be
    looked into.
    """
    with system_errors("read"):
        folders = roots(root)
    return [_holding(name, DATASETS[name], folders) for name in DATASETS.names()]


def _holding(name: str, source: type[Source], folders: list[Path]) -> Holding:
    published = source.published
    if published is None:
        return Holding(name, (), 0, source.origin)
    try:
        files = next((files for files in map(published.find, folders[:-1]) if files), None)
    except (DataError, OSError) as error:
        return Holding(name, (), 0, str(error))
    files = files or _complete_download(published)
    return Holding(name, tuple(files), sum(file.stat().st_size for file in files), "" if files else "not here")


def _downloads() -> Path:
    return cache_directory() / "data"


def _complete_download(published: PublishedData) -> list[Path]:
    """Return the files in the cache; none if a download was never made or did not end."""
    try:
        return published.find(_downloads())
    except DataError:
        return []


def _downloaded(published: PublishedData, searched: list[Path]) -> list[Path]:
    folder = _downloads() / published.name
    try:
        download(published, folder)
    except DataError as error:
        places = f"\nlooked in {', '.join(str(path) for path in searched)}" if searched else ""
        names = ", ".join(file.name for file in published.files)
        raise DataError(
            f"{error}{places}\nput {names} into data/{published.name}/ or into a folder that NNLAB_DATA names; "
            "data: {type: glyphs} needs no download"
        ) from error
    return published.find(_downloads())


def _refuse_unsafe(published: PublishedData, folders: list[Path]) -> None:
    for folder in folders:
        if path := published.find_unsafe(folder):
            safe = published.files[0].name
            raise DataError(
                f"{path} is in an unsafe format: a pickle can run any code when it is read; take "
                f"{safe} instead, from {published.mirrors[0]}{safe} or with nnlab data fetch {published.name}"
            )
