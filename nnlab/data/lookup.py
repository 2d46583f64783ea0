"""Look up data sets on this machine, and download those that are missing."""

import os
from dataclasses import dataclass
from pathlib import Path

from nnlab.data.cache import cache_directory, md5_of, md5_of_content, remembered_digest
from nnlab.data.download import download
from nnlab.data.published import PublishedData, PublishedFile
from nnlab.data.source import Source
from nnlab.errors import DataError, UsageError, system_errors
from nnlab.registry import DATASETS


@dataclass(frozen=True)
class Holding:
    """The ``files`` of a data set on this machine, ``size`` bytes in total.

    Without files, ``note`` says why: where else the data come from, that they are not here, or what is wrong.
    """

    name: str
    files: tuple[Path, ...]
    size: int
    note: str = ""


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


def _holding(name: str, source: type[Source], folders: list[Path]) -> Holding:
    published = source.published
    if published is None:
        return Holding(name, (), 0, source.origin)
    try:
        files = next((files for files in map(published.find, folders) if files), None)
    except (DataError, OSError) as error:
        return Holding(name, (), 0, str(error))
    files = files or _complete_download(published)
    return Holding(name, tuple(files), sum(file.stat().st_size for file in files), "" if files else "not here")


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
