"""The bits of whole networks and of their training do not depend on the number of threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import CONFIGS

from bench.catalogue import NETWORKS
from bench.catalogue import load as load_network_of
from nnlab.config import load_config
from nnlab.nn.kernels import blocks, by_patches, by_tiles, pooling, threads
from nnlab.nn.network import build_network
from nnlab.training.state import prepare

THREADS = (1, 2, 4)

LAYERS = [
    "{type: conv2d, filters: 16, kernel: 5, padding: 2}",
    "{type: conv2d, filters: 32, kernel: 3, padding: 1}",
    "{type: conv2d, filters: 8, kernel: 3, stride: 2, padding: 1}",
    "{type: maxpool2d, size: 3, stride: 1, padding: 1}",
    "{type: avgpool2d, size: 3, stride: 1, padding: 1}",
    "{type: residual, body: [batchnorm, tanh], projection: {type: dropout, rate: 0.1}}",
    "{type: dropout, rate: 0.3}",
    "batchnorm",
    "relu",
    "tanh",
]


@pytest.fixture
def many_pieces(monkeypatch):
    """Let even small arrays be cut into several pieces."""
    for module in (by_patches, by_tiles, pooling):
        monkeypatch.setattr(module, "PATCH_BYTES" if module is by_patches else "PIECE_BYTES", 1 << 14)
    monkeypatch.setattr(blocks, "BLOCK_VALUES", 1 << 8)
    monkeypatch.setattr(blocks, "BLOCK_PRODUCTS", 1 << 10)


def results(layers, batch, seed):
    """Return the bytes of the scores and of the gradient of a network, for each number of threads."""
    ends = ["global_avgpool", "{type: dense, units: 10}"]
    data = "data={type: random, shape: [10, 9, 3], train: 64, test: 1}"
    config = load_config(
        CONFIGS / "mnist.yaml", [data, f"network=[{', '.join([*layers, *ends])}]", "training={steps: 1}"]
    )
    found = []
    for count in THREADS:
        rng = np.random.default_rng(seed)
        network = build_network(config.network, (10, 9, 3), seed)
        with threads.compute(count):
            scores, caches = network.forward(rng.standard_normal((batch, 10, 9, 3), np.float32))
            network.backward(rng.standard_normal(scores.shape, np.float32), caches)
        found.append(scores.tobytes() + network.gradient.tobytes())
    return found


@pytest.mark.usefixtures("many_pieces")
@given(st.lists(st.sampled_from(LAYERS), min_size=1, max_size=6), st.integers(1, 40), st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_networks_of_any_layers(layers, batch, seed):
    assert len(set(results(layers, batch, seed))) == 1


@pytest.mark.usefixtures("many_pieces")
def test_pieces_that_depend_on_the_threads_are_noticed(monkeypatch):
    monkeypatch.setattr(
        threads, "pieces", lambda length, _: [slice(i, length, threads.count()) for i in range(threads.count())]
    )
    monkeypatch.setattr(by_patches, "_pieces", lambda x, *_: threads.pieces(len(x), 1))
    assert len(set(results(LAYERS[:1], 33, 0))) > 1


@pytest.mark.parametrize("name", NETWORKS)
def test_the_training_of_the_published_networks(name):
    weights = []
    for count in THREADS:
        state = prepare(load_network_of(name))
        steps = state.steps()
        with threads.compute(count):
            losses = [next(steps).loss for _ in range(2)]
        weights.append((losses, state.network.weights.tobytes()))
    assert weights[0] == weights[1] == weights[2]
