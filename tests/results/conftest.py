"""Shared fixtures of the tests of results: small configs and their experiments."""

from decimal import Decimal

import pytest
from support.experiments import SMALL, write_config

from results import published
from results.published import Entry, Figure, Section, accuracy

WATCHED = SMALL.replace("validation: 10", "validation: 0").replace(
    "evaluate_every: 3", "evaluate_every: 3, evaluate_on: test"
)

BY_HAND = """\
data: {type: inline, inputs: [[1, -1]], labels: [0], class_names: ["0", "1"], normalize: none}
network: [{type: dense, units: 2, init: {type: values, values: [[1, 2], [1, 2]]}}]
optimizer: {type: sgd, learning_rate: 0.1, momentum: 0}
training: {steps: 1, batch_size: 1}
"""

ENTRIES = (
    Entry("small", 2, (accuracy("0 %", "0"), Figure("loss", "0.01", Decimal("0.01"))), remark="It is small."),
    Entry("watched", 1, (Figure("accuracy"), accuracy("100 % at best", "100.00", "best accuracy")), parameters=7),
    Entry("by_hand", 1, gradients={"0.weight": (-0.5, 0.4), "0.bias": (-0.5, 0.5)}),
)
"""In the first step of the last one both outputs are 0: dL/dscores is (-1/2, 1/2)."""


@pytest.fixture
def entries(tmp_path, monkeypatch):
    """Return experiments with small configs, which replace the published ones."""
    configs = tmp_path / "configs"
    configs.mkdir()
    for name, config in (("small", SMALL), ("watched", WATCHED), ("by_hand", BY_HAND)):
        write_config(configs, config, f"{name}.yaml")
    monkeypatch.setattr(published, "CONFIGS", configs)
    monkeypatch.setattr(
        published, "SECTIONS", (Section("First", "One.", ENTRIES[:2]), Section("Last", "Two.", ENTRIES[2:]))
    )
    return {entry.config: entry for entry in ENTRIES}
