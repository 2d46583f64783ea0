"""The table of published figures against the configs it names."""

from decimal import Decimal

import pytest

from nnlab.summary import summarize
from results.published import CONFIGS, SECTIONS, Figure, accuracy

ENTRIES = [entry for section in SECTIONS for entry in section.entries]


NOT_TRAINED = {"glyphs", "cifar10_cnn_bn", "cifar10_resnet20", "cifar10_wide_mlp"}
"""Configs without a place in the table: the generated digits, and those that were not trained to the end."""


def test_every_shipped_experiment_is_in_the_table_once():
    named = [entry.config for entry in ENTRIES]
    assert sorted(named) == sorted({path.stem for path in CONFIGS.glob("*.yaml")} - NOT_TRAINED)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.config)
def test_an_entry_matches_its_config(entry):
    config = entry.load(3)
    assert config.seed == 3
    plan = summarize(config)
    assert entry.parameters in {None, plan.total_parameters}
    assert set(entry.recall) <= set(plan.class_names)
    quantities = {figure.quantity for figure in entry.figures}
    assert ("best accuracy" in quantities) <= (config.training.evaluate_on == "test")
    assert entry.command.startswith(f"nnlab train configs/{entry.config}.yaml")
    if entry.gradients:
        assert (config.optimizer.type, config.training.steps) == ("sgd", 1)


def test_the_comment_of_a_config_has_the_published_figures():
    for entry in ENTRIES:
        head = "".join(
            line for line in (CONFIGS / f"{entry.config}.yaml").read_text().splitlines() if line[:1] == "#"
        )
        for figure in entry.figures:
            if figure.value is not None and figure.quantity == "accuracy" and "goal" not in figure.text:
                assert figure.text.removesuffix(" at the end") in head, entry.config


@pytest.mark.parametrize(
    ("figure", "measured", "reached"),
    [
        (accuracy("45 %", "45"), 0.4451, True),
        (accuracy("45 %", "45"), 0.4449, False),
        (accuracy("97.71 %", "97.71"), 0.9771, True),
        (accuracy("97.71 %", "97.71"), 0.9770, False),
        (Figure("loss", "0.08", Decimal("0.08")), 0.0849, True),
        (Figure("loss", "0.08", Decimal("0.08")), 0.0851, False),
        (Figure("loss", "0.08", Decimal("0.08")), float("inf"), False),
        (Figure("accuracy"), 0.0, True),
    ],
)
def test_a_figure_is_compared_at_its_own_precision(figure, measured, reached):
    assert figure.reached(measured) is reached
