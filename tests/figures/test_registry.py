"""The registry: every figure is explained, and applies or says why not."""

import pytest
from support.experiments import SMALL, write_config

from nnlab.config import load_config
from nnlab.errors import RunError, UsageError
from nnlab.figures import FIGURES, Subject, by_command, of_section, text
from nnlab.figures.entry import SECTIONS


def test_figures_are_in_the_order_of_a_report():
    places = [(SECTIONS.index(entry.section), entry.name) for entry in FIGURES.values()]
    assert places == sorted(places)
    assert [entry.name for section in SECTIONS for entry in of_section(section)] == list(FIGURES)
    assert [entry.name for entries in by_command().values() for entry in entries] == list(FIGURES)
    assert [entry.name for entry in by_command()["data"]] == [
        "data-augmentation",
        "data-classes",
        "data-samples",
        "data-values",
    ]


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_explained(tmp_path, name):
    entry, subject = FIGURES[name], Subject(load_config(write_config(tmp_path, SMALL)))
    for sentence in (entry.summary, text(entry.caption, subject), text(entry.description, subject)):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    assert entry.question == "" or entry.question.endswith("?")
    assert entry.example.startswith(f"nnlab plot {entry.command or name} ")
    assert entry.name == name


def test_a_file_is_named_after_split_checkpoint_and_page(tmp_path):
    config = load_config(write_config(tmp_path, SMALL))
    other = Subject(config, split="validation", checkpoint="last")
    assert FIGURES["confusion"].stem(other) == "confusion-validation-last"
    assert FIGURES["weights"].stem(other) == "weights-last"
    assert FIGURES["activations"].stem(other, layer=3) == "activations-layer-3-validation-last"
    assert FIGURES["architecture"].stem(other) == "architecture"
    assert FIGURES["confusion"].stem(Subject(config)) == "confusion"


def test_what_does_not_apply_is_refused_with_the_reason(tmp_path):
    subject = Subject(load_config(write_config(tmp_path, SMALL)))
    with pytest.raises(RunError, match="the inputs, of shape 6x6x1, are not two features"):
        FIGURES["boundary"].pages(subject)
    with pytest.raises(UsageError, match="this figure needs a run"):
        FIGURES["confusion"].pages(subject)
