"""The layout of a CSV file: separator, header and columns."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nnlab.data.csv_records import blocks
from nnlab.errors import DataError, OptionError, brief, printable, suggest

Separator = Literal["comma", "semicolon", "tab", "bar"]

_SEPARATORS: dict[Separator, str] = {"tab": "\t", "semicolon": ";", "bar": "|", "comma": ","}
"""Tried in this order: a comma may be a decimal point."""

_LABELS = ("label", "labels", "class", "target", "y")
_HEAD = 2**16  # bytes in which the layout is looked for; more if a record is longer
_SAMPLE = 10  # records
_PLACES = "label: 0 is the first column, label: -1 the last"
_LISTED = 8  # columns in a message
NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


@dataclass(frozen=True)
class CsvLayout:
    """How a CSV file is written; ``names`` are those of the columns, None without a header."""

    separator: str
    columns: int
    names: tuple[str, ...] | None

    def called(self, column: int) -> str:
        """Return what messages call a column."""
        return f"column {column}" + (f" ({brief(self.names[column])})" if self.names else "")

    def find(self, given: str | int, option: str) -> int:
        """Return the index of the column ``given`` by name or place; raises OptionError if there is none."""
        if isinstance(given, int):
            if -self.columns <= given < self.columns:
                return given % self.columns
            raise OptionError(
                f"there is no column {given} among {self.columns}",
                option=option,
                hint=f"the first is 0, the last {self.columns - 1} or -1",
            )
        if self.names is None:
            raise OptionError(
                f"there is no column {brief(given)}: the file has no header", option=option, hint=_PLACES
            )
        if (count := self.names.count(given)) != 1:
            what = f"{count} columns are called" if count else "there is no column"
            hint = "give its place, from 0" if count else suggest(given, self.names[:_LISTED])
            raise OptionError(f"{what} {brief(given)}", option=option, hint=printable(hint))
        return self.names.index(given)

    def label(self) -> int | None:
        """Return the column that has the name of labels; None unless there is exactly one."""
        found = [i for i, name in enumerate(self.names or ()) if name.strip().lower() in _LABELS]
        return found[0] if len(found) == 1 else None

    def without_label(self) -> OptionError:
        """Return the error if no column is known to have the labels."""
        if self.names is None:
            return OptionError("which column has the labels? the file has no header", option="label", hint=_PLACES)
        listed = ", ".join(printable(name) for name in self.names[:_LISTED])
        more = f" and {self.columns - _LISTED} more" if self.columns > _LISTED else ""
        return OptionError(
            f"which column has the labels? there are {listed}{more}",
            option="label",
            hint=f"label: NAME; {', '.join(_LABELS)} are found without",
        )


def read_layout(path: Path, *, separator: Separator | None = None, header: bool | None = None) -> CsvLayout:
    """Return the layout of ``path``, detected from its first records as far as it is not given.

    Raises DataError if the file is empty or no text, SystemFault if it cannot be read.
    """
    head = next(blocks(path, _HEAD))
    try:
        text = head.content.decode()
    except UnicodeDecodeError as error:
        text = head.content[: error.start].decode()  # the place is reported when the rows are read
    chosen = [_SEPARATORS[separator]] if separator else _SEPARATORS.values()
    tables = {each: _records(text, each) for each in chosen}
    likely, records = _most_likely(tables)
    if not records:
        raise DataError(f"{printable(str(path))} has no records that can be read as CSV")
    has_header = _is_header(records) if header is None else header
    names = tuple(printable(name.strip()) for name in records[0]) if has_header else None
    return CsvLayout(likely, len(records[0]), names)


def _records(text: str, separator: str) -> list[list[str]]:
    """Return the first records of ``text`` that are not empty."""
    records: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if record:
                records.append(record)
            if len(records) == _SAMPLE:
                break
    except csv.Error:
        pass  # reported when the rows are read
    return records


def _most_likely(tables: dict[str, list[list[str]]]) -> tuple[str, list[list[str]]]:
    """Return the first separator that divides all records into as many fields, else the most fields."""
    for separator, records in tables.items():
        if records and len(records[0]) > 1 and len({len(record) for record in records}) == 1:
            return separator, records
    return max(tables.items(), key=lambda item: len(item[1][0]) if item[1] else 0)


def _is_number(field: str) -> bool:
    """Return whether ``field`` is a number, perhaps with a decimal comma, which is refused later."""
    return NUMBER.fullmatch(field.replace(",", ".", 1)) is not None


def _is_header(records: Sequence[Sequence[str]]) -> bool:
    """Return whether the first record has names: no numbers, or those of the columns, as from pandas."""
    first, *others = records
    numbers = [field for field in first if _is_number(field)]
    if not numbers:
        return not others or any(map(_is_number, others[0]))
    are_places = numbers == list(map(str, range(len(numbers)))) and len(first) > 2
    texts = [index for index, field in enumerate(first) if not _is_number(field)]
    return (
        are_places
        and bool(others)
        and all(index < len(others[0]) and _is_number(others[0][index]) for index in texts)
    )
