"""Every mistake in a config is reported at its position, once, with the likeliest meaning."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import planting

from nnlab.config import load_config
from nnlab.errors import ConfigError

VALID = """\
name: valid
seed: 1
data: {type: random, shape: [28, 28, 1], classes: 10, validation: 20}
network:
  - {type: conv2d, filters: 16, kernel: 5, padding: 2}
  - relu
  - {type: maxpool2d, size: 2}
  - type: residual
    body:
      - {type: conv2d, filters: 16, kernel: 3, padding: 1}
      - relu
  - {type: dense, units: 10, init: {type: normal, std: 0.1}}
loss: {type: softmax_cross_entropy, reduction: mean}
optimizer: {type: sgd, learning_rate: 0.1, momentum: 0.9, nesterov: false}
schedule: {type: linear_warmup, duration: 10, then: {type: cosine, final: 0.1}}
training: {steps: 10, batch_size: 4, evaluate_every: 5}
"""


@pytest.fixture
def problems(tmp_path):
    def problems(text, *overrides):
        path = tmp_path / "c.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            load_config(path, overrides)
        except ConfigError as error:
            return error.problems
        return ()

    return problems


def changed(old, new):
    assert VALID.count(old) == 1, old
    line = VALID[: VALID.index(old)].count("\n") + 1
    return VALID.replace(old, new), line


# what to change, into what, the message, the hint; the line is that of the change
MISTAKES = [
    ("seed: 1", "seed: NO", "seed: expected a whole number, got the text 'NO'", ""),
    ("seed: 1", "seed: 010", "seed: expected a whole number, got the text '010'", "write 10"),
    ("seed: 1", "seed: 1.5", "seed: expected a whole number, got 1.5", ""),
    ("seed: 1", "seed: true", "seed: expected a whole number, got true", ""),
    ("seed: 1", "seed: -1", "seed: must be at least 0, got -1", ""),
    ("seed: 1", "sead: 1", "unknown key 'sead'", "did you mean seed?"),
    ("name: valid", "name: 5", "name: expected a text, got 5", "write '5', in quotes"),
    ("name: valid", f"name: {'x' * 101}", "name: must have at most 100 characters, got 101", ""),
    ("name: valid", "name: ''", "name: must not be empty", ""),
    ("type: random", "type: randon", "data: unknown data set 'randon'", "did you mean random?"),
    (
        "filters: 16, kernel: 5",
        "filtres: 16, kernel: 5",
        "unknown key 'filtres' in network[0]",
        "did you mean filters?",
    ),
    ("filters: 16, kernel: 5", "filters: 16, kernel: 5, zzz: 1", "unknown key 'zzz' in network[0]", "known: bias"),
    ("filters: 16, kernel: 5", "kernel: 5", "network[0]: missing 'filters'", ""),
    (
        "kernel: 5, padding: 2",
        "kernel: [5, 5, 5], padding: 2",
        "network[0].kernel: must have 2 entries, got 3",
        "",
    ),
    (
        "kernel: 5, padding: 2",
        "kernel: big, padding: 2",
        "network[0].kernel: expected a whole number, or a list of 2, got the text 'big'",
        "",
    ),
    (
        "kernel: 5, padding: 2",
        "kernel: 5, padding: smae",
        "network[0].padding: expected a whole number >= 0, or a list of 2, or same, got",
        "did you mean same?",
    ),
    ("kernel: 5, padding: 2", "kernel: 5, padding: -1", "network[0].padding: must be at least 0, got -1", ""),
    (
        "kernel: 5, padding: 2",
        "kernel: 50",
        "network[0].kernel: a 50x50 kernel does not fit the 28x28x1 input",
        "padding: 11 is the least that fits",
    ),
    (
        "kernel: 3, padding: 1",
        "kernel: 3",
        "network[3]: the body's shape 12x12x16 is not its input's 14x14x16",
        "projection:",
    ),
    (
        "kernel: 3, padding: 1",
        "kernel: 30",
        "network[3].body[0].kernel: a 30x30 kernel does not fit the 14x14x16 input",
        "padding: 8 is the least",
    ),
    (
        "{type: maxpool2d, size: 2}",
        "{type: maxpool2d, size: 0}",
        "network[2].size: must be greater than 0, got 0",
        "",
    ),
    (
        "{type: maxpool2d, size: 2}",
        "{type: maxpol2d, size: 2}",
        "network[2]: unknown layer 'maxpol2d'",
        "did you mean maxpool2d?",
    ),
    ("{type: maxpool2d, size: 2}", "maxpool2d", "network[2]: missing 'size'", ""),
    ("{type: maxpool2d, size: 2}", "{size: 2}", "network[2]: missing 'type'", "known: avgpool2d"),
    ("{type: maxpool2d, size: 2}", "7", "network[2]: expected a layer, got 7", ""),
    (
        "units: 10,",
        "units: 9,",
        "network[4]: the network ends in 9 values, but the data has 10 classes",
        "end the network in",
    ),
    ("std: 0.1", "std: .inf", "network[4].init.std: expected a finite number, got .inf", ""),
    ("std: 0.1", "std: 1:30", "network[4].init.std: expected a number, got the text '1:30'", ""),
    ("type: normal", "type: norml", "network[4].init: unknown initializer 'norml'", "did you mean normal?"),
    (
        "{type: normal, std: 0.1}",
        "{type: uniform, low: 2, high: 1}",
        "network[4].init.low: low (2.0) must not be above high (1.0)",
        "",
    ),
    ("reduction: mean", "reduction: avg", "loss.reduction: expected one of mean, sum, got the text 'avg'", ""),
    (
        "learning_rate: 0.1",
        "learning_rate: abc",
        "optimizer.learning_rate: expected a number, got the text 'abc'",
        "",
    ),
    ("learning_rate: 0.1", "learning_rate: 0", "optimizer.learning_rate: must be greater than 0", ""),
    ("learning_rate: 0.1", "learning_rate: null", "optimizer.learning_rate: expected a number, got nothing", ""),
    ("learning_rate: 0.1", "learning_rate: [1]", "optimizer.learning_rate: expected a number, got a list", ""),
    (
        "learning_rate: 0.1",
        "learning_rate: 1_0",
        "optimizer.learning_rate: expected a number, got the text '1_0'",
        "write 10",
    ),
    (
        "momentum: 0.9, nesterov: false",
        "nesterov: true",
        "optimizer.nesterov: nesterov needs momentum",
        "add momentum: 0.9",
    ),
    (
        "nesterov: false",
        "nesterov: no",
        "optimizer.nesterov: expected true or false, got the text 'no'",
        "write false",
    ),
    ("nesterov: false", "nesterov: false, momentum: 0.8", "duplicate key 'momentum'", "it stands in line"),
    (
        "then: {type: cosine, final: 0.1}",
        "then: {type: cosine, final: 2}",
        "schedule.then.final: must be at most 1, got 2",
        "",
    ),
    ("steps: 10, batch", "batch", "training: give steps or epochs", ""),
    ("steps: 10, batch", "steps: 10, epochs: 1, batch", "training: give steps or epochs, not both", ""),
    (
        "steps: 10, batch",
        "early_stopping: 5, steps: 10, batch",
        "training.early_stopping: expected a mapping, got 5",
        "",
    ),
    ("{steps: 10, batch_size: 4, evaluate_every: 5}", "5", "training: expected a mapping, got 5", ""),
    (
        ", validation: 20",
        "",
        "training.evaluate_every: there is no validation data to evaluate on",
        "data.validation: 1000",
    ),
]


@pytest.mark.parametrize(("old", "new", "message", "hint"), MISTAKES, ids=lambda value: str(value)[:40])
def test_a_mistake_is_reported_once_at_its_line(problems, old, new, message, hint):
    text, line = changed(old, new)
    found = problems(text)
    assert [problem.message.startswith(message) for problem in found] == [True], found
    [problem] = found
    if "no validation data" not in message and "the body's shape" not in message:
        assert problem.line == line
    assert problem.excerpt in text.splitlines()[problem.line - 1]
    assert hint in problem.hint
    assert not re.search(r"Input should|pydantic|dict|NoneType|\bint\b|\bstr\b", str(problem))


def test_the_valid_config_is_valid(problems):
    assert problems(VALID) == ()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(2, 6))
def test_several_mistakes_are_all_reported_in_one_go(tmp_path_factory, seed, count):
    chooser = random.Random(seed)  # noqa: S311 -- no secret
    used, chosen = set(), []
    for mistake in chooser.sample(MISTAKES, len(MISTAKES)):
        _, line = changed(mistake[0], mistake[1])
        shape_or_whole = any(
            word in mistake[2] for word in ("fit", "ends in", "the body", "no validation", "steps or")
        )
        if line not in used and not shape_or_whole and len(chosen) < count:
            used.add(line)
            chosen.append((mistake, line))
    text = VALID
    for (old, new, _, _), _ in chosen:
        text = text.replace(old, new)
    path = tmp_path_factory.mktemp("c") / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    found = {(problem.line, problem.message) for problem in caught.value.problems}
    for (_, _, message, _), line in chosen:
        assert any(at == line and told.startswith(message) for at, told in found), (message, found)
    assert {line for line, _ in found} == used


def test_shapes_are_checked_beyond_a_misspelt_option(problems):
    text = VALID.replace("filters: 16, kernel: 5", "filtres: 16, kernel: 5").replace(
        "kernel: 3, padding: 1", "kernel: 30"
    )
    assert [problem.line for problem in problems(text)] == [5, 10]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("network.0.filters=x", "network[0].filters: expected a whole number, got the text 'x'"),
        ("network.0.filtres=3", "unknown key 'filtres' in network[0]"),
        ("trainig.steps=5", "unknown key 'trainig'"),
        ("network.0.kernel=99", "network[0].kernel: a 99x99 kernel does not fit"),
        ("optimizer={type: adma}", "optimizer: unknown optimizer 'adma'"),
    ],
)
def test_a_mistake_in_an_override_names_the_override(problems, override, message):
    [problem] = problems(VALID, override)
    assert problem.source == f"override {override!r}"
    assert problem.message.startswith(message)
    assert problem.line == 0


def test_an_override_is_typed_like_the_field_it_hits(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(VALID)
    config = load_config(
        path, ["name=007", "optimizer.learning_rate=1", "network.0.padding=same", "loss.reduction=sum"]
    )
    assert config.name == "007"
    assert config.optimizer.learning_rate == 1.0
    assert config.network[0].padding == "same"
    assert config.loss.reduction == "sum"


def test_a_mistake_in_the_base_is_shown_in_the_base(tmp_path):
    (tmp_path / "base.yaml").write_text(VALID.replace("seed: 1", "seed: x"))
    path = tmp_path / "child.yaml"
    path.write_text("extends: base.yaml\ntraining: {batch_size: 0}\n")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert [(Path(p.source).name, p.line) for p in caught.value.problems] == [("base.yaml", 2), ("child.yaml", 2)]


def test_sections_take_their_defaults_types(problems, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(VALID.replace("{type: softmax_cross_entropy, reduction: mean}", "{label_smoothing: 0.1}"))
    assert load_config(path).loss.type == "softmax_cross_entropy"


def test_an_empty_config_says_how_to_begin(problems):
    [problem] = problems("")
    assert str(problem).endswith("c.yaml: the config is empty (nnlab init writes one to begin with)")


def test_long_lines_are_cut_around_the_mistake(problems):
    layers = ", ".join(["relu"] * 300)
    text = VALID.replace(
        "  - relu\n  - {type: max", f"  - {{type: residual, body: [{layers}, rleu]}}\n  - {{type: max"
    )
    [problem] = problems(text)
    lines = str(problem).splitlines()
    assert max(map(len, lines)) < 130
    assert lines[1][lines[2].index("^") :].startswith("rleu")


@pytest.mark.parametrize("key", ["ü" * 30, "a" * 1000, "\\x1b[31m", "[/red]"])
def test_messages_stay_printable(problems, key):
    found = problems(VALID + f'"{key}": 1\n')
    assert len(found) == 1
    assert all(line.isprintable() for line in str(found[0]).splitlines())


@pytest.mark.parametrize("path", planting.SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_configs_have_no_problems(path):
    load_config(path)
