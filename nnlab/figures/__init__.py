"""Figures: each takes results, draws them and returns a ``matplotlib.figure.Figure``; ``save`` writes it.

    filters         filters.py         what the first layer looks for
    confusion       confusion.py       which classes are taken for which
    misclassified   misclassified.py   the mistakes with the largest loss; mistake_points.py and
                                       mistake_table.py draw those that are not images
    curves, Curve   curves.py          loss and accuracy in the course of training

What they have in common is in style.py. None touches pyplot, the user's matplotlibrc or a file.
"""

from nnlab.figures.confusion import confusion
from nnlab.figures.curves import Curve, curves
from nnlab.figures.filters import filters
from nnlab.figures.misclassified import misclassified
from nnlab.figures.saving import save

__all__ = ["Curve", "confusion", "curves", "filters", "misclassified", "save"]
