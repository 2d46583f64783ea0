"""What a trained network does: its results on test data, its confusions, mistakes and confidence."""

from math import isnan

from nnlab.evaluation import Metrics, Outcome
from nnlab.figures import FIGURES, of_section
from nnlab.report.document import Block, Cell, Comment, Facts, Matrix, Prose, Section, Table
from nnlab.report.material import Material
from nnlab.report.pictures import pictures
from nnlab.runs.wording import nats, percent


def results(material: Material) -> list[Section]:
    """Return the sections on what the network does; one that says why there is none if nothing is known."""
    outcome, evaluation = material.outcome, material.evaluation
    if outcome is None:
        why = "" if material.overview.finished else ", for the training has not come to its end"
        text = f"There are no results of a trained network on test data{why}; nnlab eval measures them."
        return [Section("results", "Test results", (Prose(text, warning=True),))]
    blocks: list[Block] = [Facts(facts(outcome))]
    blocks += _by_class(outcome)
    for entry in of_section("results"):
        if entry.name != "confusion" and (evaluation or entry.needs == {"evaluation"}):
            blocks += pictures(entry, material.subject)
    sections = [Section("results", "Test results", tuple(blocks))]
    if evaluation:
        found = [block for entry in of_section("mistakes") for block in pictures(entry, material.subject)]
        sections.append(Section("mistakes", "The worst mistakes", tuple(found)))
    found = [block for entry in of_section("confidence") for block in pictures(entry, material.subject)]
    return [*sections, Section("confidence", "Is it right as often as it is sure?", tuple(found))]


def facts(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    """Return the results in numbers."""
    metrics, (low, high) = outcome.metrics, outcome.metrics.interval
    error = outcome.calibration.error
    return (
        ("accuracy", f"{percent(metrics.accuracy)} ({metrics.correct:,} of {metrics.count:,} test examples)"),
        ("95 % interval (Wilson)", f"{percent(low)} to {percent(high)}"),
        ("loss", nats(metrics.loss)),
        ("macro F1", percent(metrics.macro["f1"])),
        ("expected calibration error", "not known" if isnan(error) else percent(error)),
        ("checkpoint", f"{outcome.checkpoint}, after step {outcome.step:,}"),
    )


def _by_class(outcome: Outcome) -> list[Block]:
    metrics = outcome.metrics
    return [
        Matrix("confusion", "Which classes are taken for which.", metrics.confusion, metrics.class_names),
        Comment("confusion-comment", FIGURES["confusion"].question),
        _class_table(metrics),
    ]


def _class_table(metrics: Metrics) -> Table:
    """Return precision, recall, F1 and support of each class, and their means over the classes."""
    ratios = ("precision", "recall", "f1")
    lines = [(row["class"], [row[key] for key in ratios], row["support"]) for row in metrics.per_class]
    lines.append(("mean over the classes", [metrics.macro[key] for key in ratios], metrics.count))
    rows = [
        (Cell(name), *(Cell(percent(value), value) for value in values), Cell(f"{support:,}", support))
        for name, values, support in lines
    ]
    caption = "Precision, recall and F1 of each class; the support is its number of test examples."
    columns = ("class", "precision", "recall", "F1", "support")
    return Table("class-measures", caption, columns, tuple(rows), total=True)
