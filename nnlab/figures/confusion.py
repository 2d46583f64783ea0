"""The confusion matrix of an evaluation."""

from matplotlib.figure import Figure

from nnlab.drawing.confusion import confusion
from nnlab.figures.entry import FigureEntry, Subject, headline


def _draw(subject: Subject) -> Figure:
    metrics = subject.evaluation.metrics
    return confusion(metrics.confusion, metrics.class_names, title=headline(subject.evaluation))


CONFUSION = FigureEntry(
    name="confusion",
    section="results",
    summary="Draw which classes are taken for which.",
    example="nnlab plot confusion latest --format svg",
    needs=frozenset({"evaluation"}),
    caption="The confusion matrix: true classes in rows, predicted classes in columns.",
    description="A table of counts; the colour of a cell is its share of the true class.",
    question="Which classes are confused, and why?",
    draw=_draw,
)
