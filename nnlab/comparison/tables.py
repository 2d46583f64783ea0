"""A comparison in words and tables, whatever they are written in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nnlab.comparison.results import CRITERIA, Comparison, Setting, some
from nnlab.comparison.statistics import Estimate
from nnlab.config.wording import as_written
from nnlab.runs.formatting import counted, duration, percent


class Cell(NamedTuple):
    """A cell's text, and the number that it is sorted by if it has one."""

    text: str
    number: float | None = None


@dataclass(frozen=True)
class Table:
    """A row for each setting, in the order of the comparison, below ``columns``; the first cell is its name."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


_NOTHING = Cell("")


def headline(comparison: Comparison) -> str:
    """Return how many runs are compared, and in what they differ."""
    settings = comparison.settings
    runs = sum(len(setting.runs) + len(setting.left_out) for setting in settings)
    differing = f", which differ in {some(_titles(comparison))}" if comparison.keys else ""
    return f"{counted(runs, 'run')} of {counted(len(settings), 'setting')}{differing}"


def differing(comparison: Comparison) -> Table:
    """Return what each setting has under the keys in which they differ."""
    rows = tuple(
        (Cell(setting.name), *(Cell(written(setting, key)) for key in comparison.keys))
        for setting in comparison.settings
    )
    return Table("what differs in the configs", ("setting", *_titles(comparison)), rows)


def written(setting: Setting, key: str) -> str:
    """Return what a setting has under ``key`` as a config would have it; a dash if it has no such key."""
    return as_written(setting.values[key]) if key in setting.values else "-"


def accuracies(comparison: Comparison) -> Iterable[Table]:
    """Yield a table for each accuracy that is known of a setting; its caption says what it is used for."""
    for measure in CRITERIA:
        if any(measure in setting.results for setting in comparison.settings):
            yield _accuracy(comparison, measure)


def costs(settings: Sequence[Setting]) -> Table | None:
    """Return losses and costs; None if nothing is known of any."""
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
    rows = zip((Cell(setting.name) for setting in settings), *shown.values(), strict=True)
    return Table("loss in nats, mean and sd; mean costs of a run", ("setting", *shown), tuple(rows))


def remarks(comparison: Comparison) -> Iterable[str]:
    """Yield what follows from the numbers, and how they are meant."""
    settings, leading = comparison.settings, comparison.verdict.leading
    yield comparison.conclusion
    tested = next((s.results.get("test_accuracy") for s in settings if s.name == leading), None)
    if tested and comparison.verdict.criterion != "test_accuracy":
        spread = f" (sd {100 * tested.sd:.2f}, n = {tested.n})" if tested.sd is not None else ""
        text = f"test accuracy of {leading}, which had no part in the choice: {percent(tested.mean)}{spread}"
        yield f"to report: {text}"
    found = [setting.results[m] for setting in settings for m in CRITERIA if m in setting.results]
    if any(each.n > 1 for each in found):
        yield "intervals over seeds are Student's; differences are paired by seed"
    if any(each.n == 1 and each.interval for each in found):
        yield "intervals of one run are Wilson's, over examples drawn anew; of other seeds one run says nothing"
    if len(settings) > 2:
        yield f"intervals are not corrected for comparing {len(settings)} settings"


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


def _accuracy(comparison: Comparison, measure: str) -> Table:
    """Return the table of one accuracy."""
    chosen_by = comparison.verdict.criterion == measure and len(comparison.settings) > 1
    purpose = "settings are chosen by it" if chosen_by else "for the report; nothing is chosen by it"
    if chosen_by and comparison.verdict.undecided:
        purpose = "nothing can be chosen by it here"
    columns = ["setting", "mean", "sd", "95 % interval", "n"]
    rows = [(Cell(setting.name), *_estimated(setting.results.get(measure))) for setting in comparison.settings]
    if any(measure in setting.differences for setting in comparison.settings):
        columns += ["difference", "95 % interval", "pairs"]
        paired = [_paired(setting.differences.get(measure)) for setting in comparison.settings[1:]]
        reference = (Cell("reference"), _NOTHING, _NOTHING)
        rows = [row + more for row, more in zip(rows, [reference, *paired], strict=True)]
    return Table(f"{CRITERIA[measure]}, % ({purpose})", tuple(columns), tuple(rows))


def _estimated(found: Estimate | None) -> tuple[Cell, ...]:
    if found is None:
        return _NOTHING, _NOTHING, _NOTHING, Cell("0", 0)
    sd = _NOTHING if found.sd is None else Cell(f"{100 * found.sd:.2f}", found.sd)
    return Cell(f"{100 * found.mean:.2f}", found.mean), sd, _interval(found, ".2f"), Cell(str(found.n), found.n)


def _paired(found: Estimate | None) -> tuple[Cell, ...]:
    if found is None:
        return _NOTHING, _NOTHING, _NOTHING
    return Cell(f"{100 * found.mean:+.2f}", found.mean), _interval(found, "+.2f"), Cell(str(found.n), found.n)


def _interval(found: Estimate, form: str) -> Cell:
    """Return an interval, which is sorted by its lower end."""
    if found.interval is None:
        return _NOTHING
    low, high = (format(100 * bound, form) for bound in found.interval)
    return Cell(f"{low} to {high}", found.interval[0])


def _loss(found: Estimate | None) -> Cell:
    if found is None:
        return _NOTHING
    return Cell(f"{found.mean:.4f}" + ("" if found.sd is None else f" ({found.sd:.4f})"), found.mean)


def _mean(found: Estimate | None) -> Cell:
    return Cell(f"{found.mean:,.0f}", found.mean) if found else _NOTHING


def _time(found: Estimate | None) -> Cell:
    return Cell(duration(found.mean), found.mean) if found else _NOTHING
