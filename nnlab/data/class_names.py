"""Names of classes: what is allowed, and their order."""

import re
import unicodedata
from collections.abc import Iterable

from nnlab.errors import DataError, brief

MOST_CLASSES = 100_000

_DIGITS = re.compile(r"([0-9]+)")


def check_name(where: str, name: str) -> None:
    """Raise DataError, which begins with ``where``, unless a class ``name`` can be printed."""
    if not name.strip():
        raise DataError(f"{where} is empty; every class needs a name")
    if not name.isprintable():
        character = next(character for character in name if not character.isprintable())
        what = "a tab" if character == "\t" else f"the character U+{ord(character):04X}, which cannot be printed"
        raise DataError(f"{where}, {brief(name)}, has {what}; a class name is one line of printable text")


def composed(name: str) -> str:
    """Return ``name`` with an accent and its letter as one character: macOS stores them as two."""
    return unicodedata.normalize("NFC", name)


def in_order(names: Iterable[str]) -> list[str]:
    """Return ``names`` sorted as text, except that numbers in them are sorted by value: 2, 10, a2, a10."""
    return sorted(names, key=_key)


def _key(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    parts = _DIGITS.split(name)  # text and digits in turn
    numbers = [part.lstrip("0") if index % 2 else "" for index, part in enumerate(parts)]
    return [
        (index % 2 == 0, len(number), number or part)
        for index, (part, number) in enumerate(zip(parts, numbers, strict=True))
        if part
    ], name
