"""Write the page of results from the measurements."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TypeAlias

import numpy as np

from nnlab.errors import printable
from nnlab.runs.formatting import duration
from nnlab.runs.records import Environment
from results import text
from results.gradients import first_gradients
from results.measured import Measured
from results.notes import notes_on
from results.published import Entry, Figure, Section

Results: TypeAlias = Mapping[str, Sequence[Measured]]
"""The measured runs of each config, in the order of their seeds."""

_HEAD = """\
# Results

The results of the shipped configs, beside the published ones. `make results` trains what is missing and writes
this page from the run directories; only the published figures and the remarks are typed in.

- **measured**: mean and sample standard deviation over n runs with the seeds 0 to n - 1. For a single run, the
  95 % confidence interval follows in brackets (Wilson, over the test examples).
- **accuracy** and **loss** (nats): on the test set, for the checkpoint with the best evaluation on the validation
  examples, or for the last checkpoint if there are no validation examples. Some sources evaluate the test set
  during training; there the last checkpoint counts, and **best accuracy** is the best of those evaluations.
- **reached**: whether the mean, rounded to the digits that the source gives, is at least as good.
- **wall time**: mean duration of a training run with its evaluations, in minutes and seconds.
- **command**: trains with seed 0; add `seed=1` and so on for the other seeds.
"""

_COLUMNS = ("config", "figure", "published", "measured", "reached", "n", "parameters", "wall time", "command")


def page(sections: Sequence[Section], results: Results) -> str:
    """Return the page in Markdown; raises RunError if a run is damaged."""
    runs = [measured for found in results.values() for measured in found]
    parts = [_HEAD, _machines(runs)]
    parts += [_section(section, results) for section in sections]
    parts += [_data_notes(runs)]
    return "\n".join(part for part in parts if part)


def _machines(runs: Sequence[Measured]) -> str:
    """Return the machines and versions that the runs were trained with."""
    found = Counter(_machine(run.environment) for run in runs)
    lines = [f"- {printable(machine)} (runs: {count})" for machine, count in sorted(found.items())]
    return "\n".join(["Trained on:", "", *lines, ""]) if lines else ""


def _machine(environment: Environment) -> str:
    commit, changed, _ = (environment.commit or "unknown").partition("+")
    threads = f"{environment.threads} thread{'s' * (environment.threads != 1)}"
    return (
        f"{environment.cpu}, {threads}, NumPy {environment.versions.get('numpy')}, "
        f"commit {commit[:12]}{' with changes' if changed else ''}"
    )


def _section(section: Section, results: Results) -> str:
    rows = [row for entry in section.entries for row in _rows(entry, results[entry.config])]
    parts = [f"## {section.title}\n", f"{section.source}\n", f"{text.table(_COLUMNS, rows)}\n"]
    for entry in section.entries:
        found = results[entry.config]
        if entry.recall and found:
            parts.append(f"Accuracy per class of {entry.config}:\n\n{_recall_table(entry, found)}\n")
        if entry.gradients and found:
            parts.append(f"Gradients of the first step of {entry.config}:\n\n{_gradient_table(entry, found[0])}\n")
        if entry.remark:
            parts.append(f"{entry.config}: {entry.remark}\n")
    return "\n".join(parts)


def _rows(entry: Entry, found: Sequence[Measured]) -> list[list[str]]:
    """Return one row per figure; the first row also has what belongs to the whole entry."""
    figures = [_figure_cells(figure, found) for figure in entry.figures]
    figures = figures or [["gradients", "below", "below" if found else text.NOT_RUN, ""]]
    runs = str(len(found)) if len(found) == entry.seeds else f"{len(found)} of {entry.seeds}"
    seconds = duration(fmean(run.summary.seconds for run in found)) if found else ""
    whole = [runs, _parameters(entry, found), seconds, f"`{entry.command}`"]
    first, *others = figures
    return [[entry.config, *first, *whole], *(["", *cells, *[""] * len(whole)] for cells in others)]


def _figure_cells(figure: Figure, found: Sequence[Measured]) -> list[str]:
    """Return the cells of a figure: its quantity, the published and the measured value, and the verdict."""
    values = [run.values[figure.quantity] for run in found]
    if figure.quantity == "loss":
        measured = text.loss(values)
    else:
        # The best of many evaluations has no interval, because it was selected for being good.
        single = len(found) == 1 and figure.quantity == "accuracy"
        measured = text.accuracy(values, found[0].interval if single else None)
    judged = text.verdict(figure.reached(fmean(values))) if values and figure.value is not None else ""
    return [figure.quantity, figure.text, measured, judged]


def _parameters(entry: Entry, found: Sequence[Measured]) -> str:
    """Return the number of parameters, and the published number if it differs."""
    counts = sorted({run.summary.parameters for run in found})
    measured = ", ".join(f"{count:,}" for count in counts)
    if entry.parameters is None or counts in ([], [entry.parameters]):
        return measured
    return f"**{measured}**, published {entry.parameters:,}"


def _recall_table(entry: Entry, found: Sequence[Measured]) -> str:
    measured = {name: [run.recall[name] for run in found] for name in entry.recall}
    rows = []
    for name, published in entry.recall.items():
        reached = round(100 * fmean(measured[name])) >= published
        rows.append([name, f"{published} %", text.accuracy(measured[name]), text.verdict(reached)])
    return text.table(("class", "published", "measured", "reached"), rows)


def _gradient_table(entry: Entry, run: Measured) -> str:
    """Return the table of gradients; a matrix is listed by its distinct rows."""
    measured = first_gradients(run.run)
    rows = []
    for name, published in entry.gradients.items():
        lines = np.unique(np.atleast_2d(measured[name]).round(4) + 0.0, axis=0)
        found = ", ".join(text.vector(line) for line in lines)
        rows.append([f"dL/d {name}", text.vector(published), found, text.verdict(found == text.vector(published))])
    return text.table(("gradient, each row", "published", "measured", "reached"), rows)


def _data_notes(runs: Sequence[Measured]) -> str:
    notes = notes_on((run.data, run.environment.data["test"]) for run in runs)
    return "\n".join(["## Data notes", "", *(f"- {note}" for note in notes), ""]) if notes else ""
