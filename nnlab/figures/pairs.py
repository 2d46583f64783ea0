"""The most frequent confusions, with images."""

import numpy as np
from matplotlib.figure import Figure

from nnlab.arrays import Labels
from nnlab.data import Examples
from nnlab.drawing.mistakes import no_mistakes
from nnlab.drawing.pairs import COLUMNS, Confused, pairs
from nnlab.evaluation import Predictions, confused_pairs
from nnlab.figures.entry import FigureEntry, Subject, dimensions, headline

_ROWS = 8


def select(predictions: Predictions, confusion: np.ndarray, inputs: Examples) -> list[Confused]:
    """Return the eight most frequent confusions, each with up to eight of its images, the largest loss first.

    Shapes: confusion (C, C), inputs (N, H, W) or (N, H, W, C).
    """
    rows = []
    for true, predicted in confused_pairs(confusion, _ROWS):
        members = _members(predictions, true, predicted)
        count, support = int(confusion[true, predicted]), int(confusion[true].sum())
        rows.append(Confused(true, predicted, count, support, inputs[members], members))
    return rows


def _members(predictions: Predictions, true: int, predicted: int) -> Labels:
    """Return examples of class ``true`` that were predicted as ``predicted``, the largest loss first."""
    rows = np.flatnonzero((predictions.labels == true) & (predictions.predicted == predicted))
    losses = np.nan_to_num(predictions.losses[rows], nan=np.inf)
    return rows[np.argsort(-losses, kind="stable")][:COLUMNS]


def _draw(subject: Subject) -> Figure:
    evaluation, title = subject.evaluation, headline(subject.evaluation)
    inputs = subject.dataset.split(subject.split).inputs
    rows = select(evaluation.predictions, evaluation.metrics.confusion, inputs)
    if not rows:
        return no_mistakes(evaluation.metrics.count, title=title)
    return pairs(rows, subject.class_names, title=title)


def _applies(subject: Subject) -> str | None:
    shape = dimensions(subject.input_shape)
    return None if subject.has_images else f"the inputs, of shape {shape}, are not images"


PAIRS = FigureEntry(
    name="pairs",
    section="mistakes",
    summary="Draw the classes that are taken for each other most often, with examples.",
    example="nnlab plot pairs latest",
    needs=frozenset({"evaluation", "split"}),
    applies=_applies,
    caption="The most frequent confusions, each with examples, the largest loss first.",
    description="A row of examples for each pair of a true and a predicted class.",
    question="What do the classes of a pair share, and what would tell them apart?",
    vector=False,
    draw=_draw,
)
