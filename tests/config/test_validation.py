"""What a reader of configs finds: every mistake, at its position, in words a student understands, and no other."""

import re
from typing import Annotated, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field
from support import planting

from nnlab.config import Experiment, load_config, validation
from nnlab.config.config_document import read_document
from nnlab.config.nodes import meaning
from nnlab.config.schema import ConfigSection
from nnlab.data.section import DataSpec
from nnlab.errors import ConfigError, DataError
from nnlab.registry import (
    DATASETS,
    INITIALIZERS,
    LAYERS,
    LOSSES,
    NORMALIZATIONS,
    OPTIMIZERS,
    SCHEDULES,
    Spec,
)

BASE = """\
name: probe
seed: 0
data: {type: random, shape: [12, 12, 1], classes: 10, validation: 64, normalize: mean}
network:
  - {type: conv2d, filters: 16, kernel: 5, padding: 2}
  - relu
  - {type: maxpool2d, size: 2}
  - type: residual
    body:
      - {type: conv2d, filters: 16, kernel: 3, padding: 1}
      - batchnorm
  - {type: dense, units: 10, init: he_normal}
loss: softmax_cross_entropy
optimizer: {type: sgd, learning_rate: 0.1, momentum: 0.9}
schedule: {type: step, every: 5}
training: {steps: 10, batch_size: 16, evaluate_every: 5}
"""

SOURCES = planting.sources()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("configs")


@pytest.fixture
def problems(folder):
    """Return what is wrong with a config."""

    def problems(text, *overrides):
        path = folder / "c.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            load_config(path, overrides)
        except ConfigError as error:
            return error.problems
        except DataError:
            pass  # the config is valid; the data that it names are not there
        return ()

    return problems


def changed(old, new):
    assert BASE.count(old) == 1, old
    return BASE.replace(old, new)


@pytest.fixture
def told(problems):
    """Return the one problem that a change of the base config makes: line, marked text, message and hint."""

    def told(old, new, *overrides):
        (problem,) = problems(changed(old, new), *overrides)
        marked = problem.excerpt[problem.column - 1 :][: problem.length]
        return problem.line, marked, problem.message, problem.hint

    return told


def test_the_base_is_valid(problems):
    assert not problems(BASE)


@pytest.mark.parametrize(
    ("old", "new", "marked", "message", "hint"),
    [
        (
            "type: maxpool2d",
            "type: maxpol2d",
            "maxpol2d",
            "network[2]: unknown layer 'maxpol2d'",
            "did you mean maxpool2d?",
        ),
        ("- relu", "- ReLU6", "ReLU6", "network[1]: unknown layer 'ReLU6'", "did you mean relu?"),
        ("- relu", "- 5", "5", "network[1]: expected a layer, got 5", "known: avgpool2d, "),
        ("- relu", "- {type: [a, b]}", "[", "network[1]: expected a layer, got a list", "known: avgpool2d, "),
        ("- relu", "- {type: null}", "null", "network[1]: expected a layer, got nothing", "known: avgpool2d, "),
        ("- relu", "- {relu: 1}", "{", "network[1]: missing 'type'", "did you mean {type: relu}?"),
        (
            "- relu",
            "- {leaky_relu: {slope: 1}}",
            "{",
            "network[1]: missing 'type'",
            "did you mean {type: leaky_relu, ...}?",
        ),
        ("- relu", "- {tpye: relu}", "tpye", "unknown key 'tpye' in network[1]", "did you mean type?"),
        ("- relu", "- {type: relu, relu: 4}", "relu", "unknown key 'relu' in network[1]", "known: type"),
        ("- relu", "- batchnorm: ", "b", "network[1]: missing 'type'", "did you mean {type: batchnorm}?"),
        ("units: 10, ", "", "dense", "network[4]: missing 'units'", "units: whole number > 0"),
        (
            "kernel: 3, ",
            "",
            "conv2d",
            "network[3].body[0]: missing 'kernel'",
            "kernel: whole number > 0, or a list of 2",
        ),
        ("units: 10, ", "untis: 10, ", "untis", "unknown key 'untis' in network[4]", "did you mean units?"),
        ("units: 10, ", "neurons: 10, ", "neurons", "unknown key 'neurons' in network[4]", "did you mean units?"),
        ("learning_rate: 0.1", "lr: 0.1", "lr", "unknown key 'lr' in optimizer", "did you mean learning_rate?"),
        ("network:", "layers:", "layers", "unknown key 'layers'", "did you mean network?"),
        (
            "type: step, every: 5",
            "type: step, step: 5",
            "step",
            "unknown key 'step' in schedule",
            "did you mean every?",
        ),
        (
            "init: he_normal",
            "init: {type: normal}",
            "normal",
            "network[4].init: missing 'std'",
            "std: number >= 0",
        ),
        (
            "init: he_normal",
            "init: null",
            "null",
            "network[4].init: expected an initializer, got nothing",
            "known: constant,",
        ),
        (
            "init: he_normal",
            "init: {type: uniform, low: 2, high: 1}",
            "2",
            "network[4].init.low: low (2.0) must not be above high (1.0)",
            "",
        ),
        (
            "init: he_normal",
            "init: {type: values, values: [1, 2]}",
            "[",
            "network[4].init.values: values have the shape (2,)",
            "",
        ),
        (
            "init: he_normal",
            "init: zeros, bias_init: {type: values, values: [a]}",
            "[",
            "network[4].bias_init.values: values are not",
            "",
        ),
        (
            "loss: softmax_cross_entropy",
            "loss: {tpye: mean_squared_error, reduction: sum}",
            "tpye",
            "unknown key 'tpye' in loss",
            "did you mean type?",
        ),
        (
            "loss: softmax_cross_entropy",
            "loss: Cross_Entropie",
            "Cross_Entropie",
            "loss: unknown loss 'Cross_Entropie'",
            "did you mean cross_entropy?",
        ),
        (
            "normalize: mean",
            "normalize: {divide: 2}",
            "divide",
            "unknown key 'divide' in data.normalize",
            "known: type",
        ),
        ("type: sgd", "type: SGDM", "SGDM", "optimizer: unknown optimizer 'SGDM'", "did you mean sgd?"),
        ("type: sgd, ", "", "optimizer", "optimizer: missing 'type'", "known: adam, adamw, sgd"),
        ("type: random", "type: imagenet", "imagenet", "data: unknown data set 'imagenet'", "known: "),
        ("shape: [12, 12, 1], ", "", "random", "data: missing 'shape'", "shape: list of whole numbers > 0"),
        (
            "training: {",
            "training: {early_stopping: {}, ",
            "early_stopping",
            "training.early_stopping: missing 'patience'",
            "patience: whole number > 0",
        ),
        (
            "optimizer: {type: sgd, learning_rate: 0.1, momentum: 0.9}\n",
            "",
            "n",
            "missing 'optimizer'",
            "one of adam, adamw, sgd",
        ),
    ],
)
def test_names_and_keys(told, old, new, marked, message, hint):  # noqa: PLR0917
    line, text, said, meant = told(old, new)
    assert text == marked
    assert said.startswith(message)
    assert meant.startswith(hint)
    assert hint or not meant
    assert line == (1 if marked == "n" else 1 + changed(old, new).splitlines().index(next_line(old, new)))


def next_line(old, new):
    """Return the line that the change stands in."""
    return next(a for a, b in zip(changed(old, new).splitlines(), BASE.splitlines(), strict=False) if a != b)


@pytest.mark.parametrize(
    ("old", "value", "message", "hint"),
    [
        ("learning_rate: 0.1", "NO", "expected a number, got the text 'NO'", ""),
        ("learning_rate: 0.1", "010", "expected a number, got the text '010'", "write 10"),
        ("learning_rate: 0.1", "1_000", "expected a number, got the text '1_000'", "write 1000"),
        ("learning_rate: 0.1", "0x1F", "expected a number, got the text '0x1F'", "write 31"),
        ("learning_rate: 0.1", "'1e-3'", "expected a number, got the text '1e-3'", "write 1e-3, without quotes"),
        ("learning_rate: 0.1", "1:30", "expected a number, got the text '1:30'", ""),
        ("learning_rate: 0.1", "1e-3x", "expected a number, got the text '1e-3x'", ""),
        ("learning_rate: 0.1", "2026-11-21", "expected a number, got the text '2026-11-21'", ""),
        ("learning_rate: 0.1", "true", "expected a number, got true", ""),
        ("learning_rate: 0.1", "null", "expected a number, got nothing", ""),
        ("learning_rate: 0.1", "[0.1]", "expected a number, got a list", ""),
        ("learning_rate: 0.1", "{a: 1}", "expected a number, got a mapping", ""),
        ("learning_rate: 0.1", ".inf", "expected a finite number, got .inf", ""),
        ("learning_rate: 0.1", ".nan", "expected a finite number, got .nan", ""),
        ("learning_rate: 0.1", "-1e-3", "must be greater than 0, got -1e-3", ""),
        ("momentum: 0.9", "1", "must be less than 1, got 1", ""),
        ("steps: 10", "1.5", "expected a whole number, got 1.5", ""),
        ("steps: 10", "10.0", "expected a whole number, got 10.0", "write 10"),
        ("steps: 10", "1e30", "expected a whole number, got 1e30", ""),
        (
            "steps: 10",
            "9" * 23,
            f"expected a whole number, got the text '{'9' * 23}'",
            "a whole number has at most 19 digits",
        ),
        ("steps: 10", "0", "must be greater than 0, got 0", ""),
        ("seed: 0", "-1", "must be at least 0, got -1", ""),
        ("name: probe", "7", "expected a text, got 7", "write '7', in quotes"),
        ("name: probe", "null", "expected a text, got nothing", ""),
        ("name: probe", "''", "must not be empty", ""),
        ("name: probe", "x" * 150, "must have at most 100 characters, got 150", ""),
        ("kernel: 5", "five", "expected a whole number, or a list of 2, got the text 'five'", ""),
        ("kernel: 5", "5.0", "expected a whole number, or a list of 2, got 5.0", "write 5"),
        ("kernel: 5", "[5]", "must have 2 entries, got 1", ""),
        ("kernel: 5", "[5, 5, 5]", "must have 2 entries, got 3", ""),
        ("kernel: 5", "0", "must be greater than 0, got 0", ""),
        (
            "padding: 2",
            "smae",
            "expected a whole number >= 0, or a list of 2, or same, got the text 'smae'",
            "did you mean same?",
        ),
        (
            "padding: 2",
            "'2'",
            "expected a whole number >= 0, or a list of 2, or same, got the text '2'",
            "write 2, without quotes",
        ),
        ("padding: 2", "true", "expected a whole number >= 0, or a list of 2, or same, got true", ""),
        ("padding: 2", "-1", "must be at least 0, got -1", ""),
        ("padding: 2", "[1]", "must have 2 entries, got 1", ""),
        ("padding: 2", "[1, 2, 3]", "must have 2 entries, got 3", ""),
        ("padding: 2", "[]", "must not be empty", ""),
        ("shape: [12, 12, 1]", "12", "expected a list, got 12", "write [12]"),
        ("shape: [12, 12, 1]", "{a: 1}", "expected a list, got a mapping", "begin each entry with a dash"),
        ("shape: [12, 12, 1]", "[]", "must not be empty", ""),
        ("momentum: 0.9", "0.9, nesterov: on", "expected true or false, got the text 'on'", "write true"),
        (
            "momentum: 0.9",
            "0.9, decay: weigths",
            "expected one of all, weights, got the text 'weigths'",
            "did you mean weights?",
        ),
        ("momentum: 0.9", "0.9, decay: [all]", "expected one of all, weights, got a list", ""),
        ("learning_rate: 0.1", "0.1, dampening: 2", "must be at most 1, got 2", ""),
    ],
)
def test_values(told, old, value, message, hint):
    line, _, said, meant = told(old, f"{old.partition(':')[0]}: {value}")
    assert said.partition(": ")[2] == message
    assert meant == hint
    assert BASE.splitlines()[line - 1].find(old) >= 0


@pytest.mark.parametrize(
    ("line", "old", "new", "path", "message"),
    [
        (5, "padding: 2", "padding: [1, -1]", "network[0].padding[1]", "must be at least 0, got -1"),
        (5, "kernel: 5", "kernel: [5, x]", "network[0].kernel[1]", "expected a whole number, got the text 'x'"),
        (
            14,
            "type: sgd, learning_rate: 0.1, momentum: 0.9",
            "type: adam, betas: [0.9, 1.5]",
            "optimizer.betas[1]",
            "must be less",
        ),
        (
            14,
            "type: sgd, learning_rate: 0.1, momentum: 0.9",
            "type: adam, betas: 0.9",
            "optimizer.betas",
            "expected a list of 2, got 0.9",
        ),
        (3, "shape: [12, 12, 1]", "shape: [12, 0, 1]", "data.shape[1]", "must be greater than 0"),
        (
            15,
            "type: step, every: 5",
            "type: linear_warmup, duration: 5, then: {type: cosine, final: 2}",
            "schedule.then.final",
            "must be at most 1",
        ),
        (
            16,
            "training: {steps: 10, batch_size: 16, evaluate_every: 5}",
            "training: 5",
            "training",
            "expected a mapping, got 5",
        ),
        (
            5,
            "kernel: 5",
            "kernel: 40",
            "network[0].kernel",
            "a 40x40 kernel does not fit the 12x12x1 input with padding 2",
        ),
        (
            10,
            "kernel: 3",
            "kernel: 30",
            "network[3].body[0].kernel",
            "a 30x30 kernel does not fit the 6x6x16 input",
        ),
        (
            8,
            "filters: 16, kernel: 3",
            "filters: 8, kernel: 3",
            "network[3]",
            "the body's shape 6x6x8 is not its input's 6x6x16",
        ),
        (12, "units: 10", "units: 11", "network[4]", "the network ends in 11 values, but the data has 10 classes"),
        (
            12,
            "units: 10, init: he_normal}",
            "units: 11}\n  - relu\n  - {type: dropout, rate: 0.5}",
            "network[4]",
            "the network ends in 11 values",
        ),
        (14, "momentum: 0.9", "nesterov: true", "optimizer.nesterov", "nesterov needs momentum"),
        (16, "validation: 64, ", "", "training.evaluate_every", "there is no validation data to evaluate on"),
        (16, "steps: 10, ", "", "training", "give steps or epochs"),
        (16, "steps: 10, ", "steps: null, ", "training", "give steps or epochs"),
        (16, "steps: 10, ", "steps: 10, epochs: 5, ", "training", "give steps or epochs, not both"),
        (12, "units: 10", "units: 999999999999999999", "network[4]", "its arrays are too large"),
        (
            3,
            "type: random, shape: [12, 12, 1], classes: 10",
            "type: inline, inputs: [[1, 2], [1]], labels: [0]",
            "data.inputs",
            "the inputs do not all",
        ),
    ],
)
def test_what_lies_inside_or_between(told, line, old, new, path, message):  # noqa: PLR0917
    found, _, said, _ = told(old, new)
    assert said.startswith(f"{path}: {message}")
    assert found == line


def test_networks_that_are_none(problems):
    head, tail = BASE[: BASE.index("network:")], BASE[BASE.index("loss:") :]
    for value, message in [
        ("relu", "network: expected a list, got the text 'relu'"),
        ("[]", "network: must not be empty"),
        ("{type: relu}", "network: expected a list, got a mapping"),
    ]:
        assert [(p.line, p.message) for p in problems(f"{head}network: {value}\n{tail}")] == [(4, message)]


def test_the_likeliest_meaning_reaches_what_lies_behind(problems):
    """A misspelt type or key does not hide what is wrong in or after the entry."""
    text = BASE.replace("type: conv2d, filters: 16, kernel: 5", "tpye: covn2d, filtres: 16, kernel: [5, x]")
    text = text.replace("type: maxpool2d, size: 2", "type: maxpol2d, size: 2").replace("kernel: 3", "kernel: 33")
    text = text.replace("kernel: [5, x]", "kernel: 5, pading: 2").replace(", padding: 2}", "}")
    found = [(p.line, p.message) for p in problems(text)]
    assert found == [
        (5, "unknown key 'tpye' in network[0]"),
        (5, "network[0]: unknown layer 'covn2d'"),
        (5, "unknown key 'filtres' in network[0]"),
        (5, "unknown key 'pading' in network[0]"),
        (7, "network[2]: unknown layer 'maxpol2d'"),
        (10, "network[3].body[0].kernel: a 33x33 kernel does not fit the 6x6x16 input with padding 1"),
    ]


def test_five_mistakes_are_told_in_one_go(problems):
    text = BASE.replace("filters: 16, kernel: 5", "filtres: 16, kernel: 5").replace("- relu", "- rleu")
    text = text.replace("kernel: 3", "kernel: 33").replace("0.1, momentum", "fast, momentum")
    text = text.replace("batch_size: 16", "batch_size: 16, steps: 20")
    assert (
        "\n".join(map(str, problems(text))).replace(problems(text)[0].source, "c.yaml")
        == """\
c.yaml:5:20: unknown key 'filtres' in network[0]
      5 |   - {type: conv2d, filtres: 16, kernel: 5, padding: 2}
        |                    ^^^^^^^ did you mean filters?
c.yaml:6:5: network[1]: unknown layer 'rleu'
      6 |   - rleu
        |     ^^^^ did you mean relu?
c.yaml:10:45: network[3].body[0].kernel: a 33x33 kernel does not fit the 6x6x16 input with padding 1
     10 |       - {type: conv2d, filters: 16, kernel: 33, padding: 1}
        |                                             ^^ padding: 14 is the least that fits
c.yaml:14:39: optimizer.learning_rate: expected a number, got the text 'fast'
     14 | optimizer: {type: sgd, learning_rate: fast, momentum: 0.9}
        |                                       ^^^^
c.yaml:16:39: duplicate key 'steps'
     16 | training: {steps: 10, batch_size: 16, steps: 20, evaluate_every: 5}
        |                                       ^^^^^ it stands in line 16 already"""
    )


@pytest.mark.parametrize(
    "text",
    [
        changed("momentum: 0.9", "momentum: 1.5, nesterov: true"),
        changed("padding: 2", "padding: smae")
        .replace("units: 10", "units: 10, init: zeros")
        .replace("init: he_normal", ""),
        changed("classes: 10", "classes: ten"),
        changed("validation: 64", "validation: many"),
        changed("loss: softmax_cross_entropy", "loss: hinge").replace("units: 10", "units: 11"),
        changed("steps: 10", "steps: many"),
        changed("body:\n", "projection: {type: conv2d, filters: x, kernel: 1}\n    body:\n").replace(
            "filters: 16, kernel: 3", "filters: 8, kernel: 3"
        ),
        changed("filters: 16, kernel: 3", "filters: 16, kernel: x"),
        changed("padding: 1", "stride: {a: 1}, padding: 1"),
    ],
)
def test_nothing_is_judged_by_what_was_left_out(problems, text):
    assert len(problems(text)) == 1


def test_shapes_are_followed_past_what_does_not_change_them(problems):
    text = BASE.replace("- relu", "- {type: dropout, rate: 1}").replace(
        "kernel: 5", "init: {type: normal, std: x}, kernel: 5"
    )
    text = (
        text.replace("kernel: 3", "kernel: 33")
        .replace("units: 10", "units: 11")
        .replace("validation: 64", "validation: -1")
    )
    assert [p.line for p in problems(text)] == [3, 5, 6, 10, 12]


def test_data_sets_of_one_shape_are_known_by_their_name(problems):
    text = re.sub("data: .*", "data: {type: glyphs, train: many, validation: 9}", BASE).replace(
        "units: 10", "units: 11"
    )
    assert [p.line for p in problems(text)] == [3, 12]


def test_a_base_is_told_by_its_own_file_and_line(folder, problems):
    (folder / "base.yaml").write_text(changed("kernel: 3", "kernel: 33").replace("steps: 10", "stepps: 10"))
    found = problems("extends: base.yaml\nloss: hinge\ntraining: {epochs: 3}\n")
    assert [(p.source.rpartition("/")[2], p.line) for p in found] == [
        ("base.yaml", 10),
        ("base.yaml", 16),
        ("c.yaml", 2),
        ("c.yaml", 3),
    ]
    assert found[-1].message.startswith("training: give steps or epochs, not both")


def test_an_unknown_key_is_not_taken_for_what_it_does_not_look_like(problems):
    for value in ("{a: 1}", "{}", "5", "[1]"):
        text = BASE[: BASE.index("training:")] + f"zzz: {value}\n"
        assert [(p.line, p.message) for p in problems(text)] == [
            (1, "missing 'training'"),
            (16, "unknown key 'zzz'"),
        ]


def test_an_override_is_told_by_itself(problems):
    overrides = (
        "network.0.padding=smae",
        "optimizer.learnin_rate=3",
        "training.steps=abc",
        "network.3.body.0.kernel=50",
        "padding=3",
        "seed=010",
        "network.4.init.gain=two",
    )
    found = problems(BASE, *overrides)
    assert {(p.source, p.line) for p in found} == {
        (f"override '{override}'", 0) for override in overrides[:1] + overrides[1:3] + overrides[4:]
    }
    assert str(problems(BASE, "network.3.body.0.kernel=50")[0]) == (
        "override 'network.3.body.0.kernel=50': network[3].body[0].kernel: "
        "a 50x50 kernel does not fit the 6x6x16 input with padding 1 (padding: 22 is the least that fits)"
    )
    assert [p.source for p in problems(BASE, "training.epochs=5")] == ["override 'training.epochs=5'"]


def test_an_override_is_typed_like_the_field_it_hits(folder):
    path = folder / "c.yaml"
    path.write_text(BASE)
    overrides = [
        "name=007",
        "optimizer.learning_rate=1",
        "data.root=5",
        "data.normalize=none",
        "training.steps=1e3",
    ]
    config = load_config(path, overrides)
    assert config.name == "007"
    assert isinstance(config.optimizer.learning_rate, float)
    assert (config.data.root, config.data.normalize.type, config.training.steps) == ("5", "none", 1000)
    inline = "data={type: inline, inputs: [[[[1]]]], labels: [1], class_names: [1, 2], validation: 1}"
    changes = [inline, "network=[{type: dense, units: 2}]", "training={steps: 1}"]
    assert load_config(path, changes).data.class_names == ("1", "2")


@pytest.mark.parametrize(
    "text",
    [
        changed("seed: 0", "? " + "k" * 1000 + "\n: 1"),
        changed("seed: 0", "größe: 0"),
        changed("seed: 0", '"a\\e[31m\\u202e\\nb": 0'),
        changed("- relu", "- " + "r" * 1000),
        changed("- relu", '- "\\e[31m\\u202e\\n"'),
        changed("units: 10", f"units: [{'1, ' * 1000}]"),
        changed("units: 10", "units: " + "x" * 1000),
        changed("units: 10", "units: " + "9" * 1000),
        changed("momentum: 0.9", "decay: " + "w" * 1000),
        changed("loss: softmax_cross_entropy", "loss: {reduction: " + "x" * 1000 + "}"),
        changed("name: probe", "name: [" + "{a: 1}, " * 1000 + "]"),
        changed("- relu", "- " + "{type: residual, body: [" * 30 + "rleu" + "]}" * 30),
        BASE + "".join(f"key{i}: {i}\n" for i in range(300)),
        BASE.replace("  - relu\n", "  - rleu\n" * 3000),
        changed("type: random, shape: [12, 12, 1]", f"type: inline, inputs: [[1]], labels: [{'a, ' * 2000}]"),
    ],
)
def test_messages_are_short_and_printable(problems, text):
    found = problems(text)
    assert len(found) <= 51
    for problem in found:
        assert problem.message.isprintable()
        assert problem.excerpt.isprintable()
        assert len(problem.message) < 500
        assert len(problem.hint) < 200
        assert max(map(len, str(problem).splitlines())) < 500


JARGON = r"Input|should|pydantic|[Uu]nion|tuple|dict|None|Literal|function|Error|instance|str\\b|int\\b|object"

NASTY = (
    *("5", "-5", "0", "1.5", "-1.5", ".nan", ".inf", "true", "null", "''", "text", "NO", "010", "'1'"),
    *("[]", "{}", "[1]", "[a, b, c]", "[-1, -1]", "[{}]", "[null]", "[[1, a], 2]"),
    *("{type: 5}", "{type: relu}", "{type: zeros, zeros: 1}", "{a: {b: c}}"),
)


def every_option():
    """Return, for everything registered, a config that uses it and each key it takes."""
    frames = {
        LAYERS: "network: [{entry}]",
        INITIALIZERS: "network: [{{type: dense, units: 10, init: {entry}}}]",
        LOSSES: "loss: {entry}",
        OPTIMIZERS: "optimizer: {entry}",
        SCHEDULES: "schedule: {entry}",
        DATASETS: "data: {entry}",
        NORMALIZATIONS: "data: {{type: mnist, normalize: {entry}}}",
    }
    for registry, frame in frames.items():
        for name in registry.names():
            fields = registry.spec(name, DataSpec if registry is DATASETS else Spec).model_fields
            for key in fields:
                yield frame, name, key
    for key in Experiment.model_fields:
        yield "{key}: {value}", "", key
    for key in Experiment.model_fields["training"].annotation.model_fields:
        yield "training: {entry}", "", key


@pytest.mark.parametrize(("frame", "name", "key"), list(every_option()))
def test_no_value_of_any_option_brings_jargon(problems, frame, name, key):
    """Whatever stands where an option does, what is told is in the words of the config."""
    for value in NASTY:
        entry = f"{{{f'type: {name}, ' if name else ''}{key}: {value}}}"
        text = frame.format(entry=entry, key=key, value=value) + "\n"
        for problem in problems(text):
            said = f"{problem.message} {problem.hint}"
            assert not re.search(JARGON, said), said
            assert problem.message[0].islower() or problem.message[0] == "'"
            assert not problem.message.endswith(".")


def test_rules_that_no_option_has_yet_are_told_too(folder):
    class Odd(ConfigSection):
        even: Annotated[int, Field(multiple_of=2)]
        code: Annotated[str, Field(pattern="^[a-z]+$")] = "a"
        mode: Literal["slow", "fast"] | bool = "slow"
        grades: tuple[Annotated[float, Field(le=6)], ...] = ()

    path = folder / "odd.yaml"
    path.write_text("even: 3\ncode: 'A'\nmode: fsat\ngrades: [1, 7, a]\nname: x\n")
    assert [(p.line, p.message, p.hint) for p in validation.validate(read_document(path), Odd).problems] == [
        (5, "unknown key 'name'", "known: code, even, grades, mode"),
        (1, "even: must be a multiple of 2, got 3", ""),
        (2, "code: must match pattern '^[a-z]+$', got the text 'A'", ""),
        (4, "grades[1]: must be at most 6, got 7", ""),
        (4, "grades[2]: expected a number, got the text 'a'", ""),
        (3, "mode: expected one of slow, fast, or true or false, got the text 'fsat'", "did you mean fast?"),
    ]


def plant_and_read(draw, problems, kinds):
    config = planting.thawed(SOURCES[draw(st.sampled_from(sorted(SOURCES)))])
    planting.plant(draw, config, kinds)
    text, marked = planting.written(config)
    return [(problem.line, problem.column) for problem in problems(text)], sorted(marked), text


SLOWLY = [HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow]


@pytest.mark.parametrize("name", SOURCES)
def test_what_mistakes_are_planted_in_is_valid(problems, name):
    text, marked = planting.written(planting.thawed(SOURCES[name]))
    assert not marked
    assert not problems(text)


@pytest.mark.parametrize(
    "kind", [*planting.LIKE, *planting.UNLIKE, planting.misfit], ids=lambda kind: kind.__name__
)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=SLOWLY)
def test_a_mistake_is_told_at_its_place_and_nothing_else(problems, kind, data):
    found, planted, text = plant_and_read(data.draw, problems, [kind])
    assert found == planted, text


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=SLOWLY)
def test_of_many_mistakes_each_is_told(problems, data):
    many = st.lists(st.sampled_from([*planting.LIKE, *planting.UNLIKE]), min_size=2, max_size=8, unique=True)
    misfit = st.lists(st.sampled_from([*planting.LIKE, planting.misfit]), min_size=2, max_size=6, unique=True)
    found, planted, text = plant_and_read(data.draw, problems, data.draw(many | misfit))
    assert found == planted, text


def test_the_plants_notice_a_reader_that_guesses_no_meaning(problems, monkeypatch):
    monkeypatch.setattr(validation, "mended", lambda document, mistakes: (document, []))

    @given(data=st.data())
    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=SLOWLY)
    def check(data):
        found, planted, _ = plant_and_read(data.draw, problems, [planting.misspelt_key])
        assert found == planted

    with pytest.raises((AssertionError, BaseExceptionGroup)):
        check()


def test_what_is_planted_as_wrong_is_not_what_is_wanted():
    for wanted, texts in planting.WRONG.items():
        for text in texts:
            if text[0] not in "[{'":
                assert type(meaning(text)) is not wanted or text in {".nan", "-.inf"}
