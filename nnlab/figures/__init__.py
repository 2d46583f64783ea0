"""Figures of runs and of data: what each needs is gathered here and handed to ``nnlab.drawing``.

draw_filters, draw_confusion, draw_classes, draw_misclassified   results.py   of one run
draw_calibration, draw_pairs, draw_boundary                      results.py   of one run
draw_architecture, draw_weights, draw_activations                network.py   of a config's or a run's network
find_trainings, draw_curves                                      courses.py   of one run, several, or a sweep
draw_schedule                                                    courses.py   of one run
draw_data                                                        data.py      of the data of a config
"""

from nnlab.figures.courses import Training, draw_curves, draw_schedule, find_trainings, read_training
from nnlab.figures.data import draw_data
from nnlab.figures.network import draw_activations, draw_architecture, draw_weights
from nnlab.figures.results import (
    draw_boundary,
    draw_calibration,
    draw_classes,
    draw_confusion,
    draw_filters,
    draw_misclassified,
    draw_pairs,
)

__all__ = [
    "Training",
    "draw_activations",
    "draw_architecture",
    "draw_boundary",
    "draw_calibration",
    "draw_classes",
    "draw_confusion",
    "draw_curves",
    "draw_data",
    "draw_filters",
    "draw_misclassified",
    "draw_pairs",
    "draw_schedule",
    "draw_weights",
    "find_trainings",
    "read_training",
]
