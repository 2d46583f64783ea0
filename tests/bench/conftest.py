"""Shared fixtures of the benchmark tests."""

import pytest

from bench.catalogue import on_random_data
from bench.race import Times
from bench.results import Agreement, Comparison, KernelResult, NetworkResult, Report

FEATURES = """
name: features
data: {type: ellipse}
network:
  - {type: dense, units: 48}
  - batchnorm
  - relu
  - {type: dropout, rate: 0.3}
  - {type: dense, units: 5, init: lecun_normal}
  - sigmoid
  - {type: dense, units: 2}
loss: {type: softmax_cross_entropy, reduction: sum, label_smoothing: 0.1}
optimizer: {type: sgd, learning_rate: 0.1, momentum: 0.9, weight_decay: 1e-2}
training: {steps: 5, batch_size: 6}
"""

IMAGES = """
name: images
data: {type: random, shape: [9, 9, 2], classes: 4}
network:
  - {type: conv2d, filters: 6, kernel: [5, 3], stride: [1, 2], padding: [2, 1], bias: false}
  - batchnorm
  - relu
  - {type: maxpool2d, size: 3, stride: 2, padding: 1}
  - {type: conv2d, filters: 8, kernel: 3, padding: 1}
  - {type: maxpool2d, size: 2}
  - {type: dense, units: 7}
  - relu
  - {type: dense, units: 4}
optimizer: {type: adam, learning_rate: 1e-2}
training: {steps: 5, batch_size: 6}
"""


@pytest.fixture
def small(tmp_path):
    """Return a small experiment of each kind, by name: ``features`` with sgd, ``images`` with adam."""

    def experiment(name):
        path = tmp_path / f"{name}.yaml"
        path.write_text({"features": FEATURES, "images": IMAGES}[name])
        return on_random_data(path)

    return experiment


@pytest.fixture(params=["features", "images"])
def config(request, small):
    """Return each of the small experiments in turn."""
    return small(request.param)


@pytest.fixture
def make_report():
    """Return a function that makes a report of made-up results; the ratio of a network is as given."""

    def make(*ratios, kernels=(), torch="PyTorch 2", agreement=0.0, disturbed=False):
        def comparison(ratio):
            mine = Times(((1e-3, 1e-3), (2e-3, 2e-3)), disturbed)
            theirs = Times(tuple(tuple(ratio * t for t in block) for block in mine.blocks), disturbed)
            return Comparison.of({"nnlab": mine} | ({"eager": theirs, "fused": theirs} if torch else {}))

        agreed = Agreement(steps=4, loss=0, gradient=agreement, movement=0, single_loss=0)
        networks = [
            NetworkResult(
                name=f"net{i}",
                batch_size=16,
                parameters=10,
                operations=3_000_000,
                form="eager" if torch else None,
                comparison=comparison(ratio),
                peak_memory={"nnlab": 60.0} | ({"torch": 300.0} if torch else {}),
                agreement=agreed if torch else None,
            )
            for i, ratio in enumerate(ratios)
        ]
        timed = [
            KernelResult(
                name="relu",
                shape="2x3",
                verb="forward",
                operations=operations,
                comparison=comparison(ratio),
                difference=agreement if torch else None,
            )
            for ratio, operations in kernels
        ]
        return Report(
            started="2026-01-01T00:00:00+00:00",
            seconds=1.0,
            threads=2,
            torch=torch,
            environment={"cpu": "A Processor"},
            sgemm=1e11,
            others=0.25,
            networks=networks,
            kernels=timed,
        )

    return make
