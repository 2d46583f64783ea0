"""Figures of runs and of data: what each needs is gathered here and handed to ``nnlab.figures``.

draw_filters, draw_confusion, draw_classes, draw_misclassified   results.py   of one run
find_trainings, draw_curves                                      courses.py   of one run, several, or a sweep
draw_data                                                        data.py      of the data of a config
"""

from nnlab.plotting.courses import Training, draw_curves, find_trainings
from nnlab.plotting.data import draw_data
from nnlab.plotting.results import draw_classes, draw_confusion, draw_filters, draw_misclassified

__all__ = [
    "Training",
    "draw_classes",
    "draw_confusion",
    "draw_curves",
    "draw_data",
    "draw_filters",
    "draw_misclassified",
    "find_trainings",
]
