"""Confident learning, against its definition and planted mistakes."""

import numpy as np
import pytest

from nnlab.evaluation.label_issues import label_issues
from nnlab.evaluation.predictions import Predictions


def predictions(probabilities, labels):
    p = np.array(probabilities, np.float32)
    return Predictions(np.array(labels), p.argmax(axis=1), p, np.zeros(len(p), np.float32))


def test_a_label_is_contradicted_by_a_class_above_its_own_mean():
    p = [[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.1, 0.9], [0.8, 0.2]]
    found = label_issues(predictions(p, [0, 0, 0, 1, 1]), ("a", "b"), "validation")
    # thresholds: (0.9 + 0.6 + 0.3) / 3 = 0.6 of a, (0.9 + 0.2) / 2 = 0.55 of b
    assert found.rows() == [
        (4, 1, pytest.approx(0.2), 0, pytest.approx(0.8)),
        (2, 0, pytest.approx(0.3), 1, pytest.approx(0.7)),
    ]
    assert found.as_json()["out_of_sample"]
    assert not label_issues(predictions(p, [0, 0, 1, 1, 0]), ("a", "b"), "train").count


def test_planted_mistakes_are_found_and_not_much_else(rng):
    truth = rng.integers(0, 4, 600)
    p = 0.7 * np.eye(4)[truth] + 0.3 * rng.dirichlet(np.ones(4), 600)
    labels = truth.copy()
    labels[:30] = (labels[:30] + 1) % 4
    found = label_issues(predictions(p, labels), tuple("abcd"), "validation")
    assert set(found.indices.tolist()) <= set(range(30))
    assert found.count >= 10  # the others are below the mean probability of their class
    assert (found.suggested == truth[found.indices]).all()


def test_a_network_that_has_diverged_contradicts_nothing():
    found = label_issues(predictions(np.full((3, 2), np.nan), [0, 1, 0]), ("a", "b"), "validation")
    assert found.count == 0
