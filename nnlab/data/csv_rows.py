"""Numbers and labels in the records of a CSV file.

Digits are converted by NumPy for a whole block at a time; numbers with a sign, point or exponent by
``numpy.loadtxt``; blocks with quotes, blank lines or mistakes record by record, which also finds the place of a
mistake.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnlab.data.csv_layout import NUMBER, CsvLayout
from nnlab.data.csv_records import Block
from nnlab.data.inputs import Inputs
from nnlab.errors import DataError, brief

_MISSING = {"", "?", "-", "na", "n/a", "nan", "null", "none", "nil"}
_MOST_DIGITS = 9  # of numbers that fit int32
_ZERO, _NEWLINE = ord("0"), ord("\n")


@dataclass(frozen=True)
class Rows:
    """Inputs (n, D), uint8 or float32, the texts of the labels, and the line of each record."""

    inputs: Inputs
    labels: Sequence[str]
    lines: Sequence[int]


class RowReader:
    """Reads the columns ``features``, in that order, and ``label``, if there is one, of a file called ``name``."""

    def __init__(self, name: str, layout: CsvLayout, features: Sequence[int], label: int | None) -> None:
        self._name = name
        self._layout = layout
        self._features = list(features)
        self._sorted = np.sort(features)
        self._order = np.argsort(np.argsort(features)) if list(self._sorted) != self._features else None
        self._label = label
        self._left_out = sorted(set(range(layout.columns)) - set(features))

    def read(self, block: Block) -> Rows:
        """Return the rows of ``block``.

        Raises DataError, with line and column, if a record has another number of columns, or a value is missing,
        no number or not finite.
        """
        return self._by_block(block) or self._by_record(block)

    def _by_block(self, block: Block) -> Rows | None:
        """Return the rows of a block without quotes; None if a value may be wrong."""
        if b'"' in block.content:
            return None
        text = np.frombuffer(block.content, np.uint8)
        places = np.flatnonzero((text == ord(self._layout.separator)) | (text == _NEWLINE))
        if places.size % self._layout.columns:
            return None
        ends = places.reshape(-1, self._layout.columns)
        if (text[ends[:, -1]] != _NEWLINE).any() or block.content.count(b"\n") != len(ends):
            return None
        starts = np.concatenate([[0], places[:-1] + 1]).reshape(ends.shape)
        labels = self._labels_of(block.content, starts, ends)
        if labels is None:
            return None
        if self._left_out:
            text = text[~self._in_left_out(len(text), starts, ends)]
        rows, columns = len(ends), len(self._features)
        values = _whole_numbers(text, rows * columns)
        if values is None:
            values = _decimals(text, self._layout.separator, rows * columns)
        if values is None:
            return None
        values = values.reshape(rows, columns)
        inputs = values if self._order is None else values[:, self._order]
        return Rows(inputs, labels, range(block.line, block.line + rows))

    def _labels_of(self, content: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> Sequence[str] | None:
        """Return the texts of the labels; None if one is missing or not in UTF-8."""
        if self._label is None:
            return ()
        places = zip(starts[:, self._label].tolist(), ends[:, self._label].tolist(), strict=True)
        try:
            text = b"\n".join([content[start:end] for start, end in places]).decode()
        except UnicodeDecodeError:
            return None
        labels = text.split("\n")
        return None if _MISSING & {label.strip().lower() for label in set(labels)} else labels

    def _in_left_out(self, length: int, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which bytes belong to columns that are no features, each with one separator beside it."""
        changes = np.zeros(length + 1, np.int8)
        last = int(self._sorted[-1])
        for column in self._left_out:
            shift = 1 if column > last else 0  # the separator before it, as the newline after it stays
            changes[starts[:, column] - shift] += 1
            changes[ends[:, column] + 1 - shift] -= 1
        return np.cumsum(changes[:-1], dtype=np.int8) > 0

    def _by_record(self, block: Block) -> Rows:
        """Return the rows of a block with quotes or blank lines; raises DataError at the first mistake."""
        reader = csv.reader(io.StringIO(self._decoded(block), newline=""), delimiter=self._layout.separator)
        fields: list[list[str]] = []
        labels: list[str] = []
        lines: list[int] = []
        line = block.line
        try:
            for record in reader:
                if record:
                    self._check_record(record, line)
                    fields.append([record[column] for column in self._features])
                    if self._label is not None:
                        labels.append(record[self._label])
                    lines.append(line)
                line = block.line + reader.line_num
        except csv.Error as error:
            raise DataError(f"{self._name}: line {line}: {error}") from error
        return Rows(self._numbers(fields, lines), labels, lines)

    def _decoded(self, block: Block) -> str:
        try:
            return block.content.decode()
        except UnicodeDecodeError as error:
            line = block.line + block.content.count(b"\n", 0, error.start)
            raise DataError(
                f"{self._name}: line {line} is not in UTF-8: {error.reason}; save it as CSV in UTF-8"
            ) from error

    def _check_record(self, record: list[str], line: int) -> None:
        if len(record) != self._layout.columns:
            raise DataError(
                f"{self._name}: line {line} has {len(record)} columns, not {self._layout.columns} as the first"
            )
        if self._label is not None and record[self._label].strip().lower() in _MISSING:
            raise self._wrong(line, self._label, record[self._label])

    def _numbers(self, fields: list[list[str]], lines: list[int]) -> Inputs:
        shape = (len(fields), len(self._features))
        try:
            values = np.array(fields, np.float64).reshape(shape)
        except ValueError:
            values = np.full(shape, np.nan)
        inputs = None if any("_" in field for row in fields for field in row) else _narrowed(values)
        if inputs is not None:
            return inputs
        for row, line in zip(fields, lines, strict=True):
            for column, field in zip(self._features, row, strict=True):
                if not NUMBER.fullmatch(field) or _narrowed(np.array([float(field)])) is None:
                    raise self._wrong(line, column, field)
        return np.array([[float(field) for field in row] for row in fields], np.float32).reshape(shape)

    def _wrong(self, line: int, column: int, field: str) -> DataError:
        """Return the error of a value that cannot be read."""
        where = f"{self._name}: line {line}, {self._layout.called(column)}"
        if field.strip().lower() in _MISSING:
            what = f"is {brief(field)}, a missing value" if field.strip() else "is empty"
            return DataError(f"{where} {what}; fill in such values or leave out the line")
        if NUMBER.fullmatch(field) or field.strip().lower().lstrip("+-") in {"inf", "infinity"}:
            return DataError(f"{where} is {brief(field)}, which is not finite in 32 bits")
        cure = "; data.ignore leaves a column out"
        if "," in field and NUMBER.fullmatch(field.replace(",", ".", 1)):
            cure = "; write decimal points, not commas"
        return DataError(f"{where} is {brief(field)}, which is not a number{cure}")


def _whole_numbers(text: NDArray[np.uint8], count: int) -> Inputs | None:
    """Return ``count`` numbers of up to nine digits, each followed by one other byte; None if there are others."""
    digits = text - _ZERO  # modulo 256: all other bytes are above 9
    ends = np.flatnonzero(digits > 9)
    if ends.size != count or not count:
        return None
    lengths = np.diff(ends, prepend=-1) - 1
    longest = int(lengths.max())
    if lengths.min() < 1 or longest > _MOST_DIGITS:
        return None
    values = digits[ends - 1].astype(np.int32)
    longer = np.arange(count)
    for place in range(1, longest):
        longer = longer[lengths[longer] > place]
        values[longer] += digits[ends[longer] - 1 - place] * np.int32(10**place)
    return values.astype(np.uint8 if values.max() <= 255 else np.float32)


def _decimals(text: NDArray[np.uint8], separator: str, count: int) -> Inputs | None:
    """Return ``count`` numbers in any form; None if one is missing or not finite."""
    content = text.tobytes()
    if not content.strip():
        return None
    try:
        values = np.loadtxt(io.BytesIO(content), delimiter=separator, comments=None, ndmin=2)
    except ValueError:
        return None
    return _narrowed(values) if values.size == count else None


def _narrowed(values: NDArray[np.float64]) -> Inputs | None:
    """Return ``values`` as uint8 if they are whole and 0 to 255, else as float32; None if one is not finite."""
    if not np.isfinite(values).all():
        return None
    if values.size and values.min() >= 0 and values.max() <= 255:
        whole = values.astype(np.uint8)
        if (whole == values).all():
            return whole
    with np.errstate(over="ignore"):
        inputs = values.astype(np.float32)
    return inputs if np.isfinite(inputs).all() else None
