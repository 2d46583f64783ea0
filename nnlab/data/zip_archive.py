"""Errors of zip archives, and members of them by name."""

import errno
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import cast

from nnlab.errors import DataError, SystemFault, refusal


@contextmanager
def unzipping(path: Path, what: str) -> Iterator[zipfile.ZipFile]:
    """Open the zip archive ``path``, which messages call ``what``, such as ".npz file".

    Raises DataError, which names the file, if it is damaged, SystemFault if it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, RuntimeError, EOFError, zlib.error, ValueError, struct.error) as error:
        raise DataError(f"{path} is a damaged {what}: {error}") from error
    except OSError as error:
        if error.errno == errno.EINVAL:  # an offset in the archive that leads out of the file
            raise DataError(f"{path} is a damaged {what}: an offset leads out of it") from error
        raise SystemFault(refusal(error, "read", path)) from error


def is_plain(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is stored or deflated, as NumPy and most programs do it."""
    return member.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


@contextmanager
def opened_member(path: Path, archive: zipfile.ZipFile, name: str) -> Iterator[zipfile.ZipExtFile]:
    """Open the member whose path in ``archive`` ends in ``name``; nothing is extracted.

    Raises DataError unless there is exactly one, stored or deflated.
    """
    members = [each for each in archive.infolist() if PurePosixPath(each.filename).name == name]
    if len(members) != 1:
        raise DataError(f"{path} {'has two files' if members else 'lacks'} {name}")
    if not is_plain(members[0]):
        raise DataError(f"{path}: {name} is compressed in a way that is not read")
    with archive.open(members[0]) as file:
        yield cast("zipfile.ZipExtFile", file)
