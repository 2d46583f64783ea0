"""The sections "Test results", "Misclassified examples" and "Calibration"."""

from math import isnan

from nnlab.evaluation import Evaluation, Metrics
from nnlab.figures import FIGURES, of_section
from nnlab.report.content import Block, Comment, Facts, Matrix, Prose, Section, Table, TableCell
from nnlab.report.run.material import RunMaterial
from nnlab.report.run.pictures import pictures
from nnlab.runs.formatting import distinct, nats, percent


def results_sections(material: RunMaterial) -> list[Section]:
    """Return the sections on the results on test data; without results, one section that says why."""
    outcome, evaluation = material.outcome, material.evaluation
    if outcome is None:
        why = "" if material.overview.finished else ", because training has not finished"
        text = f"There are no results on test data{why}; nnlab eval measures them."
        if material.dataset is not None and not len(material.dataset.test):
            text = "There are no results on test data: the data set has no test examples, and none were held out."
        return [Section("results", "Test results", (Prose(text, warning=True),))]
    blocks: list[Block] = [Facts(facts(outcome))]
    blocks += _by_class(outcome)
    for entry in of_section("results"):
        if entry.name != "confusion" and (evaluation or entry.needs == {"evaluation"}):
            blocks += pictures(entry, material.subject)
    sections = [Section("results", "Test results", tuple(blocks))]
    if evaluation:
        found = [block for entry in of_section("mistakes") for block in pictures(entry, material.subject)]
        sections.append(Section("mistakes", "Misclassified examples", tuple(found)))
    found = [block for entry in of_section("confidence") for block in pictures(entry, material.subject)]
    return [*sections, Section("confidence", "Calibration", tuple(found))]


def facts(outcome: Evaluation) -> tuple[tuple[str, str], ...]:
    """Return the results as pairs of a name and a value."""
    metrics, (low, high) = outcome.metrics, outcome.metrics.interval
    error = outcome.calibration.error
    return (
        ("accuracy", f"{percent(metrics.accuracy)} ({metrics.correct:,} of {metrics.count:,} test examples)"),
        ("95 % interval (Wilson)", f"{percent(low)} to {percent(high)}"),
        (outcome.config.loss_name, nats(metrics.loss)),
        *((("cross-entropy", nats(metrics.cross_entropy)),) if outcome.config.loss_name != "loss" else ()),
        ("macro F1", percent(metrics.macro["f1"])),
        ("expected calibration error", "unknown" if isnan(error) else percent(error)),
        ("checkpoint", f"{outcome.checkpoint}, after step {outcome.step:,}"),
    )


def _by_class(outcome: Evaluation) -> list[Block]:
    metrics = outcome.metrics
    return [
        Matrix(
            "confusion",
            "Confusion matrix: true classes in rows, predicted classes in columns.",
            metrics.confusion,
            tuple(distinct(metrics.class_names)),
        ),
        Comment("confusion-comment", FIGURES["confusion"].question),
        _class_table(metrics),
    ]


def _class_table(metrics: Metrics) -> Table:
    """Return precision, recall, F1 and support of each class, and their means over the classes."""
    ratios = ("precision", "recall", "f1")
    names = distinct(metrics.class_names)
    lines = [
        (name, [row[key] for key in ratios], row["support"])
        for name, row in zip(names, metrics.per_class, strict=True)
    ]
    lines.append(("mean over the classes", [metrics.macro[key] for key in ratios], metrics.count))
    rows = [
        (
            TableCell(name),
            *(TableCell(percent(value), value) for value in values),
            TableCell(f"{support:,}", support),
        )
        for name, values, support in lines
    ]
    caption = "Precision, recall and F1 of each class; the support is its number of test examples."
    columns = ("class", "precision", "recall", "F1", "support")
    return Table("class-measures", caption, columns, tuple(rows), total=True)
