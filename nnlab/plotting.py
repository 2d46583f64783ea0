"""Figures of runs: what each needs is taken from the run directory and handed to ``nnlab.figures``."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from nnlab import figures
from nnlab.blueprint import load_config
from nnlab.experiment import Evaluation, first_weight
from nnlab.figures import Curve
from nnlab.runs import Run
from nnlab.runs.checkpoints import Which


def draw_filters(run: Run, checkpoint: Which = "best") -> Figure:
    """Return the weights of the first layer that has some, as images; raises RunError if none has."""
    weight, input_shape = first_weight(run, checkpoint)
    return figures.filters(weight, input_shape, title=f"{_title(run)}, weights of the first layer")


def draw_confusion(run: Run, evaluation: Evaluation) -> Figure:
    """Return the confusion matrix of an evaluation."""
    names = evaluation.dataset.class_names
    return figures.confusion(evaluation.metrics.confusion, names, title=_headline(run, evaluation))


def draw_misclassified(run: Run, evaluation: Evaluation, count: int = 25) -> Figure:
    """Return the ``count`` worst mistakes of an evaluation."""
    inputs = evaluation.dataset.split(evaluation.split).inputs
    names = evaluation.dataset.class_names
    return figures.misclassified(
        inputs, evaluation.predictions, names, count=count, title=_headline(run, evaluation)
    )


def draw_curves(run: Run) -> Figure:
    """Return loss and accuracy over the steps of a run; raises RunError if its metrics cannot be read."""
    evaluated_on = load_config(run.config).training.evaluate_on
    records = run.records()
    evaluation = _curve(records, evaluated_on)
    return figures.curves(
        _curve(records, "train"),
        evaluation if len(evaluation.steps) else None,
        evaluated_on=evaluated_on,
        title=_title(run),
    )


def write_figure(figure: Figure, path: Path) -> Path:
    """Write ``figure`` to ``path`` (.png, .svg or .pdf) and return the path."""
    figures.save(figure, path)
    return path


def _title(run: Run) -> str:
    return load_config(run.config).name


def _headline(run: Run, evaluation: Evaluation) -> str:
    split = {"train": "training"}.get(evaluation.split, evaluation.split)
    accuracy = f"{100 * evaluation.metrics.accuracy:.2f} % of {evaluation.metrics.count:,}"
    return f"{_title(run)}, {split} examples: {accuracy} correct"


def _curve(records: list[dict[str, Any]], split: str) -> Curve:
    chosen = [record for record in records if record.get("split") == split]
    steps = np.array([record["step"] for record in chosen], np.int64)
    return Curve(
        steps, *(np.array([record[key] for record in chosen], np.float64) for key in ("loss", "accuracy"))
    )
