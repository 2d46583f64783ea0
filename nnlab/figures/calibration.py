"""The reliability diagram of an evaluation."""

import numpy as np
from matplotlib.figure import Figure

from nnlab.drawing.calibration import calibration
from nnlab.evaluation import wilson
from nnlab.figures.entry import FigureEntry, Subject, headline


def _draw(subject: Subject) -> Figure:
    found = subject.evaluation.calibration
    counts = zip(found.correct.tolist(), found.counts.tolist(), strict=True)
    return calibration(
        found.counts,
        found.accuracy,
        found.confidence,
        np.array([wilson(correct, count) for correct, count in counts]),
        error=found.error,
        unknown=found.unknown,
        title=headline(subject.evaluation),
    )


CALIBRATION = FigureEntry(
    name="calibration",
    section="confidence",
    summary="Draw whether the network is right as often as it is sure, with the expected calibration error.",
    example="nnlab plot calibration latest --split validation",
    needs=frozenset({"evaluation"}),
    caption="Reliability diagram: accuracy against confidence, the probability of the predicted class.",
    description="Bars with the accuracy of examples of similar confidence, and the line of perfect calibration.",
    question="Is the network too sure of itself, or not sure enough?",
    draw=_draw,
)
