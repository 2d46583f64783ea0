"""ROC and precision-recall curves equal scikit-learn's, with and without ties, and counting pairs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from nnlab.evaluation.ranking import macro_mean, rank, rankings

examples = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=60).filter(
    lambda pairs: len({positive for _, positive in pairs}) == 2
)


@settings(deadline=None)
@given(examples)
def test_areas_and_curves_equal_those_of_scikit_learn(pairs):
    scores, positive = np.array([score for score, _ in pairs]) / 6, np.array([each for _, each in pairs])
    found = rank(scores, positive)
    assert found.roc_area == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    assert found.average_precision == pytest.approx(average_precision_score(positive, scores), abs=1e-12)
    fall_out, recall, _ = roc_curve(positive, scores, drop_intermediate=False)
    assert found.fall_out.tolist() == fall_out.tolist()
    assert found.recall.tolist() == recall.tolist()
    precision, recall, _ = precision_recall_curve(positive, scores)
    assert found.precision[::-1] == pytest.approx(precision, abs=1e-12)
    assert found.recall[::-1] == pytest.approx(recall, abs=1e-12)


@settings(deadline=None)
@given(examples)
def test_the_roc_area_is_the_share_of_pairs_in_the_right_order(pairs):
    good = [score for score, positive in pairs if positive]
    bad = [score for score, positive in pairs if not positive]
    wins = sum((a > b) + (a == b) / 2 for a in good for b in bad)
    found = rank(np.array([score for score, _ in pairs]), np.array([positive for _, positive in pairs]))
    assert found.roc_area == pytest.approx(wins / (len(good) * len(bad)), abs=1e-12)


def test_the_order_of_ties_does_not_matter(rng):
    scores, positive = rng.integers(5, size=200) / 5, rng.random(200) < 0.3
    order = rng.permutation(200)
    first, second = rank(scores, positive), rank(scores[order], positive[order])
    assert first.true_positives.tolist() == second.true_positives.tolist()
    assert first.false_positives.tolist() == second.false_positives.tolist()
    assert rank(np.ones(10), np.arange(10) < 3).roc_area == 0.5


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_each_class_is_ranked_against_the_rest(rng, classes):
    labels = np.concatenate([np.arange(classes), rng.integers(classes, size=1000)])
    odds = rng.random((len(labels), classes)) ** 3
    probabilities = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
    found = rankings(probabilities, labels)
    areas = [each.roc_area for each in found]
    exact = [roc_auc_score(labels == label, probabilities[:, label]) for label in range(classes)]
    assert areas == pytest.approx(exact, abs=1e-12)
    assert macro_mean(areas) == pytest.approx(np.mean(exact), abs=1e-12)


def test_a_class_without_examples_has_no_area():
    none = rank(np.array([0.1, 0.2]), np.zeros(2, bool))
    assert math.isnan(none.roc_area)
    assert math.isnan(none.average_precision)
    everything = rank(np.array([0.1, 0.2]), np.ones(2, bool))
    assert math.isnan(everything.roc_area)
    assert everything.average_precision == 1
    assert macro_mean([0.5, math.nan, 1.0]) == 0.75
    assert math.isnan(macro_mean([math.nan]))


def test_scores_that_are_not_numbers_come_last():
    found = rank(np.array([np.nan, 0.5, 0.1, np.nan]), np.array([True, True, False, False]))
    assert found.roc_area == (1 + 1 + 0.5 + 0) / 4
