"""ROC curves are scikit-learn's, for any number of classes."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from support.predictions import evaluated

from nnlab.drawing.class_curves import ClassCurve
from nnlab.drawing.roc import roc
from nnlab.figures import FIGURES


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_areas_are_in_the_legend_and_their_mean_in_the_head(rng, readable, classes):
    subject = evaluated(rng, classes)
    (figure,) = FIGURES["roc"].pages(subject).values()
    texts = readable(figure)
    labels, probabilities = subject.evaluation.predictions.labels, subject.evaluation.predictions.probabilities
    areas = [roc_auc_score(labels == label, probabilities[:, label]) for label in range(classes)]
    worst = int(np.argmin(areas))
    assert f"{subject.class_names[worst]}: {areas[worst]:.3f}" in texts
    assert any(f"mean area under the curves {np.mean(areas):.4f}" in text for text in texts)
    assert {"false positive rate (%)", "true positive rate (%)"} <= set(texts)


def test_a_curve_is_drawn_where_it_is(readable):
    x, y = np.array([0, 0, 0.5, 1]), np.array([0, 0.5, 1, 1])
    figure = roc([ClassCurve(x, y, 0.875)], ["cat"], mean_area=0.875)
    readable(figure)
    curve, chance = figure.axes[0].lines
    assert curve.get_xydata().tolist() == [[0, 0], [0, 50], [50, 100], [100, 100]]
    assert chance.get_xydata().tolist() == [[0, 0], [100, 100]]
