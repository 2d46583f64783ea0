"""The text of a CSV file, gzipped or not, in blocks of whole records, with bounded memory."""

import contextlib
import gzip
import os
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path

import numpy as np

from nnlab import files
from nnlab.activity import announce
from nnlab.errors import DataError, SystemFault, printable, refusal

_BLOCK = 2**21  # bytes read at a time
_LONGEST = 2**24  # bytes of a record
_FREE, _DENSEST = 2**30, 100  # bytes that any gzipped file may have unpacked, and per byte beyond
_BOM = b"\xef\xbb\xbf"
_WIDE = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_QUOTE, _NEWLINE = ord('"'), ord("\n")


@dataclass(frozen=True)
class Block:
    """Whole records, each ended by one newline; ``line`` is the number of the first line in the file, from 1."""

    content: bytes
    line: int

    def without_header(self) -> "Block":
        """Return the block without its first record that is not empty."""
        content = self.content.lstrip(b"\n")
        end = next((end for end in _line_ends(content) if content.count(b'"', 0, end) % 2 == 0), len(content))
        return Block(
            content[end:], self.line + self.content.count(b"\n", 0, len(self.content) - len(content) + end)
        )


def blocks(path: Path, size: int = _BLOCK) -> Iterator[Block]:
    """Yield the records of ``path`` in blocks of about ``size`` bytes, later up to 2 MiB.

    Raises DataError if it is no text in UTF-8, a damaged gzip file or a bomb, or has a record of more than 16 MiB;
    SystemFault if it cannot be read.
    """
    name, line, rest = printable(str(path)), 1, b""
    with contextlib.closing(_texts(path, size)) as texts:
        for text in texts:
            content = rest + text
            end = _end_of_records(content)
            rest = content[end:]
            if len(rest) > _LONGEST:
                raise DataError(f"{name}: the record that begins in line {line} has more than {_LONGEST:,} bytes")
            if end:
                yield Block(content[:end], line)
                line += content.count(b"\n", 0, end)
    if rest:
        yield Block(rest + b"\n" * (not rest.endswith(b"\n")), line)


def _line_ends(content: bytes) -> Iterator[int]:
    end = 0
    while end := content.find(b"\n", end) + 1:
        yield end


def _end_of_records(content: bytes) -> int:
    """Return the index after the last newline that is outside quotes."""
    if b'"' not in content:
        return content.rfind(b"\n") + 1
    values = np.frombuffer(content, np.uint8)
    quotes = np.cumsum(values == _QUOTE, dtype=np.uint8)  # modulo 256: only whether it is odd matters
    ends = np.flatnonzero((values == _NEWLINE) & (quotes % 2 == 0))
    return int(ends[-1]) + 1 if ends.size else 0


def _texts(path: Path, size: int) -> Generator[bytes, None, None]:
    """Yield the content of ``path``, with every line end as one newline and without a byte order mark."""
    name = printable(str(path))
    try:
        with files.open_plain(path) as stored, _content(stored, name) as content:
            total = os.fstat(stored.fileno()).st_size
            start = content.read(size)
            _check_text(name, start)
            text = start.removeprefix(_BOM)
            while text:
                if text.endswith(b"\r"):
                    text += content.read(1)
                if b"\r" in text:
                    text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
                yield text
                announce(f"reading {path.name}, MB", stored.tell() // 10**6, total // 10**6)
                size = min(2 * size, _BLOCK)
                text = content.read(size)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{name} is a damaged gzip file: {error}") from error
    except OSError as error:
        raise SystemFault(refusal(error, "read", name)) from error


@contextlib.contextmanager
def _content(stored: BufferedIOBase, name: str) -> Iterator["BufferedIOBase | _Bounded"]:
    """Open the content of a file that may be gzipped."""
    if stored.peek(2)[:2] != b"\x1f\x8b":  # type: ignore[attr-defined] # of BufferedReader
        yield stored
        return
    with gzip.GzipFile(fileobj=stored) as unpacked:
        yield _Bounded(unpacked, name, _FREE + _DENSEST * os.fstat(stored.fileno()).st_size)


class _Bounded:
    """The bytes of an unpacked file; DataError beyond ``most``."""

    def __init__(self, file: BufferedIOBase, name: str, most: int) -> None:
        self._file = file
        self._name = name
        self._left = most

    def read(self, size: int) -> bytes:
        content = self._file.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise DataError(f"{self._name} unpacks to more than {_DENSEST} times its size")
        return content


def _check_text(name: str, start: bytes) -> None:
    if not start.removeprefix(_BOM).strip():
        raise DataError(f"{name} is empty")
    if start[:2] in _WIDE:
        raise DataError(f"{name} is in {_WIDE[start[:2]]}; save it as CSV in UTF-8")
    if start[:2] == b"PK":
        raise DataError(f"{name} is a zip archive or a spreadsheet; unpack it, or save it as CSV")
    if b"\0" in start:
        raise DataError(f"{name} is not a text: it has a zero byte")
