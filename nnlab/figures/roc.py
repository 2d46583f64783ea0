"""ROC curves of an evaluation, one class against the rest."""

from matplotlib.figure import Figure

from nnlab.drawing.class_curves import ClassCurve
from nnlab.drawing.roc import roc
from nnlab.evaluation.ranking import macro_mean, rankings
from nnlab.figures.entry import FigureEntry, Subject, headline


def _draw(subject: Subject) -> Figure:
    predictions, title = subject.evaluation.predictions, headline(subject.evaluation)
    found = rankings(predictions.probabilities, predictions.labels)
    curves = [ClassCurve(each.fall_out, each.recall, each.roc_area) for each in found]
    mean_area = macro_mean([each.roc_area for each in found])
    return roc(curves, subject.class_names, mean_area=mean_area, title=title)


ROC = FigureEntry(
    name="roc",
    section="results",
    summary="Draw the ROC curve of each class against the rest, with the areas under the curves.",
    example="nnlab plot roc latest",
    needs=frozenset({"evaluation"}),
    caption="ROC curves, one class against the rest, with the area under each: the probability that an example of "
    "the class has a higher score than another example.",
    description="A curve for each class: the true positive rate over the false positive rate.",
    question="Which classes are hard to separate from the rest, at which threshold?",
    draw=_draw,
)
