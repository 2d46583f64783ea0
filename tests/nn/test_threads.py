"""The bits of whole networks and of their training do not depend on the number of threads."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.layer_cases import CASES, case_shape, case_spec

from bench.catalogue import NETWORKS
from bench.catalogue import load as load_network_of
from nnlab.errors import OptionError
from nnlab.nn.kernels import blocks, by_patches, by_tiles, pooling, threads
from nnlab.nn.network import build_network, outline_layer
from nnlab.registry import LAYERS
from nnlab.training.state import prepare

THREADS = (1, 2, 4)

IMAGE = (10, 9, 3)
LARGE = [
    LAYERS.spec("conv2d")(type="conv2d", filters=16, kernel=5, padding=2),
    LAYERS.spec("conv2d")(type="conv2d", filters=32, kernel=3, padding=1),
]
"""Layers that are cut into many pieces by each of the kernels."""

BODIES = [*LARGE, *(case_spec(key) for key in CASES if len(case_shape(key)) == 3)]


@pytest.fixture
def many_pieces(monkeypatch):
    """Let even small arrays be cut into several pieces."""
    for module in (by_patches, by_tiles, pooling):
        monkeypatch.setattr(module, "PATCH_BYTES" if module is by_patches else "PIECE_BYTES", 1 << 14)
    monkeypatch.setattr(blocks, "BLOCK_VALUES", 1 << 8)
    monkeypatch.setattr(blocks, "BLOCK_PRODUCTS", 1 << 10)


def stackable(specs, shape=IMAGE):
    """Return the layers of ``specs`` that fit the images that the ones before them leave."""
    fitting = []
    for spec in specs:
        with contextlib.suppress(OptionError):
            shape = outline_layer(spec, shape).output_shape
            fitting.append(spec)
    return fitting


def results(layers, batch, seed):
    """Return the bytes of the scores and of the gradient of a network, for each number of threads."""
    specs = stackable([*layers, LAYERS.spec("dense")(type="dense", units=10)])
    found = []
    for count in THREADS:
        rng = np.random.default_rng(seed)
        network = build_network(specs, IMAGE, seed)
        with threads.compute(count):
            scores, caches = network.forward(rng.standard_normal((batch, *IMAGE), np.float32))
            network.backward(rng.standard_normal(scores.shape, np.float32), caches)
        found.append(scores.tobytes() + network.gradient.tobytes())
    return found


@pytest.mark.usefixtures("many_pieces")
@given(st.lists(st.sampled_from(BODIES), min_size=1, max_size=6), st.integers(1, 40), st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_networks_of_any_layers(layers, batch, seed):
    assert len(set(results(layers, batch, seed))) == 1


@pytest.mark.usefixtures("many_pieces")
def test_pieces_that_depend_on_the_threads_are_noticed(monkeypatch):
    monkeypatch.setattr(
        threads, "pieces", lambda length, _: [slice(i, length, threads.count()) for i in range(threads.count())]
    )
    monkeypatch.setattr(by_patches, "pieces", lambda x, *_: threads.pieces(len(x), 1))
    with np.errstate(all="ignore"):  # what no piece computes is whatever was in memory
        assert len(set(results(LARGE[:1], 33, 0))) > 1


@pytest.mark.slow
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
