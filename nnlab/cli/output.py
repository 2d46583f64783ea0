"""Output of commands: results go to stdout, unformatted, as tables or as JSON."""

import codecs
import contextlib
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Container, Iterable, Sequence
from typing import Any

import typer

from nnlab.errors import printable

_GAP = 2  # columns of a terminal between those of a table
_NARROWEST = 16  # columns of a terminal that wrapped text gets at least


def say(message: str) -> None:
    """Print a message to stderr; a closed stderr is ignored."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write("".join(f"{printable(line)}\n" for line in message.split("\n")))


def print_json(value: Any) -> None:
    """Print ``value`` to stdout as indented JSON; where stdout is not in UTF-8, in ASCII with JSON's escapes."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    typer.echo(json.dumps(value, indent=2, ensure_ascii=codecs.lookup(encoding).name != "utf-8"))


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1, total: bool = False
) -> None:
    """Print an aligned table, as returned by ``table``, to stdout."""
    typer.echo(table(columns, rows, left=left, total=total))


def width_of_terminal() -> int:
    """Return the number of columns of the terminal, or of $COLUMNS; 80 if the output is not a terminal."""
    return shutil.get_terminal_size((80, 24)).columns


def _width_of_tables() -> int:
    """Return the width that tables have to fit: that of the terminal or of $COLUMNS.

    In a pipe or a file without $COLUMNS a row stays one line, however long, so that grep and cut work.
    """
    piped = sys.stdout is None or not sys.stdout.isatty()
    return sys.maxsize if piped and not os.environ.get("COLUMNS") else width_of_terminal()


def wrapped(text: str) -> str:
    """Return a sentence broken into lines that fit the terminal."""
    return textwrap.fill(printable(text), width_of_terminal(), break_long_words=False, break_on_hyphens=False)


def hanging(start: str, text: str) -> str:
    """Return ``text`` after ``start``, in lines that fit the terminal, indented like the first."""
    return textwrap.fill(text, width_of_terminal(), initial_indent=start, subsequent_indent=" " * len(start))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1, total: bool = False) -> str:
    """Return an aligned table: the first ``left`` columns flush left, the others flush right.

    With ``total``, a rule separates the last row. A table wider than the terminal is broken: if all columns are
    flush left, its widest column is wrapped; else it continues below, with the first column repeated. In a pipe it
    is not broken. Widths are those on a terminal, where East Asian characters take two columns.
    """
    cells = [[printable(cell) for cell in row] for row in (columns, *rows)]
    if left == len(columns):
        return _aligned(_wrapped(cells), range(left), total=total)
    parts = (
        _aligned(
            [[row[i] for i in chosen] for row in cells],
            {place for place, i in enumerate(chosen) if i < left},
            total=total,
        )
        for chosen in _blocks(cells)
    )
    return "\n\n".join(parts)


def _widths(cells: Sequence[Sequence[str]]) -> list[int]:
    from rich.cells import cell_len

    return [
        max(cell_len(line) for cell in column for line in cell.split("\n")) for column in zip(*cells, strict=True)
    ]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _wrapped(cells: Sequence[list[str]]) -> list[list[str]]:
    """Return ``cells`` with the texts of the widest columns broken into lines, if the table is too wide.

    Words are broken only if the table does not fit otherwise.
    """
    widths = _widths(cells)
    words = _widths([["\n".join(cell.split()) for cell in row] for row in cells])
    for least in (words, [_NARROWEST] * len(widths)):
        for room in range(max(widths), _NARROWEST - 1, -1):
            rooms = [min(width, max(room, fewest)) for width, fewest in zip(widths, least, strict=True)]
            if _total(rooms) <= _width_of_tables():
                return [[_broken(cell, width) for cell, width in zip(row, rooms, strict=True)] for row in cells]
    return list(cells)


def _broken(text: str, width: int) -> str:
    """Return ``text`` in lines of at most ``width`` columns of a terminal, broken at spaces where possible."""
    from rich.cells import cell_len, chop_cells

    lines = [""]
    for word in text.split(" "):
        for part in chop_cells(word, width) or [""]:
            longer = f"{lines[-1]} {part}" if lines[-1] else part
            if cell_len(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(part)
    return "\n".join(lines)


def _blocks(cells: Sequence[Sequence[str]]) -> list[list[int]]:
    """Return the columns of each part of a table, such that each part fits the terminal."""
    widths = _widths(cells)
    blocks = [[0]]
    for column in range(1, len(widths)):
        if len(blocks[-1]) > 1 and _total([widths[i] for i in (*blocks[-1], column)]) > _width_of_tables():
            blocks.append([0])
        blocks[-1].append(column)
    return blocks


def _aligned(cells: Sequence[Sequence[str]], left: Container[int], *, total: bool) -> str:
    """Return a table with a rule below the first row and the columns in ``left`` flush left."""
    widths = _widths(cells)
    rule = "-" * _total(widths)
    lines: list[str] = []
    for number, row in enumerate(cells):
        if number == 1 or (total and number == len(cells) - 1 > 1):
            lines.append(rule)
        parts = [cell.split("\n") for cell in row]
        for i in range(max(map(len, parts))):
            line = (part[i] if i < len(part) else "" for part in parts)
            aligned = (_padded(t, w, left=c in left) for c, (t, w) in enumerate(zip(line, widths, strict=True)))
            lines.append((" " * _GAP).join(aligned).rstrip())
    return "\n".join(lines if len(cells) > 1 else [*lines, rule])


def _padded(text: str, width: int, *, left: bool) -> str:
    from rich.cells import cell_len

    space = " " * (width - cell_len(text))
    return text + space if left else space + text
