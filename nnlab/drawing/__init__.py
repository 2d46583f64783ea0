"""Figures: each takes results, draws them and returns a ``matplotlib.figure.Figure``; ``save`` writes it.

    architecture      architecture.py    the layers as a diagram, of Blocks
    filters           filters.py         what the first layer looks for
    weights           weights.py         histograms of weights and gradients, each pair a Spread
    activations       activations.py     what the layers make of one example, each a Stage
    confusion         confusion.py       which classes are taken for which
    classes           classes.py         accuracy of each class
    calibration       calibration.py     whether it is right as often as it is sure
    pairs             pairs.py           the most frequent confusions, with examples
    boundary          boundary.py        what it makes of the plane of two features
    misclassified     misclassified.py   the mistakes with the largest loss; mistake_points.py and
                                         mistake_table.py draw those that are not images
    curves            curves.py          loss and accuracy in the course of one training
    courses, Course   courses.py         the same of several: over seeds, and settings side by side
    intervals         intervals.py       accuracies of settings side by side, with their intervals
    schedule          schedule.py        the learning rate in the course of training
    values            values.py          histograms of the inputs
    class_counts      class_counts.py    how many examples each class has
    samples           samples.py         some images of each class
    points            points.py          examples of two features

A ``Curve`` (curve.py) is what was measured in the course of a training. What figures have in common is in
style.py. None touches pyplot, the user's matplotlibrc or a file.
"""

from nnlab.drawing.activations import Stage, activations
from nnlab.drawing.architecture import Block, architecture
from nnlab.drawing.boundary import boundary
from nnlab.drawing.calibration import calibration
from nnlab.drawing.class_counts import class_counts
from nnlab.drawing.classes import classes
from nnlab.drawing.confusion import confusion
from nnlab.drawing.courses import Course, courses
from nnlab.drawing.curve import Curve, epoch_means
from nnlab.drawing.curves import curves
from nnlab.drawing.filters import filters
from nnlab.drawing.intervals import Measured, intervals
from nnlab.drawing.misclassified import misclassified
from nnlab.drawing.pairs import pairs
from nnlab.drawing.points import points
from nnlab.drawing.samples import samples
from nnlab.drawing.saving import save
from nnlab.drawing.schedule import schedule
from nnlab.drawing.values import values
from nnlab.drawing.weights import Spread, weights

__all__ = [
    "Block",
    "Course",
    "Curve",
    "Measured",
    "Spread",
    "Stage",
    "activations",
    "architecture",
    "boundary",
    "calibration",
    "class_counts",
    "classes",
    "confusion",
    "courses",
    "curves",
    "epoch_means",
    "filters",
    "intervals",
    "misclassified",
    "pairs",
    "points",
    "samples",
    "save",
    "schedule",
    "values",
    "weights",
]
