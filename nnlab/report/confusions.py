"""A confusion matrix as tables, for pages that nobody can point at."""

import csv
from io import StringIO

from nnlab.errors import printable
from nnlab.evaluation import confused_pairs
from nnlab.report.document import Cell, Matrix, Table
from nnlab.runs.formatting import percent

LARGEST = 20
"""Classes of the largest matrix that is shown whole."""

_PAIRS = 20
_FORMULA = ("=", "+", "-", "@")


def frequent(matrix: Matrix) -> Table:
    """Return the most frequent confusions, each with its share of the true class's examples."""
    names = matrix.class_names
    rows = tuple(
        (
            Cell(names[true]),
            Cell(names[predicted]),
            Cell(f"{matrix.counts[true, predicted]:,}"),
            Cell(share(matrix, true, predicted)),
        )
        for true, predicted in confused_pairs(matrix.counts, _PAIRS)
    )
    columns = ("true class", "predicted as", "examples", "of the class")
    return Table(matrix.name, matrix.caption, columns, rows, left=2)


def share(matrix: Matrix, true: int, predicted: int) -> str:
    """Return the part of a true class's examples that were taken for a class; empty if it has none."""
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
    """Return ``name`` such that a spreadsheet does not take it for a formula."""
    name = printable(name)
    return f"'{name}" if name.startswith(_FORMULA) else name
