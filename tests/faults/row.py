"""A row of the contract."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A case and its promise; ``codes`` are the exit codes it can have, ``tests`` what shows it (below tests/)."""

    case: str
    promise: str
    codes: tuple[int, ...]
    tests: tuple[str, ...]
