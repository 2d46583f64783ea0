"""Batches with several targets: loss and gradient are the weighted sums, by any loss."""

import numpy as np
import pytest
from support.experiments import load, train_with_stops, without_clock

import nnlab
from nnlab.data.batch import Batch, Target
from nnlab.nn.losses import SoftmaxCrossEntropy
from nnlab.registry import LOSSES
from nnlab.training.backpropagation import Backpropagation
from nnlab.training.batch_loss import backward_loss, forward_loss
from nnlab.training.state import prepare
from nnlab.training.step import train_step


def mixed(rng, count=6, classes=4):
    shares = (0.5, 0.3, 0.2)
    targets = tuple(Target(rng.integers(0, classes, count), share) for share in shares)
    return rng.dirichlet(np.full(classes, 5.0), count), Batch(np.empty((count, 1)), targets)


@pytest.mark.parametrize("name", LOSSES.names())
def test_the_gradient_of_a_mixed_loss_matches_central_differences(name):
    scores, batch = mixed(np.random.default_rng(0))
    loss = LOSSES[name]()
    gradient = backward_loss(loss, forward_loss(loss, scores, batch)[1])
    for index in np.ndindex(*scores.shape):
        nudge = np.zeros_like(scores)
        nudge[index] = 1e-6
        up, down = (forward_loss(loss, scores + sign * nudge, batch)[0] for sign in (1, -1))
        assert gradient[index] == pytest.approx((up - down) / 2e-6, rel=1e-5, abs=1e-8)


def test_it_is_the_cross_entropy_with_the_mixed_target():
    scores, batch = mixed(np.random.default_rng(1))
    target = sum(each.share * np.eye(4)[each.labels] for each in batch.targets)
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    value, parts = forward_loss(SoftmaxCrossEntropy(), scores, batch)
    assert value == pytest.approx(-(target * logs).sum() / 6)
    np.testing.assert_allclose(backward_loss(SoftmaxCrossEntropy(), parts), (np.exp(logs) - target) / 6)


def test_accuracy_counts_the_class_of_the_largest_share(tmp_path):
    state = prepare(load(tmp_path))
    batch = state.dataset.batch(state.batches.draw(), 1)
    answers = state.loss.classify(prepare(state.config).network.forward(batch.x)[0])  # with the same dropout
    targets = (Target(answers, 0.6), Target((answers + 1) % 3, 0.4))
    record = train_step(
        state.network, Backpropagation(state.network, state.loss), state.optimizer, Batch(batch.x, targets), step=1
    )
    assert (record.correct, record.examples) == (8, 8)


@pytest.mark.slow
def test_a_run_with_everything_resumes_to_the_same_bits(tmp_path):
    config = load(
        tmp_path,
        "data.augment=[{type: rotation, degrees: 20}, colour_jitter, random_erasing, mixup]",
        "loss={type: focal, class_weights: balanced}",
        "schedule={type: cosine_restarts, period: 4}",
    )
    whole = nnlab.train(config, runs_dir=tmp_path / "a")
    stopped = train_with_stops(config, tmp_path / "b", [2, 7])
    assert without_clock(whole) == without_clock(stopped)
    one, other = (run.checkpoints.load("last").arrays for run in (whole, stopped))
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])
