"""What ``nnlab layers`` says of everything that a config can name."""

import json
import re

import pytest

from nnlab.cli import catalogue as catalogue_module
from nnlab.cli.catalogue import catalogue, entry
from nnlab.config import Experiment, file_schema
from nnlab.config.nodes import compose, plain
from nnlab.config.validation import validate_entry
from nnlab.errors import UsageError
from nnlab.registry import (
    AUGMENTATIONS,
    DATASETS,
    INITIALIZERS,
    LAYERS,
    LOSSES,
    NORMALIZATIONS,
    OPTIMIZERS,
    SCHEDULES,
    documentation,
    explanations,
)

REGISTRIES = [LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, INITIALIZERS, DATASETS, NORMALIZATIONS, AUGMENTATIONS]
EVERYTHING = [(kind, name) for kind, names in catalogue(None).items() for name in names]
NAMES = [(registry, name) for registry in REGISTRIES for name in registry.names()]


def test_everything_registered_is_in_it():
    assert {kind: sorted(names) for kind, names in catalogue(None).items() if kind != "section"} == {
        registry.kind: registry.names() for registry in REGISTRIES
    }
    assert catalogue(None)["section"].keys() == {"data", "training", "early_stopping", "compute", "logging"}


@pytest.mark.parametrize(("kind", "name"), EVERYTHING)
def test_everything_has_a_summary_and_options_in_words(kind, name):
    facts = catalogue(name)[kind][name]
    assert 3 <= len(facts["summary"]) <= 115
    assert facts["summary"].endswith((".", ":"))
    for option in facts["options"]:
        assert re.fullmatch(r"[a-z0-9_ ,.<>=+]+", option["type"]), option
        assert not re.search(r"anything|\bint\b|float|bool|str\b|>.*s\b|nothing", option["type"]), option


@pytest.mark.parametrize(("kind", "name"), EVERYTHING)
def test_every_entry_can_be_shown_in_full(kind, name):
    text = entry(name)
    assert f"{name} ({kind})\n\n" in text
    assert "\nOptions:\n" in text
    assert not re.search("None|True|False|``|<class|typing", text)


@pytest.mark.parametrize(("registry", "name"), NAMES)
def test_defaults_are_what_a_config_would_write(registry, name):
    """An entry with all its defaults written out means the same as one that leaves them out."""
    shown = re.findall(
        r"^  (\w+): .* = (.*)$", entry(name).partition(f"{name} ({registry.kind})")[2], re.MULTILINE
    )
    options = {option["name"]: option for option in catalogue(name)[registry.kind][name]["options"]}
    required = {name for name, option in options.items() if option["required"]}
    fields = registry.spec(name).model_fields
    for option, written in shown:
        if option not in options:
            continue  # of another kind, under the same name
        node, problems = compose(f"value: {written}", "shown")
        assert not problems
        value = validate_entry(fields[option].rebuild_annotation(), node.entries["value"].node)
        assert value == fields[option].get_default(call_default_factory=True), (option, written)
    assert required == {option for option, field in fields.items() if field.is_required()}


def test_the_options_of_sections_are_those_of_the_schema():
    shown = {option["name"]: option for option in catalogue("training")["section"]["training"]["options"]}
    assert shown.keys() == Experiment.model_fields["training"].annotation.model_fields.keys()
    assert shown["clip_norm"] == {
        "name": "clip_norm",
        "type": "number > 0 or null",
        "required": False,
        "default": None,
        "explanation": "The largest length of a gradient; a longer one is scaled down to it; null: no limit.",
    }


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("conv2d", "kernel: whole number > 0, or a list of 2, required"),
        ("conv2d", "padding: whole number >= 0, or a list of 2, or same = [0, 0]"),
        ("conv2d", "flip: true or false = false"),
        ("conv2d", "init: initializer = {type: he_normal, gain: 1.0}"),
        ("conv2d", "bias_init: initializer = zeros"),
        ("adam", "betas: list of 2 numbers >= 0 and < 1 = [0.9, 0.999]"),
        ("random", "shape: list of whole numbers > 0, required"),
        ("random", "classes: whole number > 0 and <= 100,000 = 10"),
        ("inline", "class_names: list of texts or null = null"),
        ("residual", "body: list of layers, required"),
        ("residual", "projection: layer or null = null"),
        ("concat", "branches: list of lists of layers, required"),
        ("sgd", "decay: one of all, weights = all"),
        ("linear_warmup", "then: schedule = constant"),
        ("data", "normalize: normalization = standard"),
        ("training", "early_stopping: early_stopping or null = null"),
    ],
)
def test_options_read_like_a_config(name, line):
    assert f"  {line}" in entry(name).splitlines()


def test_a_name_of_two_kinds_is_shown_twice():
    assert catalogue("constant").keys() == {"schedule", "initializer"}
    assert entry("constant").count("Options:") == 2


def test_an_unknown_name_is_refused_with_the_likeliest_one():
    with pytest.raises(UsageError, match=r"'Conv' .*\bconv2d\b"):
        catalogue("Conv")
    with pytest.raises(UsageError) as caught:
        entry("\x1b[31m" * 100)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1500


def test_plain_is_the_yaml_that_is_shown():
    node, _ = compose("{type: he_normal, gain: 1.0}", "shown")
    assert plain(node) == catalogue("conv2d")["layer"]["conv2d"]["options"][-2]["default"]


def test_a_kind_lists_its_components(nnlab_):
    code, out, _ = nnlab_("layers", "optimizer")
    assert code == 0
    assert out.startswith("optimizer:\n")
    assert re.findall(r"^  (\w+) ", out, re.MULTILINE) == OPTIMIZERS.names()
    code, out, _ = nnlab_("layers", "optimizer", "--json")
    assert {kind: sorted(names) for kind, names in json.loads(out).items()} == {"optimizer": OPTIMIZERS.names()}


def test_no_line_of_the_list_is_wider_than_a_terminal(nnlab_):
    code, out, _ = nnlab_("layers")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(("kind", "name"), EVERYTHING)
def test_every_option_is_explained_in_a_sentence(kind, name):
    for option in catalogue(name)[kind][name]["options"]:
        assert re.fullmatch(r"[A-Z0-9].{8,105}\.", option["explanation"]), option


@pytest.mark.parametrize(("kind", "name"), EVERYTHING)
def test_nothing_is_explained_that_is_not_an_option(kind, name):
    """An option that was renamed or removed takes its explanation along."""
    described = {"section": catalogue_module._SECTIONS}.get(kind) or {
        registry.kind: registry for registry in REGISTRIES
    }[kind]
    options = {option["name"] for option in catalogue(name)[kind][name]["options"]}
    assert explanations(described[name]).keys() <= options | {"type"}


def test_the_explanation_stands_below_its_option(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = entry("dropout").splitlines()
    place = lines.index("  rate: number >= 0 and < 1 = 0.5")
    assert lines[place + 1 :] == ["      The probability that a value is set to 0 in training."]


@pytest.mark.parametrize("name", sorted({name for _, name in EVERYTHING}))
def test_no_line_of_an_entry_is_wider_than_a_terminal(name):
    assert max(map(len, entry(name).splitlines())) <= 80


def test_the_block_of_options_is_no_part_of_the_documentation():
    facts = catalogue("dropout")["layer"]["dropout"]
    assert "Options:" not in facts["documentation"]
    assert facts["documentation"].endswith("Derivation: docs/layers/regularization.md.")


def test_the_schema_describes_every_option_in_the_same_words():
    schema = file_schema()
    for kind, names in catalogue(None).items():
        for name, facts in names.items():
            title = {"section": {"data": None, "early_stopping": "EarlyStopping"}.get(name, name.title())}.get(
                kind, name
            )
            if title is None:
                continue  # a part of every data set
            properties = next(
                each["properties"]
                for each in schema["$defs"].values()
                if each["title"] == title
                and {option["name"] for option in facts["options"]} <= each["properties"].keys()
            )
            for option in facts["options"]:
                assert properties[option["name"]]["description"] == option["explanation"], (kind, name, option)
    assert schema["$defs"]["random"]["properties"]["validation"]["description"].startswith("How many ")
    whole = schema["anyOf"][0]
    assert all(key["description"].endswith(".") for key in whole["properties"].values())


def test_an_explanation_may_take_several_lines_and_come_from_a_base_class():
    class Base:
        """Something.

        Options:
            first: One that is
                long.
            second: Another.
        """

    class Derived(Base):
        """Something else.

        With a second paragraph.

        Options:
            second: Mine.
        """

    assert explanations(Derived) == {"first": "One that is long.", "second": "Mine."}
    assert documentation(Derived) == "Something else.\n\nWith a second paragraph."
