"""Lines of JSON that are chained by checks: the metrics log and the test ledger.

Each line ends with ``"check"``: the first 16 hex digits of the SHA-256 of the previous check and of the line
up to that key. The chain reveals altered lines as well as lost, added and moved ones.
"""

import hashlib

FIRST = "0" * 16
"""The check before the first line's."""

ENDING = len(', "check": "0123456789abcdef"}\n')
"""Bytes of the end of a line, from its check on."""


def next_line(before: str, text: bytes) -> tuple[bytes, str]:
    """Return the line of the JSON object ``text``, given without its last brace, and the check of the line.

    ``before`` is the check of the line before.
    """
    check = _chained(before, text)
    return text + _ending(check), check


def verified(line: bytes, before: str) -> str | None:
    """Return the check of ``line`` if it follows from the check ``before``, else None."""
    check = _chained(before, line[:-ENDING])
    return check if line[-ENDING:] == _ending(check) else None


def _chained(before: str, text: bytes) -> str:
    return hashlib.sha256(before.encode() + text).hexdigest()[:16]


def _ending(check: str) -> bytes:
    return f', "check": "{check}"}}\n'.encode()
