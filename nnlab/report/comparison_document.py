"""The comparison of several runs, or of the cells of a sweep, as a document."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from nnlab import comparison
from nnlab.comparison import Comparison, Found, Setting, tables
from nnlab.comparison.comparison import CRITERIA
from nnlab.drawing.intervals import Measured, intervals
from nnlab.errors import RunError
from nnlab.evaluation import TrainedRun
from nnlab.figures.curves import NamedRun, draw_curves
from nnlab.report.content import (
    Block,
    Code,
    Comment,
    Document,
    Facts,
    Picture,
    Prose,
    Section,
    Table,
    TableCell,
)
from nnlab.report.writing import way_to
from nnlab.runs.formatting import duration
from nnlab.runs.ledger import read_ledger
from nnlab.runs.overview import Overview
from nnlab.runs.records import Measurement
from nnlab.runs.selection import fact

_SHARED = {
    "data": "data.type",
    "loss": "loss.type",
    "optimizer": "optimizer.type",
    "learning rate": "optimizer.learning_rate",
    "batch size": "training.batch_size",
    "steps": "training.steps",
    "epochs": "training.epochs",
}
"""Keys that are shown even if all settings agree on them."""

_MOST_COMMANDS = 20


def comparison_report(found: Found, folder: Path | None = None) -> Document:
    """Return the comparison of the runs of ``found``: common settings, differences, results, curves and costs.

    Links to the runs are relative to ``folder``, the folder of the document; without it there are no links. Raises
    RunError if no run can be compared.
    """
    compared = comparison.compare(found.runs, found.names)
    sections = (
        Section("settings", "Settings", (*_settings(compared), *_left_out(compared, found))),
        Section("results", "Results", tuple(_results(compared))),
        Section("curves", "Curves", tuple(_curves(compared))),
        Section("costs", "Loss and costs", tuple(_costs(compared))),
        Section("runs", "Runs", (_runs(compared, folder),)),
        Section("reproduction", "Reproduction", tuple(_commands(compared, found))),
    )
    return Document(_title(compared, found), tables.headline(compared), tuple(s for s in sections if s.blocks))


def _title(compared: Comparison, found: Found) -> str:
    if len(found.sweeps) == 1 and {cell.run for cell in found.sweeps[0].cells} == set(found.runs):
        return f"{found.sweeps[0].name}, a sweep"
    configs = dict.fromkeys(run.config.name for run in _overviews(compared) if run.config)
    return f"{comparison.some(list(configs))}: a comparison"


def _overviews(compared: Comparison) -> list[Overview]:
    return [run for setting in compared.settings for run in (*setting.runs, *setting.left_out)]


def _settings(compared: Comparison) -> Iterator[Block]:
    """Yield the values common to all settings, and a table of the differences."""
    yield Facts(tuple(_in_common(compared)))
    for warning in compared.warnings:
        yield Prose(f"{warning}.", warning=True)
    if compared.keys:
        yield _differences(tables.differing(compared))


def _differences(found: tables.ComparisonTable) -> Table:
    """Return a table of the differences: a setting per row or, with more keys than settings, per column."""
    head = tuple(TableCell(column) for column in found.columns)
    rows = [
        tuple(
            TableCell(cell.text, marked=i > 0 and cell.text != before.text)
            for i, (cell, before) in enumerate(zip(row, found.rows[0], strict=True))
        )
        for row in found.rows
    ]
    if len(head) > len(rows) + 1:
        head, *rows = zip(head, *rows, strict=True)
    caption = "Differences between the configs; marked values differ from the reference, the first setting."
    return Table("differences", caption, tuple(cell.text for cell in head), tuple(rows), left=len(head))


def _left_out(compared: Comparison, found: Found) -> Iterator[Block]:
    """Yield a warning for each run that is missing, broken or failed."""
    for reason in found.missing.values():
        yield Prose(f"Left out: {reason}.", warning=True)
    for name, reason in compared.broken.items():
        yield Prose(f"Left out because it is broken: {name}: {reason}.", warning=True)
    for cell in (cell for sweep in found.sweeps for cell in sweep.cells):
        if cell.status == "failed" and cell.error:
            yield Prose(f"Failed: {cell.run.name}: {cell.error}.", warning=True)


def _in_common(compared: Comparison) -> Iterator[tuple[str, str]]:
    run = (*compared.reference.runs, *compared.reference.left_out)[0]
    for name, key in _SHARED.items():
        value = fact(run, key)
        if value is not None and not any(key.startswith(differing) for differing in compared.keys):
            yield name, f"{value:g}" if isinstance(value, float) else str(value)
    if len(compared.settings) > 1:
        yield "reference", compared.reference.name


def _results(compared: Comparison) -> Iterator[Block]:
    """Yield the conclusion, the accuracies as a figure and as tables, and remarks on them."""
    conclusion, *others = (f"{remark[0].upper()}{remark[1:]}." for remark in tables.remarks(compared))
    yield Prose(conclusion)
    measured = {measure: [_measured(s, measure) for s in compared.settings] for measure in CRITERIA}
    known = {CRITERIA[measure]: each for measure, each in measured.items() if any(each)}
    if known:
        figure = intervals([setting.name for setting in compared.settings], known)
        caption = "Accuracies, with 95 % intervals; a hollow mark is a single run, with an interval over examples."
        description = f"For each setting a mark at its accuracy, with its interval. {conclusion}"
        yield Picture("accuracies", figure, caption, description)
        yield Comment("choice", "Which setting would you choose, and why?")
    for number, table in enumerate(tables.accuracies(compared), start=1):
        yield _table(f"accuracy-{number}", table)
    for remark in others:
        yield Prose(remark)


def _measured(setting: Setting, measure: str) -> Measured | None:
    found = setting.results.get(measure)
    return Measured(tuple(setting.by_seed(measure).values()), found.interval) if found else None


def _table(name: str, found: tables.ComparisonTable) -> Table:
    rows = tuple(tuple(TableCell(cell.text, cell.number) for cell in row) for row in found.rows)
    return Table(name, f"{found.caption[0].upper()}{found.caption[1:]}.", found.columns, rows)


def _curves(compared: Comparison) -> Iterator[Block]:
    """Yield training curves of the runs that count; for a setting without such runs, of its others."""
    named = []
    for setting in compared.settings:
        for run in setting.runs or setting.left_out:
            if run.config is None or not run.run.metrics.is_file():
                continue
            try:
                trained = TrainedRun(run.run)
                named += [NamedRun(trained, setting.name, run.config)] if trained.records else []
            except RunError as error:
                yield Prose(f"The curves of {run.name} are left out: {error}.", warning=True)
    if named:
        caption = "Training curves of loss and accuracy, all on one scale."
        names = comparison.some([setting.name for setting in compared.settings])
        description = f"Loss and accuracy by step, on training and on evaluation examples, of {names}."
        yield Picture("courses", draw_curves(named), caption, description)
        yield Comment("courses-differ", "Where do the curves part, and what does that say of the settings?")


def _costs(compared: Comparison) -> Iterator[Block]:
    if found := tables.costs(compared.settings):
        yield _table("costs", found)


def _runs(compared: Comparison, folder: Path | None) -> Table:
    """Return a table of all runs: status, results, and number of evaluations on test data."""
    columns = ("run", "setting", "status", "seed", "steps", "validation, %", "test, %", "test looks", "time")
    rows = tuple(
        _run(run, setting, folder, counted=run in setting.runs)
        for setting in compared.settings
        for run in (*setting.runs, *setting.left_out)
    )
    caption = (
        "All runs, with the accuracies of their best checkpoints; a marked status means that a run is not counted "
        "above, since it is unfinished or repeats a seed. Test looks: network states evaluated on test data."
    )
    return Table("runs", caption, columns, rows, left=3)


def _run(run: Overview, setting: Setting, folder: Path | None, *, counted: bool) -> tuple[TableCell, ...]:
    seed = run.config.seed if run.config else None
    return (
        TableCell(run.name, address=way_to(run.run, folder.resolve()) if folder else ""),
        TableCell(setting.name),
        TableCell(run.status, marked=not counted),
        TableCell("" if seed is None else str(seed), seed),
        TableCell("" if run.steps is None else f"{run.steps:,}", run.steps),
        _accuracy(run.validation),
        _accuracy(run.tested),
        _looks(run),
        TableCell("" if run.seconds is None else duration(run.seconds), run.seconds),
    )


def _accuracy(found: Measurement | None) -> TableCell:
    return TableCell(f"{100 * found.accuracy:.2f}", found.accuracy) if found else TableCell("")


def _looks(run: Overview) -> TableCell:
    """Return the number of evaluations on test data; "not recorded" for a tested run without a ledger."""
    try:
        ledger = read_ledger(run.run.path)
    except RunError:
        return TableCell("ledger damaged")
    if run.tested and not ledger.looks:
        return TableCell("not recorded")
    chosen = f" ({ledger.in_training:,} in training)" if ledger.in_training else ""
    return TableCell(f"{ledger.looks:,}{chosen}", ledger.looks)


def _commands(compared: Comparison, found: Found) -> Iterator[Block]:
    """Yield the commands that repeat the comparison, and those that reproduce a run of each setting."""
    swept = {cell.run for sweep in found.sweeps for cell in sweep.cells}
    paths = [sweep.path for sweep in found.sweeps] + [run.path for run in found.runs if run not in swept]
    yield Prose("The numbers above, with explanations; --json and --csv print them in full:")
    yield Code(" \\\n    ".join(["nnlab compare", *(shlex.quote(str(path)) for path in paths)]))
    given = {run.path.resolve(): run.path for run in found.runs}
    firsts = [setting.runs[0] for setting in compared.settings if setting.runs]
    if firsts:
        more = f", of the first {_MOST_COMMANDS} settings" if len(firsts) > _MOST_COMMANDS else ""
        yield Prose(f"Reproduction of one run of each setting{more}, compared with its records:")
        commands = (f"nnlab reproduce {shlex.quote(str(given[run.run.path]))}" for run in firsts[:_MOST_COMMANDS])
        yield Code("\n".join(commands))
