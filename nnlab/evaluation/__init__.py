"""The one way in which networks are evaluated: during training, after it, in a sweep and in a notebook."""

from nnlab.evaluation.answers import Answers
from nnlab.evaluation.calibration import Calibration, calibrate
from nnlab.evaluation.evaluation import Evaluation, SplitName
from nnlab.evaluation.metrics import Metrics, confused_pairs, measure, wilson, worst
from nnlab.evaluation.predictions import Predictions, predict_split
from nnlab.evaluation.trained_run import TrainedRun, evaluate, load_network, predict

__all__ = [
    "Answers",
    "Calibration",
    "Evaluation",
    "Metrics",
    "Predictions",
    "SplitName",
    "TrainedRun",
    "calibrate",
    "confused_pairs",
    "evaluate",
    "load_network",
    "measure",
    "predict",
    "predict_split",
    "wilson",
    "worst",
]
