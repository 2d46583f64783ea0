"""A comparison as text and as comma-separated values."""

import csv
import io
from typing import Any

from nnlab.cli.output import table
from nnlab.comparison import MEASURES, Comparison, Estimate, Setting, tables
from nnlab.comparison.results import CRITERIA
from nnlab.errors import printable

_WIDEST = 40  # characters of a cell; --csv and --json have the whole text


def as_text(comparison: Comparison) -> str:
    """Return what differs, a table for each accuracy, one of losses and costs, and what follows."""
    parts = [printable(tables.headline(comparison))]
    if not all(_is_told(key, setting) for key in comparison.keys for setting in comparison.settings):
        parts.append(_differing(comparison))
    parts += [_with_caption(each) for each in tables.accuracies(comparison)]
    if costs := tables.costs(comparison.settings):
        parts.append(_with_caption(costs))
    parts.append("\n".join(printable(remark) for remark in tables.remarks(comparison)))
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


def _is_told(key: str, setting: Setting) -> bool:
    """Return whether a setting's name says what it has under ``key``."""
    return key.removesuffix(".type").rpartition(".")[2] in setting.name


def _differing(comparison: Comparison) -> str:
    """Return the keys that differ in columns or in rows, whichever is narrower."""
    found = tables.differing(comparison)
    rows = [[row[0].text, *(_shortened(cell.text) for cell in row[1:])] for row in found.rows]
    turned = [list(column) for column in zip(found.columns, *rows, strict=True)]
    texts = [table(head, body, left=len(head)) for head, *body in ([found.columns, *rows], turned)]
    return min(texts, key=lambda text: max(map(len, text.splitlines())))


def _shortened(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."


def _with_caption(found: tables.Table) -> str:
    rows = [[cell.text for cell in row] for row in found.rows]
    return f"{found.caption}\n{table(found.columns, rows)}"
