"""A row of the contract."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A case and its promise, with the possible exit ``codes`` and the ``tests`` in tests/ that prove it."""

    case: str
    promise: str
    codes: tuple[int, ...]
    tests: tuple[str, ...]
