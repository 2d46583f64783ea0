"""A comparison as text and as comma-separated values."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from nnlab.cli.output import percent, table
from nnlab.cli.progress import duration
from nnlab.comparison import MEASURES, Comparison, Estimate, Setting
from nnlab.comparison.results import some
from nnlab.config.wording import as_written
from nnlab.errors import printable

Rows = Sequence[Sequence[str]]

_WIDEST = 40  # characters of a cell; --csv and --json have the whole text
_ACCURACIES = {"validation_accuracy": "validation accuracy", "test_accuracy": "test accuracy"}


def as_text(comparison: Comparison) -> str:
    """Return what differs, a table for each accuracy, one of losses and costs, and what follows."""
    settings = comparison.settings
    runs = sum(len(setting.runs) + len(setting.left_out) for setting in settings)
    differing = f", which differ in {some(_titles(comparison))}" if comparison.keys else ""
    parts = [printable(f"{_counted(runs, 'run')} of {_counted(len(settings), 'setting')}{differing}")]
    if not all(_is_told(key, setting) for key in comparison.keys for setting in settings):
        parts.append(_differing(comparison))
    parts += [
        _accuracies(comparison, measure)
        for measure in _ACCURACIES
        if any(measure in setting.results for setting in settings)
    ]
    parts += [_costs(settings), "\n".join(_remarks(comparison))]
    return "\n\n".join(filter(None, parts))


def as_comma_separated(comparison: Comparison) -> str:
    """Return a line for each setting, below one of column names; accuracies are 0-1, losses in nats."""
    statistics = ("mean", "sd", "n", "low", "high")
    columns = [f"{measure}_{each}" for measure in MEASURES for each in statistics]
    differences = [f"{measure}_difference_{each}" for measure in _ACCURACIES for each in statistics]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["setting", *comparison.keys, *columns, *differences])
    for setting in comparison.settings:
        values = [_value(setting, key) for key in comparison.keys]
        results = [each for measure in MEASURES for each in _numbers(setting.results.get(measure))]
        paired = [each for measure in _ACCURACIES for each in _numbers(setting.differences.get(measure))]
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
    head = ["setting", *_titles(comparison)]
    rows = [
        [setting.name, *(_shortened(_value(setting, key)) for key in comparison.keys)]
        for setting in comparison.settings
    ]
    turned = [list(column) for column in zip(head, *rows, strict=True)]
    texts = [table(head, rows, left=len(head)), table(turned[0], turned[1:], left=len(turned[0]))]
    return min(texts, key=lambda text: max(map(len, text.splitlines())))


def _titles(comparison: Comparison) -> list[str]:
    """Return the keys that differ, each with the type of the layer that it is about."""
    reference = comparison.reference
    run, *_ = (*reference.runs, *reference.left_out)
    titles = []
    for key in comparison.keys:
        start, _, rest = key.partition(".")
        index = rest.partition(".")[0]
        titles.append(f"{key} ({run.setting(f'network.{index}.type')})" if start == "network" and rest else key)
    return titles


def _value(setting: Setting, key: str) -> str:
    return printable(as_written(setting.values[key])) if key in setting.values else "-"


def _shortened(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."


def _accuracies(comparison: Comparison, measure: str) -> str:
    """Return the table of one accuracy, below what it is used for."""
    chosen_by = comparison.verdict.criterion == measure and len(comparison.settings) > 1
    purpose = "settings are chosen by it" if chosen_by else "for the report; nothing is chosen by it"
    if chosen_by and comparison.verdict.undecided:
        purpose = "nothing can be chosen by it here"
    head = ["setting", "mean", "sd", "95 % interval", "n"]
    rows = [[setting.name, *_estimated(setting.results.get(measure))] for setting in comparison.settings]
    if any(measure in setting.differences for setting in comparison.settings):
        head += ["difference", "95 % interval", "pairs"]
        paired = [_paired(setting.differences.get(measure)) for setting in comparison.settings[1:]]
        rows = [row + more for row, more in zip(rows, [["reference", "", ""], *paired], strict=True)]
    return f"{_ACCURACIES[measure]}, % ({purpose})\n{table(head, rows)}"


def _estimated(found: Estimate | None) -> list[str]:
    if found is None:
        return ["", "", "", "0"]
    sd = "" if found.sd is None else f"{100 * found.sd:.2f}"
    return [f"{100 * found.mean:.2f}", sd, _interval(found, ".2f"), str(found.n)]


def _paired(found: Estimate | None) -> list[str]:
    if found is None:
        return ["", "", ""]
    return [f"{100 * found.mean:+.2f}", _interval(found, "+.2f"), str(found.n)]


def _interval(found: Estimate, form: str) -> str:
    if found.interval is None:
        return ""
    low, high = (format(100 * bound, form) for bound in found.interval)
    return f"{low} to {high}"


def _costs(settings: Sequence[Setting]) -> str:
    """Return the table of losses and costs; empty if nothing is known."""
    columns = {
        "val. loss": [_loss(setting.results.get("validation_loss")) for setting in settings],
        "test loss": [_loss(setting.results.get("test_loss")) for setting in settings],
        "parameters": [_mean(setting.results.get("parameters")) for setting in settings],
        "steps": [_mean(setting.results.get("steps")) for setting in settings],
        "examples": [_mean(setting.results.get("examples")) for setting in settings],
        "time": [_time(setting.results.get("seconds")) for setting in settings],
    }
    if len(set(columns["examples"])) == 1:
        del columns["examples"]
    shown = {name: column for name, column in columns.items() if any(column)}
    if not shown:
        return ""
    rows = zip((setting.name for setting in settings), *shown.values(), strict=True)
    return f"loss in nats, mean and sd; mean costs of a run\n{table(['setting', *shown], list(rows))}"


def _loss(found: Estimate | None) -> str:
    if found is None:
        return ""
    return f"{found.mean:.4f}" + ("" if found.sd is None else f" ({found.sd:.4f})")


def _mean(found: Estimate | None) -> str:
    return f"{found.mean:,.0f}" if found else ""


def _time(found: Estimate | None) -> str:
    return duration(found.mean) if found else ""


def _remarks(comparison: Comparison) -> Iterable[str]:
    """Yield what follows from the numbers, and how they are meant."""
    settings, leading = comparison.settings, comparison.verdict.leading
    yield printable(comparison.conclusion)
    tested = next((s.results.get("test_accuracy") for s in settings if s.name == leading), None)
    if tested and comparison.verdict.criterion != "test_accuracy":
        spread = f" (sd {100 * tested.sd:.2f}, n = {tested.n})" if tested.sd is not None else ""
        text = f"test accuracy of {leading}, which had no part in the choice: {percent(tested.mean)}{spread}"
        yield f"to report: {printable(text)}"
    found = [setting.results[m] for setting in settings for m in _ACCURACIES if m in setting.results]
    if any(each.n > 1 for each in found):
        yield "intervals over seeds are Student's; differences are paired by seed"
    if any(each.n == 1 and each.interval for each in found):
        yield "intervals of one run are Wilson's, over examples drawn anew; of other seeds one run says nothing"
    if len(settings) > 2:
        yield f"intervals are not corrected for comparing {len(settings)} settings"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + "s" * (count != 1)
