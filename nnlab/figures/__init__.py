"""Figures: each takes results, draws them and returns a ``matplotlib.figure.Figure``; ``save`` writes it.

    filters           filters.py         what the first layer looks for
    confusion         confusion.py       which classes are taken for which
    classes           classes.py         accuracy of each class
    misclassified     misclassified.py   the mistakes with the largest loss; mistake_points.py and
                                         mistake_table.py draw those that are not images
    curves            curves.py          loss and accuracy in the course of one training
    courses, Course   courses.py         the same of several: over seeds, and settings side by side
    values            values.py          histograms of the inputs
    class_counts      class_counts.py    how many examples each class has
    samples           samples.py         some images of each class
    points            points.py          examples of two features

A ``Curve`` (curve.py) is what was measured in the course of a training. What figures have in common is in
style.py. None touches pyplot, the user's matplotlibrc or a file.
"""

from nnlab.figures.class_counts import class_counts
from nnlab.figures.classes import classes
from nnlab.figures.confusion import confusion
from nnlab.figures.courses import Course, courses
from nnlab.figures.curve import Curve, epoch_means
from nnlab.figures.curves import curves
from nnlab.figures.filters import filters
from nnlab.figures.misclassified import misclassified
from nnlab.figures.points import points
from nnlab.figures.samples import samples
from nnlab.figures.saving import save
from nnlab.figures.values import values

__all__ = [
    "Course",
    "Curve",
    "class_counts",
    "classes",
    "confusion",
    "courses",
    "curves",
    "epoch_means",
    "filters",
    "misclassified",
    "points",
    "samples",
    "save",
    "values",
]
