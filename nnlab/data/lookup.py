"""Look up data sets on this machine, and download those that are missing."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from nnlab.activity import announce
from nnlab.data.cache import cache_directory, md5_of, md5_of_content, remembered_digest
from nnlab.data.download import download
from nnlab.data.published import PublishedData, PublishedFile
from nnlab.data.source import Source
from nnlab.errors import DataError, SystemFault, UsageError, system_errors
from nnlab.registry import DATASETS

State: TypeAlias = Literal[
    "verified", "unverified", "damaged", "incomplete", "unsafe", "unreadable", "absent", "own"
]
"""What is known of a data set on this machine, see STATES."""

STATES: dict[State, str] = {
    "verified": "the files have the published checksums",
    "unverified": "the files can be read, but do not have the published checksums, or there are none for them",
    "damaged": "the files cannot be read",
    "incomplete": "only some of the files are here",
    "unsafe": "only a pickled copy is here, which is never opened",
    "unreadable": "the system refuses to read the files",
    "absent": "not on this machine",
    "own": "generated, or the user's own: there is nothing to look up",
}


@dataclass(frozen=True)
class Holding:
    """The ``files`` of a data set on this machine, ``size`` bytes in total.

    Without files, ``note`` says why: where else the data come from, that they are not here, or what is wrong.
    ``state`` is None as long as the files are not read.
    """

    name: str
    files: tuple[Path, ...]
    size: int
    note: str = ""
    state: State | None = None


def roots(root: Path | None) -> list[Path]:
    """Return the folders to look in before the cache: ``root`` and $NNLAB_DATA, if given, and ./data.

    Raises DataError if ``root`` or $NNLAB_DATA names a folder that does not exist.
    """
    named: dict[str, Path] = {} if root is None else {"data.root": root}
    if os.environ.get("NNLAB_DATA"):
        named["NNLAB_DATA"] = expanded(os.environ["NNLAB_DATA"], "NNLAB_DATA")
    for origin, folder in named.items():
        if not folder.is_dir():
            raise DataError(f"there is no folder {folder.absolute()}, which {origin} names")
    return [*named.values(), Path("data")]


def expanded(path: str, origin: str) -> Path:
    """Return ``path`` with ``~`` and ``~user`` replaced by home directories; raises DataError if there is none."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        first = Path(path).parts[0]
        why = "there is no home directory" if first == "~" else f"there is no user {first[1:]}"
        raise DataError(f"{origin}: {why} for {path}; write the whole path") from error


def locate(published: PublishedData, root: Path | None) -> list[Path]:
    """Return the files of ``published``; download them if none of the ``roots`` has them.

    Raises DataError if a folder contains only some of them or only a pickled copy, or if no mirror can be
    reached; SystemFault if a folder cannot be read.
    """
    with system_errors("read"):
        folders = roots(root)
        for folder in folders:
            if files := published.find(folder):
                return files
        if files := _complete_download(published):
            return files
        if downloads := _downloads():
            folders.append(downloads)
        _refuse_unsafe(published, folders)
    return _downloaded(published, folders)


def is_published(published: PublishedData, paths: list[Path]) -> bool:
    """Return whether the files ``paths`` have the published content, in the order of ``published.files``.

    A file may be gunzipped or compressed in another way where the MD5 of its content is known. A file is read
    only if it changed since the last call. Raises SystemFault if the machine cannot read it.
    """
    return len(paths) == len(published.files) and all(map(_is_copy, paths, published.files))


def _is_copy(path: Path, file: PublishedFile) -> bool:
    if remembered_digest(path, md5_of, kind="md5", size=16) == file.md5:
        return True
    if not file.unpacked_md5:
        return False
    return remembered_digest(path, md5_of_content, kind="md5 of content", size=16) == file.unpacked_md5


def fetch(name: str) -> Path:
    """Download the data set ``name`` into the user's cache, unless it is there, and return its folder.

    Raises UsageError for an unknown data set and for one that is generated, DataError if no mirror can be
    reached.
    """
    source: type[Source] = DATASETS[name]
    if source.published is None:
        raise UsageError(f"{name} is {source.origin}: there is nothing to fetch")
    return _downloaded(source.published, [])[0].parent


def available(root: Path | None = None) -> list[Holding]:
    """Return the files of each data set on this machine, by name, without reading or downloading any.

    Raises DataError if ``root`` or $NNLAB_DATA names a folder that does not exist, SystemFault if it cannot be
    read.
    """
    with system_errors("read"):
        folders = roots(root)
    return [_holding(name, DATASETS[name], folders) for name in DATASETS.names()]


def inspected(root: Path | None = None) -> Iterator[Holding]:
    """Yield what ``available`` returns with its state: files are read and compared with the published checksums.

    A file is read only if it changed since its checksum was last computed; files without the published content
    are also read as data, to find out whether they are damaged. Raises as ``available`` does.
    """
    for holding in available(root):
        published = DATASETS[holding.name].published
        yield _inspected(holding, published, root) if published and holding.files else holding


def _inspected(holding: Holding, published: PublishedData, root: Path | None) -> Holding:
    """Return ``holding``, whose files are here, with its state."""
    announce(f"checking {holding.name}")
    try:
        if is_published(published, list(holding.files)):
            return replace(holding, state="verified")
        DATASETS[holding.name]().load(root)
    except DataError as error:
        return replace(holding, state="damaged", note=str(error))
    except SystemFault as error:
        return replace(holding, state="unreadable", note=str(error))
    return replace(holding, state="unverified", note=STATES["unverified"])


def _holding(name: str, source: type[Source], folders: list[Path]) -> Holding:
    published = source.published
    if published is None:
        return Holding(name, (), 0, source.origin, "own")
    try:
        files = next((files for files in map(published.find, folders) if files), None)
        files = files or _complete_download(published)
        size = sum(file.stat().st_size for file in files)
    except DataError as error:
        return Holding(name, (), 0, str(error), "incomplete")
    except OSError as error:
        return Holding(name, (), 0, str(error), "unreadable")
    if not files and (path := next(filter(None, map(published.find_unsafe, folders)), None)):
        return Holding(name, (), 0, f"{path} is in an unsafe format, a pickle: it is not read", "unsafe")
    return Holding(name, tuple(files), size, "" if files else "not here", None if files else "absent")


def _downloads() -> Path | None:
    """Return the folder of downloads; None without a home directory."""
    directory = cache_directory()
    return directory / "data" if directory else None


def _complete_download(published: PublishedData) -> list[Path]:
    """Return the files in the cache; none if there was no complete download."""
    downloads = _downloads()
    try:
        return published.find(downloads) if downloads else []
    except DataError:
        return []


def _downloaded(published: PublishedData, searched: list[Path]) -> list[Path]:
    """Download ``published`` into the cache and return its files; ``searched`` are the folders without it."""
    downloads = _downloads()
    if downloads is None:
        raise DataError(
            f"{published.name} is not on this machine, and there is no home directory to download it into; "
            f"XDG_CACHE_HOME names another folder{_alternatives(published, searched)}"
        )
    try:
        download(published, downloads / published.name)
    except DataError as error:
        raise DataError(f"{error}{_alternatives(published, searched)}") from error
    return published.find(downloads)


def _alternatives(published: PublishedData, searched: list[Path]) -> str:
    """Return what a message says of data that cannot be downloaded: the folders searched and what helps."""
    places = f"\nlooked in {', '.join(str(path.absolute()) for path in searched)}" if searched else ""
    names = ", ".join(file.name for file in published.files)
    return (
        f"{places}\nput {names} into data/{published.name}/ or into a folder that NNLAB_DATA names; "
        "data: {type: glyphs} needs no download"
    )


def _refuse_unsafe(published: PublishedData, folders: list[Path]) -> None:
    for folder in folders:
        if path := published.find_unsafe(folder):
            safe = published.files[0].name
            raise DataError(
                f"{path} is in an unsafe format: a pickle can run any code when it is read; take "
                f"{safe} instead, from {published.mirrors[0]}{safe} or with nnlab data fetch {published.name}"
            )
