"""Precision-recall curves are scikit-learn's, for any number of classes."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score
from support.predictions import evaluated

from nnlab.drawing.class_curves import ClassCurve
from nnlab.drawing.precision_recall import precision_recall
from nnlab.figures import FIGURES


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_average_precisions_are_in_the_legend_and_their_mean_in_the_head(rng, readable, classes):
    subject = evaluated(rng, classes)
    (figure,) = FIGURES["precision-recall"].pages(subject).values()
    texts = readable(figure)
    labels, probabilities = subject.evaluation.predictions.labels, subject.evaluation.predictions.probabilities
    areas = [average_precision_score(labels == label, probabilities[:, label]) for label in range(classes)]
    worst = int(np.argmin(areas))
    assert f"{subject.class_names[worst]}: {areas[worst]:.3f}" in texts
    assert any(f"mean over the classes {np.mean(areas):.4f}" in text for text in texts)
    assert {"recall (%)", "precision (%)"} <= set(texts)
    shares = np.bincount(labels) / len(labels)
    drawn = {float(line.get_ydata()[0]) for line in figure.axes[0].lines[classes:]}
    assert sorted(drawn) == pytest.approx([100 * shares.min(), 100 * shares.max()])


def test_a_curve_is_drawn_in_steps_where_it_is(readable):
    x, y = np.array([0, 0.5, 0.5, 1]), np.array([1, 1, 0.5, 2 / 3])
    figure = precision_recall([ClassCurve(x, y, 5 / 6)], ["cat"], mean_area=5 / 6, shares=(0.5, 0.5))
    assert "cat: 0.833" in readable(figure)
    curve, chance = figure.axes[0].lines
    assert curve.get_xydata().tolist() == np.stack([100 * x, 100 * y], axis=1).tolist()
    assert curve.get_drawstyle() == "steps-pre"
    assert chance.get_ydata() == [50, 50]
