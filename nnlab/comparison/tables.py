"""A comparison as sentences and tables, independent of the output format."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nnlab.comparison.comparison import CRITERIA, Comparison, Setting, some
from nnlab.comparison.statistics import Estimate
from nnlab.config.wording import as_written
from nnlab.runs.formatting import counted, duration, percent


class ComparisonCell(NamedTuple):
    """The text of a cell, and the number it is sorted by, if any."""

    text: str
    number: float | None = None


@dataclass(frozen=True)
class ComparisonTable:
    """A row for each setting, in the order of the comparison, below ``columns``; the first cell is its name."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[ComparisonCell, ...], ...]


_NOTHING = ComparisonCell("")
_LONGEST = 40  # characters of a value in the column of changes


def headline(comparison: Comparison) -> str:
    """Return the number of runs and settings, and the keys in which they differ."""
    settings = comparison.settings
    runs = sum(len(setting.runs) + len(setting.left_out) for setting in settings)
    differing = f", which differ in {some(_titles(comparison))}" if comparison.keys else ""
    return f"{counted(runs, 'run')} of {counted(len(settings), 'setting')}{differing}"


def differing(comparison: Comparison) -> ComparisonTable:
    """Return the value of each setting under the keys in which they differ."""
    rows = tuple(
        (ComparisonCell(setting.name), *(ComparisonCell(written(setting, key)) for key in comparison.keys))
        for setting in comparison.settings
    )
    return ComparisonTable("differences of the configs", ("setting", *_titles(comparison)), rows)


def described(comparison: Comparison) -> ComparisonTable:
    """Return what changed in each setting relative to the reference, its seeds, and the names of its runs."""
    rows = tuple(
        (
            ComparisonCell(setting.name),
            ComparisonCell(what_changed(comparison, setting)),
            ComparisonCell(", ".join(map(str, setting.seeds))),
            ComparisonCell(some([run.name for run in setting.runs or setting.left_out])),
        )
        for setting in comparison.settings
    )
    return ComparisonTable("settings and their runs", ("setting", "what changed", "seeds", "runs"), rows)


def what_changed(comparison: Comparison, setting: Setting) -> str:
    """Return the values of a setting that differ from the reference, such as ``learning_rate: 0.1 -> 0.01``."""
    reference = comparison.reference
    if setting is reference:
        return "(reference)"
    changes = []
    for key, title in zip(comparison.keys, _titles(comparison), strict=True):
        before, after = (_shortened(written(each, key)) for each in (reference, setting))
        if key == "network":
            changes += [f"network: {after}"] if after != before else []
        elif after != before:
            changes.append(f"{title}: {before} -> {after}")
    return "; ".join(changes) or "nothing"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def written(setting: Setting, key: str) -> str:
    """Return the value of a setting under ``key`` as in a config; a dash if it has no such key."""
    return as_written(setting.values[key]) if key in setting.values else "-"


def accuracies(comparison: Comparison) -> Iterable[ComparisonTable]:
    """Yield a table for each accuracy that is known of a setting; its caption states its purpose."""
    for measure in CRITERIA:
        if any(measure in setting.results for setting in comparison.settings):
            yield _accuracy(comparison, measure)


def costs(settings: Sequence[Setting]) -> ComparisonTable | None:
    """Return losses and costs; None if none is known."""
    columns = {
        "val. loss": [_loss(setting.results.get("validation_loss")) for setting in settings],
        "test loss": [_loss(setting.results.get("test_loss")) for setting in settings],
        "parameters": [_mean(setting.results.get("parameters")) for setting in settings],
        "steps": [_mean(setting.results.get("steps")) for setting in settings],
        "examples": [_mean(setting.results.get("examples")) for setting in settings],
        "time": [_time(setting.results.get("seconds")) for setting in settings],
    }
    if len({cell.text for cell in columns["examples"]}) == 1:
        del columns["examples"]
    shown = {name: column for name, column in columns.items() if any(cell.text for cell in column)}
    if not shown:
        return None
    rows = zip((ComparisonCell(setting.name) for setting in settings), *shown.values(), strict=True)
    names = dict.fromkeys(run.config.loss_name for setting in settings for run in setting.runs if run.config)
    name = "; ".join(names) or "loss"
    return ComparisonTable(f"{name} in nats, mean and sd; mean costs per run", ("setting", *shown), tuple(rows))


def remarks(comparison: Comparison) -> Iterable[str]:
    """Yield the verdict, the number to report, and notes on the intervals."""
    settings, leading = comparison.settings, comparison.verdict.leading
    yield comparison.conclusion
    tested = next((s.results.get("test_accuracy") for s in settings if s.name == leading), None)
    if tested and comparison.verdict.criterion != "test_accuracy":
        spread = f" (sd {100 * tested.sd:.2f}, n = {tested.n})" if tested.sd is not None else ""
        text = f"test accuracy of {leading}, which was not used for the choice: {percent(tested.mean)}{spread}"
        yield f"to report: {text}"
    found = [setting.results[m] for setting in settings for m in CRITERIA if m in setting.results]
    if any(each.n > 1 for each in found):
        yield "intervals over seeds are Student's; differences are paired by seed"
    if any(each.n == 1 and each.interval for each in found):
        yield "the interval of a single run is Wilson's, over examples; it does not cover other seeds"
    if len(settings) > 2:
        yield f"intervals are not corrected for comparing {len(settings)} settings"


def _titles(comparison: Comparison) -> list[str]:
    """Return the keys that differ, each with the type of its layer."""
    reference = comparison.reference
    run, *_ = (*reference.runs, *reference.left_out)
    titles = []
    for key in comparison.keys:
        start, _, rest = key.partition(".")
        index = rest.partition(".")[0]
        titles.append(f"{key} ({run.setting(f'network.{index}.type')})" if start == "network" and rest else key)
    return titles


def _accuracy(comparison: Comparison, measure: str) -> ComparisonTable:
    """Return the table of one accuracy."""
    chosen_by = comparison.verdict.criterion == measure and len(comparison.settings) > 1
    purpose = "settings are chosen by it" if chosen_by else "for the report; not used for choosing"
    if chosen_by and comparison.verdict.undecided:
        purpose = "no choice possible here"
    columns = ["setting", "mean", "sd", "95 % interval", "n"]
    rows = [
        (ComparisonCell(setting.name), *_estimated(setting.results.get(measure)))
        for setting in comparison.settings
    ]
    if any(measure in setting.differences for setting in comparison.settings):
        columns += ["difference", "95 % interval", "pairs"]
        paired = [_paired(setting.differences.get(measure)) for setting in comparison.settings[1:]]
        reference = (ComparisonCell("reference"), _NOTHING, _NOTHING)
        rows = [row + more for row, more in zip(rows, [reference, *paired], strict=True)]
    if chosen_by and comparison.verdict.leading:
        columns += ["verdict", "seeds needed"]
        rows = [row + _ruling(each) for row, each in zip(rows, comparison.settings, strict=True)]
    return ComparisonTable(f"{CRITERIA[measure]}, % ({purpose})", tuple(columns), tuple(rows))


def _ruling(setting: Setting) -> tuple[ComparisonCell, ComparisonCell]:
    """Return whether a setting is better than the reference, and the seeds needed to show it."""
    found = setting.against
    if found is None:
        return _NOTHING, _NOTHING
    needed = found.seeds_needed
    return ComparisonCell(found.outcome), ComparisonCell(f"{needed:,}", needed) if needed else _NOTHING


def _estimated(found: Estimate | None) -> tuple[ComparisonCell, ...]:
    if found is None:
        return _NOTHING, _NOTHING, _NOTHING, ComparisonCell("0", 0)
    sd = _NOTHING if found.sd is None else ComparisonCell(f"{100 * found.sd:.2f}", found.sd)
    return (
        ComparisonCell(f"{100 * found.mean:.2f}", found.mean),
        sd,
        _interval(found, ".2f"),
        ComparisonCell(str(found.n), found.n),
    )


def _paired(found: Estimate | None) -> tuple[ComparisonCell, ...]:
    if found is None:
        return _NOTHING, _NOTHING, _NOTHING
    return (
        ComparisonCell(f"{100 * found.mean:+.2f}", found.mean),
        _interval(found, "+.2f"),
        ComparisonCell(str(found.n), found.n),
    )


def _interval(found: Estimate, form: str) -> ComparisonCell:
    """Return an interval, sorted by its lower end."""
    if found.interval is None:
        return _NOTHING
    low, high = (format(100 * bound, form) for bound in found.interval)
    return ComparisonCell(f"{low} to {high}", found.interval[0])


def _loss(found: Estimate | None) -> ComparisonCell:
    if found is None:
        return _NOTHING
    return ComparisonCell(f"{found.mean:.4f}" + ("" if found.sd is None else f" ({found.sd:.4f})"), found.mean)


def _mean(found: Estimate | None) -> ComparisonCell:
    return ComparisonCell(f"{found.mean:,.0f}", found.mean) if found else _NOTHING


def _time(found: Estimate | None) -> ComparisonCell:
    return ComparisonCell(duration(found.mean), found.mean) if found else _NOTHING
