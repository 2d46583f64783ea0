"""The settings that a report lists."""

from types import SimpleNamespace

from support.experiments import load

from nnlab.report.run.training_section import settings_section

DENSE = "network=[{type: dense, units: 4}, {type: dense, units: 3}]"


def listed(tmp_path, *overrides):
    config = load(tmp_path, *overrides)
    section = settings_section(SimpleNamespace(config=config, logged=[]))
    return dict(section.blocks[0].rows)


def test_how_a_batch_is_drawn_and_computed(tmp_path):
    assert listed(tmp_path)["batch size"] == "8"
    changed = listed(tmp_path, DENSE, "training.replacement=true", "training.shards=4")
    assert changed["batch size"] == "8, drawn with replacement, computed in 4 shards"


def test_layers_that_are_not_trained_are_named(tmp_path):
    assert "not trained" not in listed(tmp_path)
    assert listed(tmp_path, DENSE, "freeze=[0]")["not trained"] == "layers 0"
