"""Verified downloads from mirrors.

A file gets its final name after its checksum was verified; until then it has a temporary name in the same
folder, as all files that nnlab writes.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlab import files
from nnlab.data.published import PublishedData, PublishedFile
from nnlab.errors import DataError, SystemFault, system_errors

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server, in seconds.

    ``silence`` is the longest wait for a connection or for the next bytes; a whole file may take ``start`` plus
    its size divided by ``slowest``, in bytes per second.
    """

    silence: float = 10.0
    start: float = 30.0
    slowest: float = 50_000.0

    def limit(self, size: int) -> float:
        """Return the time limit for a file of ``size`` bytes."""
        return self.start + size / self.slowest


def download(published: PublishedData, folder: Path, patience: Patience = Patience()) -> None:
    """Download every file of ``published`` into ``folder``; verified files already there are kept.

    If a mirror fails, the next one is tried. Raises DataError, which lists the failures, if all mirrors failed
    for a file; SystemFault if the folder cannot be written.
    """
    with system_errors("write", folder):
        folder.mkdir(parents=True, exist_ok=True)
    mirrors = list(published.mirrors)
    for file in published.files:
        failures: list[str] = []
        while (failure := _fetch(mirrors[0] + file.name, file, folder, patience)) is not None:
            failures.append(f"{mirrors[0]}{file.name}: {failure}")
            log.info("%s", failures[-1])
            mirrors.append(mirrors.pop(0))  # the following files start with a mirror that works
            if len(failures) == len(mirrors):
                raise DataError(f"no mirror has {file.name} of {published.name}:\n  " + "\n  ".join(failures))


def _fetch(url: str, file: PublishedFile, folder: Path, patience: Patience) -> str | None:
    """Download ``url`` as ``file`` into ``folder``; return why it failed, or None.

    Raises SystemFault if the file cannot be written.
    """
    path = folder / file.name

    def retrieve() -> str | None:
        try:
            if not _is_there(path, file.md5):
                _bring(url, file, path, patience)
        except _RefusedError as refusal:
            return str(refusal)
        return None

    limit = patience.limit(file.size)
    try:
        return _within(limit, retrieve)
    except TimeoutError:
        return f"not done after {limit:.0f} s"


class _RefusedError(Exception):
    """Why a server did not provide a file, in a few words."""


def _is_there(path: Path, md5: str) -> bool:
    """Return whether the file ``path`` has the checksum ``md5``; raises SystemFault if it cannot be read."""
    with system_errors("read", path):
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, _md5).hexdigest() == md5
        except FileNotFoundError:
            return False


def _bring(url: str, file: PublishedFile, path: Path, patience: Patience) -> None:
    """Download ``url`` to ``path``; raises _RefusedError unless its content is ``file``, and SystemFault."""
    log.info("downloading %s (%s%.1f MB)", url, "" if file.exact else "at most ", file.size / 1e6)
    digest, size = _md5(), 0
    with files.replacing(path) as stored:
        for part in _parts(url, patience, file.size):
            stored.write(part)
            digest.update(part)
            size += len(part)
            if size > file.size:
                raise _RefusedError(f"more than {'the published ' if file.exact else ''}{file.size} bytes")
        if digest.hexdigest() != file.md5:
            raise _RefusedError("the file's checksum is not the published one")


def _md5() -> Any:
    return hashlib.md5(usedforsecurity=False)


def _parts(url: str, patience: Patience, size: int) -> Iterator[bytes]:
    """Yield the bytes of ``url`` within the time limit for ``size`` bytes; raises _RefusedError."""
    import requests  # noqa: PLC0415 -- slow to import, and seldom needed

    deadline = time.monotonic() + patience.limit(size)
    try:
        with requests.get(
            url,
            stream=True,
            timeout=patience.silence,
            headers={"Accept-Encoding": "identity"},  # the checksum is of the file as it is stored
            hooks={"response": _stay_on_https},
        ) as response:
            response.raise_for_status()
            for part in response.iter_content(2**14):
                if time.monotonic() > deadline:
                    raise requests.exceptions.Timeout("too slow")
                yield part
    except requests.RequestException as error:
        raise _RefusedError(_reason(error)) from error


def _stay_on_https(response: Any, **_options: Any) -> None:
    """Refuse a redirection from https to http, whose content could be altered on the way."""
    from requests.exceptions import InvalidURL  # noqa: PLC0415 -- slow to import, and seldom needed

    target = response.headers.get("Location", "") if response.is_redirect else ""
    if response.url.startswith("https:") and target.lower().startswith("http:"):
        raise InvalidURL(f"redirected from https to {target}")


def _reason(error: Exception) -> str:
    """Return why a request failed, in a few words."""
    from requests import exceptions  # noqa: PLC0415 -- slow to import, and seldom needed

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return f"the server answers {error.response.status_code}"
    if isinstance(error, exceptions.Timeout):
        return "the server does not answer in time"
    if isinstance(error, exceptions.ChunkedEncodingError):
        return "the connection was cut"
    if isinstance(error, exceptions.ConnectionError):
        return "the connection failed"
    return str(error)


def _within(seconds: float, call: Callable[[], str | None]) -> str | None:
    """Return what ``call`` returns; raises TimeoutError after ``seconds``, and what ``call`` raises.

    A socket's timeout limits silence only: a server that sends a byte per second would block the caller for
    days. The abandoned thread ends with its connection; what it may still write is verified like the rest.
    """
    outcome: list[str | None] = []
    errors: list[SystemFault] = []

    def work() -> None:
        try:
            outcome.append(call())
        except SystemFault as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not outcome:
        raise TimeoutError
    return outcome[0]
