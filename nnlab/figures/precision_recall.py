"""Precision-recall curves of an evaluation, one class against the rest."""

from matplotlib.figure import Figure

from nnlab.drawing.class_curves import ClassCurve
from nnlab.drawing.precision_recall import precision_recall
from nnlab.evaluation.ranking import macro_mean, rankings
from nnlab.figures.entry import FigureEntry, Subject, headline


def _draw(subject: Subject) -> Figure:
    predictions, title = subject.evaluation.predictions, headline(subject.evaluation)
    found = rankings(predictions.probabilities, predictions.labels)
    shares = [each.positives / len(predictions.labels) for each in found if each.positives]
    return precision_recall(
        [ClassCurve(each.recall, each.precision, each.average_precision) for each in found],
        subject.class_names,
        mean_area=macro_mean([each.average_precision for each in found]),
        shares=(min(shares), max(shares)),
        title=title,
    )


PRECISION_RECALL = FigureEntry(
    name="precision-recall",
    section="results",
    summary="Draw the precision-recall curve of each class against the rest, with the average precisions.",
    example="nnlab plot precision-recall latest",
    needs=frozenset({"evaluation"}),
    caption="Precision-recall curves, one class against the rest, with the average precision of each.",
    description="A curve for each class: the precision over the recall.",
    question="For which classes does high recall cost precision?",
    draw=_draw,
)
