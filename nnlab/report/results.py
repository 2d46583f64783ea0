"""What a trained network does: its results on test data, its confusions, mistakes and confidence."""

from math import isnan

from nnlab import figures
from nnlab.evaluation import Evaluation, Metrics
from nnlab.report.document import Block, Cell, Comment, Facts, Matrix, Picture, Prose, Section, Table
from nnlab.report.material import Material
from nnlab.runs.formatting import nats, percent


def results(material: Material) -> list[Section]:
    """Return the sections on what the network does; one that says why there is none if nothing is known."""
    outcome, evaluation = material.outcome, material.evaluation
    if outcome is None:
        why = "" if material.overview.finished else ", for the training has not come to its end"
        text = f"There are no results of a trained network on test data{why}; nnlab eval measures them."
        return [Section("results", "Test results", (Prose(text, warning=True),))]
    blocks: list[Block] = [Facts(facts(outcome))]
    if evaluation and evaluation.dataset.input_shape == (2,):
        blocks += [
            Picture(
                "boundary",
                figures.draw_boundary(evaluation),
                "What the network makes of each place in the plane of the two features, and test examples.",
                "A map of the plane in the colours of the classes, with the test examples as points.",
                drawn=False,
            ),
            Comment("boundary-comment", "Where are the boundaries wrong, and could this network do better?"),
        ]
    blocks += _by_class(outcome)
    sections = [Section("results", "Test results", tuple(blocks))]
    if evaluation:
        sections.append(_mistakes(evaluation))
    return [*sections, _confidence(outcome)]


def facts(outcome: Evaluation) -> tuple[tuple[str, str], ...]:
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


def _by_class(outcome: Evaluation) -> list[Block]:
    metrics = outcome.metrics
    return [
        Matrix("confusion", "Which classes are taken for which.", metrics.confusion, metrics.class_names),
        Comment("confusion-comment", "Which classes are confused, and why?"),
        _class_table(metrics),
        Picture(
            "class-accuracy",
            figures.draw_classes(outcome),
            "Accuracy of each class, with 95 % intervals (Wilson's).",
            "Points with intervals: the accuracy of each class.",
        ),
        Comment("class-accuracy-comment", "Which classes are hard, and what do their examples have in common?"),
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
    return Table("classes", caption, ("class", "precision", "recall", "F1", "support"), tuple(rows), total=True)


def _mistakes(evaluation: Evaluation) -> Section:
    """Return the section on the worst mistakes and, where the inputs are images, the most confused pairs."""
    shape = evaluation.dataset.input_shape
    caption = (
        "The mistakes among the other test examples; circles mark those with the largest loss."
        if shape == (2,)
        else "The mistakes with the largest loss, with the probabilities of the true and the predicted class."
    )
    blocks: list[Block] = [
        Picture(
            "mistakes",
            figures.draw_misclassified(evaluation),
            caption,
            "Test examples that the network got wrong, the largest loss first.",
            drawn=False,
        ),
        Comment("mistakes-comment", "What do the worst mistakes have in common, and what misled the network?"),
    ]
    if len(shape) in {2, 3}:
        blocks += [
            Picture(
                "pairs",
                figures.draw_pairs(evaluation),
                "The most frequent confusions, each with examples, the largest loss first.",
                "Rows of test examples: for each pair of a true and a predicted class those confused so.",
                drawn=False,
            ),
            Comment("pairs-comment", "What do the classes of a pair share, and what would tell them apart?"),
        ]
    return Section("mistakes", "The worst mistakes", tuple(blocks))


def _confidence(outcome: Evaluation) -> Section:
    return Section(
        "confidence",
        "Is it right as often as it is sure?",
        (
            Picture(
                "calibration",
                figures.draw_calibration(outcome),
                "Reliability diagram: accuracy against confidence, the probability of the predicted class.",
                "Bars with the accuracy of examples of like confidence, beside the line where both are the same.",
            ),
            Comment("calibration-comment", "Is the network too sure of itself, or not sure enough?"),
        ),
    )
