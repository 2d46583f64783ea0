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

from nnlab.figures.activations import Stage, activations
from nnlab.figures.architecture import Block, architecture
from nnlab.figures.boundary import boundary
from nnlab.figures.calibration import calibration
from nnlab.figures.class_counts import class_counts
from nnlab.figures.classes import classes
from nnlab.figures.confusion import confusion
from nnlab.figures.courses import Course, courses
from nnlab.figures.curve import Curve, epoch_means
from nnlab.figures.curves import curves
from nnlab.figures.filters import filters
from nnlab.figures.intervals import Measured, intervals
from nnlab.figures.misclassified import misclassified
from nnlab.figures.pairs import pairs
from nnlab.figures.points import points
from nnlab.figures.samples import samples
from nnlab.figures.saving import save
from nnlab.figures.schedule import schedule
from nnlab.figures.values import values
from nnlab.figures.weights import Spread, weights

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
