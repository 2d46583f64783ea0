"""Arrays in an .npz file, a zip archive of .npy files."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from numpy.typing import NDArray

from nnlab.data.npy import Header, read_header, read_values
from nnlab.data.zip_archive import is_plain, unzipping
from nnlab.errors import DataError, brief

_KNOWN = 8  # arrays of a file that a message names

MOST_UNPACKED = 2**31
"""The most bytes that the arrays of one .npz file may take in memory: 2 GiB."""


class NpzFile:
    """The arrays in the .npz file ``path``, compressed or not.

    Every method raises DataError, before memory is allocated, if the file is damaged, unpacks to more than
    MOST_UNPACKED or contains anything but plain values, and SystemFault if it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def name(self, key: str) -> str:
        """Return the name of an array in messages."""
        return f"{self._path}: {key}"

    def names(self) -> list[str]:
        """Return the names of the arrays."""
        with self._unzipping() as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]

    def header(self, key: str) -> Header:
        """Return the header of an array."""
        with self.opened(key) as (_, header):
            return header

    def values(self, key: str) -> NDArray[Any]:
        """Return an array."""
        with self.opened(key) as (file, header):
            return read_values(self.name(key), file, header)

    @contextmanager
    def opened(self, key: str) -> Iterator[tuple[IO[bytes], Header]]:
        """Open an array and read its header, whose length agrees with what follows it."""
        with self._unzipping() as archive:
            members = [member for member in archive.infolist() if member.filename == f"{key}.npy"]
            if len(members) != 1:
                twice = f"{self._path} has two arrays {key}"
                raise DataError(twice if members else self._lacking(key, archive))
            if not is_plain(members[0]):
                raise DataError(f"{self.name(key)} is compressed in a way that NumPy does not use")
            with archive.open(members[0]) as file:
                header = read_header(self.name(key), file)
                header.check_length(self.name(key), members[0].file_size)
                yield file, header

    def _lacking(self, key: str, archive: zipfile.ZipFile) -> str:
        """Return the message for a missing array, with what the file has instead."""
        names = [brief(name.removesuffix(".npy")) for name in archive.namelist()]
        more = f" and {len(names) - _KNOWN} more" if len(names) > _KNOWN else ""
        return f"{self._path} lacks the array {key} (it has {', '.join(names[:_KNOWN]) or 'none'}{more})"

    @contextmanager
    def _unzipping(self) -> Iterator[zipfile.ZipFile]:
        with unzipping(self._path, ".npz file") as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_UNPACKED:
                raise DataError(
                    f"{self._path} unpacks to more than {MOST_UNPACKED} bytes; save them as .npy files in a "
                    "folder, which are read as they are needed"
                )
            yield archive
