"""A comparison as text and as comma-separated values."""

import csv
import io
from typing import Any

from nnlab.cli.output import table, wrapped
from nnlab.comparison import MEASURES, Comparison, Estimate, tables
from nnlab.comparison.results import CRITERIA
from nnlab.errors import printable


def as_text(comparison: Comparison) -> str:
    """Return the settings and their runs, a table for each accuracy, one of losses and costs, and the verdict."""
    settings = tables.described(comparison)
    parts = [wrapped(tables.headline(comparison)), _with_caption(settings, left=len(settings.columns))]
    parts += [_with_caption(each) for each in tables.accuracies(comparison)]
    if costs := tables.costs(comparison.settings):
        parts.append(_with_caption(costs))
    parts.append("\n".join(wrapped(remark) for remark in tables.remarks(comparison)))
    return "\n\n".join(parts)


def as_comma_separated(comparison: Comparison) -> str:
    """Return a line for each setting, below one of column names; accuracies are 0-1, losses in nats."""
    statistics = ("mean", "sd", "n", "low", "high")
    columns = [f"{measure}_{each}" for measure in MEASURES for each in statistics]
    differences = [f"{measure}_difference_{each}" for measure in CRITERIA for each in statistics]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["setting", *comparison.keys, *columns, *differences])
    for setting in comparison.settings:
        values = [printable(tables.written(setting, key)) for key in comparison.keys]
        results = [each for measure in MEASURES for each in _numbers(setting.results.get(measure))]
        paired = [each for measure in CRITERIA for each in _numbers(setting.differences.get(measure))]
        writer.writerow([setting.name, *values, *results, *paired])
    return text.getvalue()


def _numbers(found: Estimate | None) -> list[Any]:
    if found is None:
        return [""] * 5
    return [found.mean, found.sd, found.n, *(found.interval or ("", ""))]


def _with_caption(found: tables.ComparisonTable, left: int = 1) -> str:
    rows = [[cell.text for cell in row] for row in found.rows]
    return f"{wrapped(found.caption)}\n{table(found.columns, rows, left=left)}"
