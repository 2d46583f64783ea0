"""Predictions and metrics, against scikit-learn 1.9.1, scipy 1.17.1 and slow counting."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.data import Dataset, Split
from nnlab.data.normalization import Affine
from nnlab.errors import DataError, UsageError
from nnlab.evaluation import (
    Metrics,
    Predictions,
    calibrate,
    confused_pairs,
    measure,
    predict_split,
    wilson,
    worst,
)
from nnlab.nn.layers.dense import Dense
from nnlab.nn.network import Network
from nnlab.registry import LOSSES

NAMES = ("a", "b", "c", "d", "e")
LABELS = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3]
PREDICTED = [0, 0, 2, 1, 1, 1, 0, 2, 2, 2, 0, 2, 1, 2]


def predictions(labels, predicted, losses=None, classes=5):
    count = len(labels)
    probabilities = np.full((count, classes), 1 / classes, np.float32)
    losses = np.ones(count) if losses is None else losses
    return Predictions(np.array(labels), np.array(predicted), probabilities, np.array(losses, np.float32))


def dataset(rng, count=57, classes=3):
    split = Split(rng.integers(256, size=(count, 2, 2, 1)).astype(np.uint8), rng.integers(classes, size=count))
    empty = Split(split.inputs[:0], split.labels[:0])
    normalization = Affine(np.float32(100), np.float32(0.01))
    return Dataset(("x", "y", "z")[:classes], (2, 2, 1), split, empty, split, normalization)


def network(rng, units=3):
    return Network([Dense((2, 2, 1), rng, units=units)])


def test_counts_and_ratios_are_those_of_scikit_learn():
    metrics = measure(predictions(LABELS, PREDICTED), NAMES)
    assert metrics.confusion.tolist() == [
        [2, 1, 1, 0, 0],
        [1, 2, 0, 0, 0],
        [1, 0, 4, 0, 0],
        [0, 1, 1, 0, 0],
        [0, 0, 0, 0, 0],
    ]
    assert metrics.accuracy == pytest.approx(0.5714285714285714, abs=1e-15)
    assert metrics.precision == pytest.approx([0.5, 0.5, 2 / 3, 0, 0])
    assert metrics.recall == pytest.approx([0.5, 2 / 3, 0.8, 0, 0])
    assert metrics.f1 == pytest.approx([0.5, 0.5714285714285714, 0.7272727272727273, 0, 0])
    assert metrics.support.tolist() == [4, 3, 5, 2, 0]
    assert metrics.macro == pytest.approx(
        {"precision": 0.3333333333333333, "recall": 0.3933333333333333, "f1": 0.35974025974025975}
    )


@pytest.mark.parametrize(
    ("correct", "count", "low", "high"),
    [
        (8, 14, 0.32590644579650746, 0.7861920109552587),
        (0, 10, 0.0, 0.27753279986288926),
        (10, 10, 0.7224672001371109, 1.0),
        (9801, 10000, 0.9771727446238594, 0.9826585401406169),
        (1, 1, 0.20654931437723745, 1.0),
    ],
)
def test_the_interval_is_that_of_scipy(correct, count, low, high):
    metrics = Metrics(0.0, np.array([[correct, count - correct], [0, 0]]), ("a", "b"))
    assert metrics.interval == pytest.approx((low, high), abs=1e-12)
    assert 0 <= metrics.interval[0] <= metrics.accuracy <= metrics.interval[1] <= 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_metrics_equal_slow_counting(pairs):
    metrics = measure(predictions(*zip(*pairs, strict=True), classes=4), "abcd")
    assert metrics.count == len(pairs)
    assert metrics.correct == sum(t == p for t, p in pairs)
    for c in range(4):
        hits = pairs.count((c, c))
        said, true = sum(p == c for _, p in pairs), sum(t == c for t, _ in pairs)
        precision, recall = hits / said if said else 0, hits / true if true else 0
        assert metrics.support[c] == true
        assert metrics.precision[c] == pytest.approx(precision)
        assert metrics.recall[c] == pytest.approx(recall)
        harmonic = 2 * precision * recall / (precision + recall) if hits else 0
        assert metrics.f1[c] == pytest.approx(harmonic)
        for other in range(4):
            assert metrics.confusion[c, other] == pairs.count((c, other))


def test_json_has_the_promised_keys_and_only_plain_values():
    metrics = measure(predictions(LABELS, PREDICTED, losses=np.linspace(0, 1, 14)), NAMES)
    plain = json.loads(json.dumps(metrics.as_json(), allow_nan=False))
    assert plain["accuracy"] == pytest.approx(8 / 14)
    assert plain["loss"] == pytest.approx(0.5)
    assert plain["count"] == 14
    assert plain["per_class"][2] == pytest.approx(
        {"class": "c", "precision": 2 / 3, "recall": 0.8, "f1": 8 / 11, "support": 5}
    )
    assert plain["confusion"][0] == [2, 1, 1, 0, 0]
    assert plain["interval"] == pytest.approx([0.3259, 0.7862], abs=1e-4)
    assert plain["macro"]["f1"] == pytest.approx(0.3597, abs=1e-4)


def test_a_loss_that_is_not_finite_is_null_in_json():
    metrics = measure(predictions(LABELS, PREDICTED, losses=np.full(14, np.nan)), NAMES)
    assert math.isnan(metrics.loss)
    assert metrics.as_json()["loss"] is None


def test_the_mean_loss_is_taken_in_float64():
    losses = np.full(100_001, 0.1, np.float32)
    losses[0] = 3e6
    many = predictions(np.zeros(100_001, np.int64), np.zeros(100_001, np.int64), losses)
    assert measure(many, NAMES).loss == pytest.approx(math.fsum(losses.tolist()) / 100_001, rel=1e-14)


def test_class_names_must_match():
    with pytest.raises(UsageError, match="4 class names for 5 classes"):
        measure(predictions(LABELS, PREDICTED), "abcd")


def test_worst_takes_only_mistakes_the_largest_loss_first():
    some = predictions([0, 1, 1, 2, 2], [0, 0, 2, 1, 0], losses=[9, 1, 5, np.nan, 2])
    assert worst(some, 10).tolist() == [3, 2, 4, 1]
    assert worst(some, 2).tolist() == [3, 2]
    assert worst(predictions([0, 1], [0, 1]), 5).tolist() == []


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=30), st.integers(0, 40))
def test_worst_equals_a_stable_sort(pairs, count):
    labels = [int(wrong) for wrong, _ in pairs]
    some = predictions(labels, [0] * len(pairs), losses=[loss for _, loss in pairs])
    mistakes = [i for i, (wrong, _) in enumerate(pairs) if wrong]
    assert worst(some, count).tolist() == sorted(mistakes, key=lambda i: -pairs[i][1])[:count]


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "mean_squared_error", "sigmoid_binary_cross_entropy"])
def test_predictions_are_those_of_the_whole_split_at_once(rng, name):
    data, net, loss = dataset(rng), network(rng), LOSSES[name]()
    found = predict_split(net, loss, data, "test", batch_size=10)
    scores = net.predict(data.normalize(data.test.inputs))
    assert found.labels.tolist() == data.test.labels.tolist()
    assert found.predicted.tolist() == scores.argmax(axis=1).tolist()
    assert found.probabilities == pytest.approx(loss.probabilities(scores), rel=1e-5)
    assert found.losses == pytest.approx(loss.per_example(scores, data.test.labels), rel=1e-5)
    assert found.probabilities.dtype == found.losses.dtype == np.float32


def test_one_score_for_two_classes_gives_two_probabilities(rng):
    data = dataset(rng, classes=2)
    loss = LOSSES["sigmoid_binary_cross_entropy"]()
    found = predict_split(network(rng, units=1), loss, data, "train", batch_size=10)
    assert found.probabilities.shape == (57, 2)
    assert found.probabilities.sum(axis=1) == pytest.approx(1, rel=1e-6)
    assert measure(found, data.class_names).count == 57


@pytest.mark.parametrize("batch_size", [1, 2, 56, 57, 58, 1000])
def test_the_batch_size_does_not_matter(rng, batch_size):
    data, net, loss = dataset(rng), network(rng), LOSSES["softmax_cross_entropy"]()
    one = measure(predict_split(net, loss, data, "test"), data.class_names)
    other = measure(predict_split(net, loss, data, "test", batch_size=batch_size), data.class_names)
    assert other.loss == pytest.approx(one.loss, rel=1e-6)
    assert other.confusion.tolist() == one.confusion.tolist()


def test_a_network_that_diverged_is_evaluated_without_warnings(rng):
    data, net = dataset(rng), network(rng)
    net.weights[:] = np.inf
    metrics = measure(predict_split(net, LOSSES["softmax_cross_entropy"](), data, "test"), data.class_names)
    assert math.isnan(metrics.loss)


@pytest.mark.parametrize(("split", "error"), [("validation", DataError), ("training", UsageError)])
def test_a_split_that_is_not_there_is_an_error(rng, split, error):
    with pytest.raises(error, match=split):
        predict_split(network(rng), LOSSES["softmax_cross_entropy"](), dataset(rng), split)


def test_test_time_flips_take_the_mean_of_the_scores_of_both_images(rng):
    data, model, loss = dataset(rng), network(rng), LOSSES["softmax_cross_entropy"]()
    x = data.normalize(data.test.inputs)
    scores = (model.predict(x) + model.predict(np.ascontiguousarray(np.flip(x, axis=2)))) / 2
    found = predict_split(model, loss, replace(data, test_time_flips=True), "test", batch_size=10)
    np.testing.assert_allclose(found.probabilities, loss.probabilities(scores), rtol=1e-5)
    np.testing.assert_allclose(found.losses, loss.per_example(scores, data.test.labels), rtol=1e-5, atol=1e-6)
    plain = predict_split(model, loss, data, "test")
    assert not np.allclose(plain.probabilities, found.probabilities)
    flipped = loss.probabilities(model.predict(np.ascontiguousarray(np.flip(x, axis=2))))
    mean = np.sqrt(plain.probabilities * flipped)
    np.testing.assert_allclose(found.probabilities, mean / mean.sum(axis=1, keepdims=True), rtol=1e-4)


def test_with_test_time_flips_an_image_and_its_mirror_image_are_the_same(rng):
    data, model, loss = dataset(rng), network(rng), LOSSES["softmax_cross_entropy"]()
    both = [Split(np.ascontiguousarray(data.test.inputs[:, :, ::step]), data.test.labels) for step in (1, -1)]
    found = [predict_split(model, loss, replace(data, test=s, test_time_flips=True), "test") for s in both]
    np.testing.assert_array_equal(found[0].probabilities, found[1].probabilities)


def sure(confidence, right, classes=3):
    """Predictions of class 0 with the given confidence, the other classes sharing the rest."""
    confidence = np.array(confidence, np.float32)
    rest = np.repeat((1 - confidence[:, None]) / (classes - 1), classes - 1, axis=1)
    labels = np.where(right, 0, 1)
    return Predictions(labels, np.zeros_like(labels), np.column_stack([confidence, rest]), np.ones(len(labels)))


def test_calibration_by_hand():
    some = sure([0.375, 0.5, 0.75, 0.875, 0.9375, 1.0], [True, False, True, True, False, True])
    found = calibrate(some, bins=4)
    assert found.counts.tolist() == [0, 2, 1, 3]
    assert found.correct.tolist() == [0, 1, 1, 2]
    assert found.confidence == pytest.approx([0, 0.4375, 0.75, 0.9375])
    assert found.accuracy == pytest.approx([0, 0.5, 1, 2 / 3])
    # (2 |0.5 - 0.4375| + 1 |1 - 0.75| + 3 |2/3 - 0.9375|) / 6
    assert found.error == pytest.approx((0.125 + 0.25 + 0.8125) / 6)
    told = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert told["expected_error"] == found.error
    assert told["bins"][0] == {"count": 0, "confidence": None, "accuracy": None}
    assert told["bins"][2] == pytest.approx({"count": 1, "confidence": 0.75, "accuracy": 1})


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=1, max_size=60), st.integers(1, 20))
def test_the_calibration_error_equals_slow_counting(pairs, bins):
    confidence = np.array([share / 100 for share, _ in pairs], np.float32)
    found = calibrate(sure(confidence, [right for _, right in pairs]), bins=bins)
    error = 0.0
    for b in range(bins):
        inside = [
            (float(c), right)
            for c, (_, right) in zip(confidence, pairs, strict=True)
            if (b / bins < float(c) <= (b + 1) / bins) or (b == 0 and c == 0)
        ]
        if inside:
            error += abs(sum(right for _, right in inside) - sum(c for c, _ in inside)) / len(pairs)
    assert found.counts.sum() == len(pairs)
    assert found.error == pytest.approx(error, abs=1e-6)


def test_a_network_that_is_right_as_often_as_it_is_sure_has_no_calibration_error():
    right = np.arange(1000) % 4 != 0
    assert calibrate(sure(np.full(1000, 0.75), right)).error == pytest.approx(0, abs=1e-7)
    assert calibrate(sure(np.full(1000, 1.0), right)).error == pytest.approx(0.25, abs=1e-7)


def test_a_confidence_that_is_not_a_number_is_in_no_bin():
    found = calibrate(sure([0.5, np.nan, np.nan], [True, True, False]))
    assert (found.counts.sum(), found.unknown) == (1, 2)
    assert math.isnan(found.error)
    assert found.as_json()["expected_error"] is None


def test_without_examples_every_share_is_possible():
    assert wilson(0, 0) == (0, 1)


@given(st.lists(st.integers(0, 3), min_size=9, max_size=9), st.integers(1, 10))
def test_confused_pairs_equal_a_stable_sort(cells, count):
    confusion = np.array(cells).reshape(3, 3)
    pairs = [(t, p) for t in range(3) for p in range(3) if t != p and confusion[t, p]]
    assert confused_pairs(confusion, count) == sorted(pairs, key=lambda pair: -confusion[pair])[:count]
