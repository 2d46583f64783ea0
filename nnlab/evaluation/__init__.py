"""The one way in which networks are evaluated: during training, after it, in a sweep and in a notebook."""

from nnlab.evaluation.calibration import Calibration, calibrate
from nnlab.evaluation.evaluation import Evaluation, Outcome, SplitName, evaluate, load_network, recall
from nnlab.evaluation.metrics import Metrics, confused_pairs, measure, wilson, worst
from nnlab.evaluation.predictions import Predictions, predict_split

__all__ = [
    "Calibration",
    "Evaluation",
    "Metrics",
    "Outcome",
    "Predictions",
    "SplitName",
    "calibrate",
    "confused_pairs",
    "evaluate",
    "load_network",
    "measure",
    "predict_split",
    "recall",
    "wilson",
    "worst",
]
