"""The accuracy of each class in an evaluation."""

import numpy as np
from matplotlib.figure import Figure

from nnlab.drawing.classes import classes
from nnlab.evaluation import wilson
from nnlab.figures.entry import FigureEntry, Subject, headline


def _draw(subject: Subject) -> Figure:
    metrics = subject.evaluation.metrics
    counts = zip(metrics.confusion.diagonal().tolist(), metrics.support.tolist(), strict=True)
    intervals = np.array([wilson(correct, support) for correct, support in counts])
    return classes(
        metrics.recall,
        intervals,
        metrics.support,
        metrics.accuracy,
        metrics.class_names,
        title=headline(subject.evaluation),
    )


CLASSES = FigureEntry(
    name="classes",
    section="results",
    summary="Draw the accuracy of each class, with 95 % intervals.",
    example="nnlab plot classes latest",
    needs=frozenset({"evaluation"}),
    caption="Accuracy of each class, with 95 % Wilson intervals.",
    description="A point with an interval for the accuracy of each class.",
    question="Which classes are hard, and what do their examples have in common?",
    draw=_draw,
)
