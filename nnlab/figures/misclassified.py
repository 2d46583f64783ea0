"""The misclassified examples with the largest loss."""

from typing import Annotated

import numpy as np
from matplotlib.figure import Figure

from nnlab.drawing.misclassified import misclassified
from nnlab.drawing.mistake_points import mistake_points
from nnlab.drawing.mistake_table import mistake_table
from nnlab.drawing.mistakes import Mistakes, no_mistakes
from nnlab.evaluation import Predictions, worst
from nnlab.figures.entry import FigureEntry, Option, Subject, headline


def select(predictions: Predictions, count: int, loss_name: str = "loss") -> Mistakes:
    """Return up to ``count`` misclassified examples, the largest loss first."""
    shown = worst(predictions, count)
    labels, predicted = predictions.labels[shown], predictions.predicted[shown]
    return Mistakes(
        indices=shown,
        labels=labels,
        predicted=predicted,
        probabilities=np.stack([predictions.probabilities[shown, each] for each in (labels, predicted)], axis=1),
        losses=predictions.losses[shown],
        count=int(np.count_nonzero(predictions.predicted != predictions.labels)),
        examples=len(predictions.labels),
        loss_name=loss_name,
    )


def _draw(
    subject: Subject, *, count: Annotated[int, Option("How many mistakes to show.", low=1, high=200)] = 25
) -> Figure:
    predictions, title = subject.evaluation.predictions, headline(subject.evaluation)
    mistakes = select(predictions, count, subject.config.loss_name)
    if not mistakes.count:
        return no_mistakes(mistakes.examples, title=title)
    if subject.has_images:
        inputs = subject.dataset.split(subject.split).inputs[mistakes.indices]
        return misclassified(inputs, mistakes, subject.class_names, title=title)
    if subject.input_shape == (2,):
        points, wrong = subject.dataset.split(subject.split).inputs[:], predictions.predicted != predictions.labels
        return mistake_points(points, predictions.labels, wrong, mistakes, subject.class_names, title=title)
    return mistake_table(mistakes, subject.class_names, title=title)


def _caption(subject: Subject) -> str:
    if subject.input_shape == (2,):
        return "Misclassified examples among the others; circles mark those with the largest loss."
    return "The mistakes with the largest loss, with the probabilities of the true and the predicted class."


MISCLASSIFIED = FigureEntry(
    name="misclassified",
    section="mistakes",
    summary="Draw the worst mistakes, the largest loss first.",
    example="nnlab plot misclassified latest --count 40",
    needs=frozenset({"evaluation", "split"}),
    caption=_caption,
    description="Misclassified examples, the largest loss first.",
    question="What do the worst mistakes have in common, and what misled the network?",
    vector=False,
    draw=_draw,
)
