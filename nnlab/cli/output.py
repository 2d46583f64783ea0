"""How commands print: results to stdout, literally, as tables or as JSON."""

import contextlib
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer

from nnlab.errors import printable


def say(message: str) -> None:
    """Print a line of information to stderr; that nobody can read it any more stops nothing."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write("".join(f"{printable(line)}\n" for line in message.split("\n")))


def print_json(value: Any) -> None:
    """Print ``value`` to stdout as indented JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1, total: bool = False
) -> None:
    """Print an aligned table to stdout, as ``table`` makes it."""
    typer.echo(table(columns, rows, left=left, total=total))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1, total: bool = False) -> str:
    """Return an aligned table: the first ``left`` columns to the left, the others to the right.

    With ``total``, the last row stands below a rule.
    """
    cells = [[printable(cell) for cell in row] for row in (columns, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    lines = [
        "  ".join(
            cell.ljust(w) if i < left else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    lines.insert(1, rule)
    if total:
        lines.insert(-1, rule)
    return "\n".join(line.rstrip() for line in lines)
