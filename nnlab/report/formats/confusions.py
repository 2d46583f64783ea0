"""A confusion matrix as tables, for formats that are not interactive."""

import csv
from io import StringIO

from nnlab.errors import printable
from nnlab.evaluation import confused_pairs
from nnlab.report.content import Matrix, Table, TableCell
from nnlab.runs.formatting import percent

LARGEST = 20
"""Largest number of classes for which the matrix is shown in full."""

_PAIRS = 20
_FORMULA = ("=", "+", "-", "@")


def frequent(matrix: Matrix) -> Table:
    """Return the most frequent confusions, each with its share of the true class's examples."""
    names = matrix.class_names
    rows = tuple(
        (
            TableCell(names[true]),
            TableCell(names[predicted]),
            TableCell(f"{matrix.counts[true, predicted]:,}"),
            TableCell(share(matrix, true, predicted)),
        )
        for true, predicted in confused_pairs(matrix.counts, _PAIRS)
    )
    columns = ("true class", "predicted as", "examples", "of the class")
    return Table(matrix.name, matrix.caption, columns, rows, left=2)


def share(matrix: Matrix, true: int, predicted: int) -> str:
    """Return the percentage of a true class that was predicted as a class; "" if it has no examples."""
    total = matrix.counts[true].sum()
    return percent(matrix.counts[true, predicted] / total) if total else ""


def whole(matrix: Matrix) -> str:
    """Return all counts as CSV, with the true class in the first column."""
    content = StringIO()
    names = [_harmless(name) for name in matrix.class_names]
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(["true class", *names])
    writer.writerows([name, *row] for name, row in zip(names, matrix.counts.tolist(), strict=True))
    return content.getvalue()


def _harmless(name: str) -> str:
    """Return ``name`` in a form that a spreadsheet does not read as a formula."""
    name = printable(name)
    return f"'{name}" if name.startswith(_FORMULA) else name
