"""Shards of a batch: their number, their gradients, and bits that do not depend on who computes them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.experiments import load

from nnlab.config import load_config
from nnlab.data.batch import Batch, Target
from nnlab.errors import ConfigError, UsageError
from nnlab.nn.kernels import threads
from nnlab.nn.losses import SoftmaxCrossEntropy
from nnlab.nn.network import Network, outline_layers
from nnlab.nn.shards import add_up, cut, shard_count
from nnlab.training import state
from nnlab.training.backpropagation import Backpropagation
from nnlab.training.replicas import Replicas
from nnlab.training.state import prepare

DENSE = """
data: {type: random, shape: [6, 6, 1], train: 70, test: 10}
network:
  - {type: dense, units: 24}
  - relu
  - {type: dense, units: 10}
optimizer: {type: sgd, learning_rate: 0.05, momentum: 0.9, weight_decay: 0.01}
training: {steps: 9, batch_size: 13, shards: 4}
"""
DROPOUT = DENSE.replace("  - relu\n", "  - relu\n  - {type: dropout, rate: 0.4}\n")
RESIDUAL = """
data: {type: random, shape: [6, 6, 2], train: 70, test: 10, augment: [{type: flip}, {type: mixup}]}
network:
  - {type: residual, body: [{type: conv2d, filters: 2, kernel: 3, padding: 1}, relu, {type: dropout, rate: 0.2}]}
  - {type: maxpool2d, size: 2}
  - {type: dense, units: 10}
loss: {type: softmax_cross_entropy, class_weights: balanced}
optimizer: {type: adamw, learning_rate: 0.01}
training: {steps: 9, batch_size: 16, drop_last: false, clip_norm: 0.1, shards: 5}
"""


def published(name):
    config = load_config(f"configs/{name}.yaml")
    shape = {"mnist": (28, 28, 1), "fashion_mnist": (28, 28, 1), "cifar10": (32, 32, 3)}[config.data.type]
    return config.training.batch_size, outline_layers(config.network, shape)


@pytest.mark.parametrize(
    ("name", "shards"),
    [
        ("mnist", 2),
        ("cifar10_baseline", 2),
        ("fashion", 2),
        ("mnist_mlp", 1),
        ("cifar10_mlp", 1),
        ("cifar10_vgg", 1),
    ],
)
def test_shapes_decide_how_many_shards_there_are(name, shards):
    assert shard_count(*published(name)) == shards


def test_a_large_batch_of_a_small_network_has_the_most_shards():
    _, layers = published("mnist")
    assert [shard_count(size, layers) for size in (15, 16, 63, 64, 128, 1000)] == [1, 2, 2, 4, 8, 8]


@given(st.integers(1, 300), st.integers(1, 9))
def test_the_parts_of_a_batch_are_equal_to_one(examples, shards):
    parts = cut(examples, shards)
    sizes = [part.stop - part.start for part in parts]
    assert len(parts) == min(examples, shards)
    assert [row for part in parts for row in range(part.start, part.stop)] == list(range(examples))
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("shards", [2, 3, 7])
def test_shards_add_up_to_the_gradient_of_the_batch(tmp_path, shards, reduction):
    specs = load(tmp_path, text=DENSE).network
    network = Network(outline_layers(specs, (6, 6, 1)), np.float64)
    rng = np.random.default_rng(0)
    network.weights[...] = rng.normal(size=network.weights.shape)
    x, labels = rng.normal(size=(13, 6, 6, 1)), rng.integers(10, size=13)
    batch = Batch(x, (Target(labels, 0.7), Target(labels[::-1], 0.3)))
    loss = SoftmaxCrossEntropy(reduction=reduction)
    whole = Backpropagation(network, loss)(batch, 1)
    gradient = network.gradient.copy()
    result = Backpropagation(network, loss, shards=shards)(batch, 1)
    np.testing.assert_allclose(network.gradient, gradient, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(result.loss, whole.loss, rtol=1e-12)
    assert result.correct == whole.correct


@pytest.mark.parametrize("shards", [1, 2, 5])
def test_gradients_are_added_in_their_order(shards):
    rng = np.random.default_rng(1)
    gradients = rng.normal(size=(shards, 600_000)).astype(np.float32)
    total = np.empty(600_000, np.float32)
    add_up(gradients, total)
    expected = gradients[0].copy()
    for gradient in gradients[1:]:
        expected += gradient
    assert total.tobytes() == expected.tobytes()


def bits(config, processes):
    """Return the losses and the final weights of a training run in which all replicas take part."""
    with threads.compute(processes):
        training = prepare(config)
        losses = [record.loss for record in training.steps()]
    return losses, training.network.weights.tobytes()


@pytest.fixture
def patient(monkeypatch):
    """Make each step wait until all replicas are ready, and count the orders that they take."""
    taken = []
    available, order = Replicas.available, Replicas.order

    def all_of_them(self):
        while not self.complete:
            available(self)
        return available(self)

    def counted(self, replica, what):
        taken.append(what.step)
        return order(self, replica, what)

    monkeypatch.setattr(Replicas, "available", all_of_them)
    monkeypatch.setattr(Replicas, "order", counted)
    return taken


@pytest.mark.slow
@pytest.mark.parametrize("text", [DENSE, DROPOUT, RESIDUAL], ids=["dense", "dropout", "residual"])
def test_bits_do_not_depend_on_the_number_of_processes(tmp_path, text, patient):
    config = load(tmp_path, text=text)
    alone = bits(config, 1)
    assert not patient
    for processes in 2, 3, 4:
        patient.clear()
        assert bits(config, processes) == alone
        assert patient.count(9) == processes - 1


@pytest.mark.slow
def test_bits_do_not_depend_on_when_a_replica_joins(tmp_path, patient, monkeypatch):
    config = load(tmp_path, text=DROPOUT)
    alone = bits(config, 1)
    available = Replicas.available
    for first in 2, 5, 9:
        calls = iter(range(1, 100))
        monkeypatch.setattr(
            Replicas, "available", lambda self, c=calls, f=first: available(self) if next(c) >= f else []
        )
        patient.clear()
        assert bits(config, 3) == alone
        assert min(patient) == first


def test_a_different_number_of_shards_draws_other_masks(tmp_path):
    config = load(tmp_path, text=DROPOUT)
    ends = {bits(load(tmp_path, f"training.shards={n}", text=DROPOUT), 1)[1] for n in (1, 2, 4)}
    assert len(ends) == 3
    assert bits(config, 1)[1] in ends


def test_batch_normalization_needs_the_whole_batch(tmp_path):
    text = DENSE.replace("  - relu\n", "  - batchnorm\n")
    with pytest.raises(ConfigError, match=r"network\[1\] computes with all examples of a batch"):
        load(tmp_path, text=text)
    config = load(tmp_path, "training.shards=null", text=text)
    forced = config.model_copy(update={"training": config.training.model_copy(update={"shards": 2})})
    with pytest.raises(UsageError, match=r"^training\.shards: network\[1\]"):
        prepare(forced)


def test_the_number_of_shards_is_recorded(tmp_path):
    training = prepare(load(tmp_path, "training.shards=null", text=DENSE))
    assert training.shards == 1
    assert state.settings(training.config)["training.shards"] is None
