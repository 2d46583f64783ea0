"""The wording of every message about a config, each at its line, with the marked text and the likely fix."""

import random
import re
from typing import Annotated, Literal, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field
from support import planting
from support.faulty_configs import BASE, changed

from nnlab.config import load_config, validation
from nnlab.config.config_document import read_document
from nnlab.config.schema import ConfigSection
from nnlab.errors import ConfigError


class Mistake(NamedTuple):
    """A change of the base config, and the one problem that it causes; ``hint`` may be a beginning."""

    old: str
    new: str
    line: int
    marked: str
    message: str
    hint: str


MISTAKES = [
    Mistake(
        "type: maxpool2d",
        "type: maxpol2d",
        7,
        "maxpol2d",
        "network[2]: unknown layer 'maxpol2d'",
        "did you mean maxpool2d?",
    ),
    Mistake("- relu", "- ReLU6", 6, "ReLU6", "network[1]: unknown layer 'ReLU6'", "did you mean relu?"),
    Mistake("- relu", "- 5", 6, "5", "network[1]: expected a layer, got 5", "known: avgpool2d,"),
    Mistake("- relu", "- {type: [a, b]}", 6, "[", "network[1]: expected a layer, got a list", "known: avgpool2d,"),
    Mistake(
        "- relu", "- {type: null}", 6, "null", "network[1]: expected a layer, got nothing", "known: avgpool2d,"
    ),
    Mistake("- relu", "- {relu: 1}", 6, "{", "network[1]: missing 'type'", "did you mean {type: relu}?"),
    Mistake(
        "- relu",
        "- {leaky_relu: {slope: 1}}",
        6,
        "{",
        "network[1]: missing 'type'",
        "did you mean {type: leaky_relu, ...}?",
    ),
    Mistake("- relu", "- {tpye: relu}", 6, "tpye", "unknown key 'tpye' in network[1]", "did you mean type?"),
    Mistake("- relu", "- {type: relu, relu: 4}", 6, "relu", "unknown key 'relu' in network[1]", "known: type"),
    Mistake("- relu", "- batchnorm: ", 6, "b", "network[1]: missing 'type'", "did you mean {type: batchnorm}?"),
    Mistake("units: 10, ", "", 12, "dense", "network[4]: missing 'units'", "units: whole number > 0"),
    Mistake(
        "kernel: 3, ",
        "",
        10,
        "conv2d",
        "network[3].body[0]: missing 'kernel'",
        "kernel: whole number > 0, or a list of 2",
    ),
    Mistake("units: 10, ", "untis: 10, ", 12, "untis", "unknown key 'untis' in network[4]", "did you mean units?"),
    Mistake(
        "units: 10, ", "neurons: 10, ", 12, "neurons", "unknown key 'neurons' in network[4]", "did you mean units?"
    ),
    Mistake(
        "learning_rate: 0.1", "lr: 0.1", 14, "lr", "unknown key 'lr' in optimizer", "did you mean learning_rate?"
    ),
    Mistake("network:", "layers:", 4, "layers", "unknown key 'layers'", "did you mean network?"),
    Mistake(
        "type: step, every: 5",
        "type: step, step: 5",
        15,
        "step",
        "unknown key 'step' in schedule",
        "did you mean every?",
    ),
    Mistake(
        "init: he_normal",
        "init: {type: normal}",
        12,
        "normal",
        "network[4].init: missing 'std'",
        "std: number >= 0",
    ),
    Mistake(
        "init: he_normal",
        "init: null",
        12,
        "null",
        "network[4].init: expected an initializer, got nothing",
        "known: constant,",
    ),
    Mistake(
        "init: he_normal",
        "init: {type: uniform, low: 2, high: 1}",
        12,
        "2",
        "network[4].init.low: low (2.0) must not be above high (1.0)",
        "",
    ),
    Mistake(
        "init: he_normal",
        "init: {type: values, values: [1, 2]}",
        12,
        "[",
        "network[4].init.values: values have the shape (2,), the parameter (576, 10)",
        "",
    ),
    Mistake(
        "init: he_normal",
        "init: zeros, bias_init: {type: values, values: [a]}",
        12,
        "[",
        "network[4].bias_init.values: values are not an array of numbers: could not convert string to float: 'a'",
        "",
    ),
    Mistake(
        "loss: softmax_cross_entropy",
        "loss: {tpye: mean_squared_error, reduction: sum}",
        13,
        "tpye",
        "unknown key 'tpye' in loss",
        "did you mean type?",
    ),
    Mistake(
        "loss: softmax_cross_entropy",
        "loss: Cross_Entropie",
        13,
        "Cross_Entropie",
        "loss: unknown loss 'Cross_Entropie'",
        "did you mean cross_entropy?",
    ),
    Mistake(
        "normalize: mean",
        "normalize: {divide: 2}",
        3,
        "divide",
        "unknown key 'divide' in data.normalize",
        "known: type",
    ),
    Mistake("type: sgd", "type: SGDM", 14, "SGDM", "optimizer: unknown optimizer 'SGDM'", "did you mean sgd?"),
    Mistake(
        "type: sgd, ",
        "",
        14,
        "optimizer",
        "optimizer: missing 'type'",
        "known: adagrad, adam, adamw, rmsprop, sgd",
    ),
    Mistake("type: random", "type: coco", 3, "coco", "data: unknown data set 'coco'", "known: arrays,"),
    Mistake("shape: [12, 12, 1], ", "", 3, "random", "data: missing 'shape'", "shape: list of whole numbers > 0"),
    Mistake(
        "training: {",
        "training: {early_stopping: {}, ",
        16,
        "early_stopping",
        "training.early_stopping: missing 'patience'",
        "patience: whole number > 0",
    ),
    Mistake(
        "optimizer: {type: sgd, learning_rate: 0.1, momentum: 0.9}\n",
        "",
        1,
        "n",
        "missing 'optimizer'",
        "one of adagrad, adam, adamw, rmsprop, sgd",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: NO",
        14,
        "NO",
        "optimizer.learning_rate: expected a number, got the text 'NO'",
        "",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: 010",
        14,
        "010",
        "optimizer.learning_rate: expected a number, got the text '010'",
        "write 10",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: 1_000",
        14,
        "1_000",
        "optimizer.learning_rate: expected a number, got the text '1_000'",
        "write 1000",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: 0x1F",
        14,
        "0x1F",
        "optimizer.learning_rate: expected a number, got the text '0x1F'",
        "write 31",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: '1e-3'",
        14,
        "'1e-",
        "optimizer.learning_rate: expected a number, got the text '1e-3'",
        "write 1e-3, without quotes",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: 1:30",
        14,
        "1:30",
        "optimizer.learning_rate: expected a number, got the text '1:30'",
        "",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: 1e-3x",
        14,
        "1e-3x",
        "optimizer.learning_rate: expected a number, got the text '1e-3x'",
        "",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: 2026-11-21",
        14,
        "2026-11-21",
        "optimizer.learning_rate: expected a number, got the text '2026-11-21'",
        "",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: true",
        14,
        "true",
        "optimizer.learning_rate: expected a number, got true",
        "",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: null",
        14,
        "null",
        "optimizer.learning_rate: expected a number, got nothing",
        "",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: [0.1]",
        14,
        "[",
        "optimizer.learning_rate: expected a number, got a list",
        "",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: {a: 1}",
        14,
        "{",
        "optimizer.learning_rate: expected a number, got a mapping",
        "",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: .inf",
        14,
        ".inf",
        "optimizer.learning_rate: expected a finite number, got .inf",
        "",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: .nan",
        14,
        ".nan",
        "optimizer.learning_rate: expected a finite number, got .nan",
        "",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: -1e-3",
        14,
        "-1e-3",
        "optimizer.learning_rate: must be greater than 0, got -1e-3",
        "",
    ),
    Mistake("momentum: 0.9", "momentum: 1", 14, "1", "optimizer.momentum: must be less than 1, got 1", ""),
    Mistake("steps: 10", "steps: 1.5", 16, "1.5", "training.steps: expected a whole number, got 1.5", ""),
    Mistake(
        "steps: 10", "steps: 10.0", 16, "10.0", "training.steps: expected a whole number, got 10.0", "write 10"
    ),
    Mistake("steps: 10", "steps: 1e30", 16, "1e30", "training.steps: expected a whole number, got 1e30", ""),
    Mistake(
        "steps: 10",
        "steps: 99999999999999999999999",
        16,
        "99999999999999999999999",
        "training.steps: expected a whole number, got the text '99999999999999999999999'",
        "a whole number has at most 19 digits",
    ),
    Mistake("steps: 10", "steps: 0", 16, "0", "training.steps: must be greater than 0, got 0", ""),
    Mistake("seed: 0", "seed: -1", 2, "-1", "seed: must be at least 0, got -1", ""),
    Mistake("name: probe", "name: 7", 1, "7", "name: expected a text, got 7", "write '7', in quotes"),
    Mistake("name: probe", "name: null", 1, "null", "name: expected a text, got nothing", ""),
    Mistake("name: probe", "name: ''", 1, "'", "name: must not be empty", ""),
    Mistake(
        "name: probe",
        f"name: {'x' * 150}",
        1,
        "xxxxxxxxxx",
        "name: must have at most 100 characters, got 150",
        "",
    ),
    Mistake(
        "kernel: 5",
        "kernel: five",
        5,
        "five",
        "network[0].kernel: expected a whole number, or a list of 2, got the text 'five'",
        "",
    ),
    Mistake(
        "kernel: 5",
        "kernel: 5.0",
        5,
        "5.0",
        "network[0].kernel: expected a whole number, or a list of 2, got 5.0",
        "write 5",
    ),
    Mistake("kernel: 5", "kernel: [5]", 5, "[", "network[0].kernel: must have 2 entries, got 1", ""),
    Mistake("kernel: 5", "kernel: [5, 5, 5]", 5, "[", "network[0].kernel: must have 2 entries, got 3", ""),
    Mistake("kernel: 5", "kernel: 0", 5, "0", "network[0].kernel: must be greater than 0, got 0", ""),
    Mistake(
        "padding: 2",
        "padding: smae",
        5,
        "smae",
        "network[0].padding: expected a whole number >= 0, or a list of 2, or same, got the text 'smae'",
        "did you mean same?",
    ),
    Mistake(
        "padding: 2",
        "padding: '2'",
        5,
        "'",
        "network[0].padding: expected a whole number >= 0, or a list of 2, or same, got the text '2'",
        "write 2, without quotes",
    ),
    Mistake(
        "padding: 2",
        "padding: true",
        5,
        "true",
        "network[0].padding: expected a whole number >= 0, or a list of 2, or same, got true",
        "",
    ),
    Mistake("padding: 2", "padding: -1", 5, "-1", "network[0].padding: must be at least 0, got -1", ""),
    Mistake("padding: 2", "padding: [1]", 5, "[", "network[0].padding: must have 2 entries, got 1", ""),
    Mistake("padding: 2", "padding: [1, 2, 3]", 5, "[", "network[0].padding: must have 2 entries, got 3", ""),
    Mistake("padding: 2", "padding: []", 5, "[", "network[0].padding: must not be empty", ""),
    Mistake("shape: [12, 12, 1]", "shape: 12", 3, "12", "data.shape: expected a list, got 12", "write [12]"),
    Mistake(
        "shape: [12, 12, 1]",
        "shape: {a: 1}",
        3,
        "{",
        "data.shape: expected a list, got a mapping",
        "begin each entry with a dash",
    ),
    Mistake("shape: [12, 12, 1]", "shape: []", 3, "[", "data.shape: must not be empty", ""),
    Mistake(
        "momentum: 0.9",
        "momentum: 0.9, nesterov: on",
        14,
        "on",
        "optimizer.nesterov: expected true or false, got the text 'on'",
        "write true",
    ),
    Mistake(
        "momentum: 0.9",
        "momentum: 0.9, decay: weigths",
        14,
        "weigths",
        "optimizer.decay: expected one of all, weights, got the text 'weigths'",
        "did you mean weights?",
    ),
    Mistake(
        "momentum: 0.9",
        "momentum: 0.9, decay: [all]",
        14,
        "[",
        "optimizer.decay: expected one of all, weights, got a list",
        "",
    ),
    Mistake(
        "learning_rate: 0.1",
        "learning_rate: 0.1, dampening: 2",
        14,
        "2",
        "optimizer.dampening: must be at most 1, got 2",
        "",
    ),
    Mistake("padding: 2", "padding: [1, -1]", 5, "-1", "network[0].padding[1]: must be at least 0, got -1", ""),
    Mistake(
        "kernel: 5",
        "kernel: [5, x]",
        5,
        "x",
        "network[0].kernel[1]: expected a whole number, got the text 'x'",
        "",
    ),
    Mistake(
        "type: sgd, learning_rate: 0.1, momentum: 0.9",
        "type: adam, betas: [0.9, 1.5]",
        14,
        "1.5",
        "optimizer.betas[1]: must be less than 1, got 1.5",
        "",
    ),
    Mistake(
        "type: sgd, learning_rate: 0.1, momentum: 0.9",
        "type: adam, betas: 0.9",
        14,
        "0.9",
        "optimizer.betas: expected a list of 2, got 0.9",
        "",
    ),
    Mistake("shape: [12, 12, 1]", "shape: [12, 0, 1]", 3, "0", "data.shape[1]: must be greater than 0, got 0", ""),
    Mistake(
        "type: step, every: 5",
        "type: linear_warmup, duration: 5, then: {type: cosine, final: 2}",
        15,
        "2",
        "schedule.then.final: must be at most 1, got 2",
        "",
    ),
    Mistake(
        "training: {steps: 10, batch_size: 16, evaluate_every: 5}",
        "training: 5",
        16,
        "5",
        "training: expected a mapping, got 5",
        "known: batch_size,",
    ),
    Mistake(
        "kernel: 5",
        "kernel: 40",
        5,
        "40",
        "network[0].kernel: a 40x40 kernel does not fit the 12x12x1 input with padding 2",
        "padding: 14 is the least that fits",
    ),
    Mistake(
        "kernel: 3",
        "kernel: 30",
        10,
        "30",
        "network[3].body[0].kernel: a 30x30 kernel does not fit the 6x6x16 input with padding 1",
        "padding: 12 is the least that fits",
    ),
    Mistake(
        "filters: 16, kernel: 3",
        "filters: 8, kernel: 3",
        8,
        "residual",
        "network[3]: the body's shape 6x6x8 is not its input's 6x6x16, so they cannot be added",
        "projection: {type: conv2d, filters: 8, kernel: 1, stride: 1}",
    ),
    Mistake(
        "units: 10",
        "units: 11",
        12,
        "dense",
        "network[4]: the network ends in 11 values, but the data has 10 classes",
        "end the network in {type: dense, units: 10}",
    ),
    Mistake(
        "units: 10",
        "units: 1",
        12,
        "dense",
        "network[4]: the network ends in 1 value, but the data has 10 classes",
        "end the network in {type: dense, units: 10}",
    ),
    Mistake(
        "units: 10, init: he_normal}",
        "units: 11}\n  - relu\n  - {type: dropout, rate: 0.5}",
        12,
        "dense",
        "network[4]: the network ends in 11 values, but the data has 10 classes",
        "end the network in {type: dense, units: 10}",
    ),
    Mistake(
        "momentum: 0.9",
        "nesterov: true",
        14,
        "true",
        "optimizer.nesterov: nesterov needs momentum",
        "add momentum: 0.9",
    ),
    Mistake(
        "validation: 64, ",
        "",
        16,
        "evaluate_every",
        "training.evaluate_every: there is no validation data to evaluate on",
        "data.validation: 1000 holds out 1000 examples",
    ),
    Mistake("steps: 10, ", "", 16, "training", "training: give steps or epochs", ""),
    Mistake("steps: 10, ", "steps: null, ", 16, "steps", "training: give steps or epochs", ""),
    Mistake(
        "steps: 10, ",
        "steps: 10, epochs: 5, ",
        16,
        "epochs",
        "training: give steps or epochs, not both (null removes an inherited one)",
        "",
    ),
    Mistake("units: 10", "units: 999999999999999999", 12, "dense", "network[4]: its arrays are too large", ""),
    Mistake(
        "type: random, shape: [12, 12, 1], classes: 10",
        "type: inline, inputs: [[1, 2], [1]], labels: [0]",
        3,
        "[",
        "data.inputs: the inputs do not all have the same shape",
        "",
    ),
    Mistake("seed: 0", "seed: NO", 2, "NO", "seed: expected a whole number, got the text 'NO'", ""),
    Mistake("seed: 0", "seed: 010", 2, "010", "seed: expected a whole number, got the text '010'", "write 10"),
    Mistake("seed: 0", "seed: true", 2, "true", "seed: expected a whole number, got true", ""),
    Mistake("seed: 0", "sead: 0", 2, "sead", "unknown key 'sead'", "did you mean seed?"),
    Mistake(
        "filters: 16, kernel: 5",
        "filters: 16, kernel: 5, zzz: 1",
        5,
        "zzz",
        "unknown key 'zzz' in network[0]",
        "known: bias, bias_init,",
    ),
    Mistake(
        "filters: 16, kernel: 5",
        "kernel: 5",
        5,
        "conv2d",
        "network[0]: missing 'filters'",
        "filters: whole number > 0",
    ),
    Mistake(
        "kernel: 5, padding: 2",
        "kernel: 50",
        5,
        "50",
        "network[0].kernel: a 50x50 kernel does not fit the 12x12x1 input",
        "padding: 19 is the least that fits",
    ),
    Mistake(
        "kernel: 3, padding: 1",
        "kernel: 3",
        8,
        "residual",
        "network[3]: the body's shape 4x4x16 is not its input's 6x6x16, so they cannot be added",
        "projection: {type: conv2d, filters: 16, kernel: 1, stride: 2}",
    ),
    Mistake(
        "{type: maxpool2d, size: 2}",
        "{type: maxpool2d, size: 0}",
        7,
        "0",
        "network[2].size: must be greater than 0, got 0",
        "",
    ),
    Mistake(
        "{type: maxpool2d, size: 2}",
        "maxpool2d",
        7,
        "maxpool2d",
        "network[2]: missing 'size'",
        "size: whole number > 0, or a list of 2",
    ),
    Mistake("{type: maxpool2d, size: 2}", "{size: 2}", 7, "{", "network[2]: missing 'type'", "known: avgpool2d,"),
    Mistake(
        "init: he_normal",
        "init: {type: normal, std: .inf}",
        12,
        ".inf",
        "network[4].init.std: expected a finite number, got .inf",
        "",
    ),
    Mistake(
        "init: he_normal",
        "init: {type: norml, std: 1}",
        12,
        "norml",
        "network[4].init: unknown initializer 'norml'",
        "did you mean normal?",
    ),
    Mistake(
        "loss: softmax_cross_entropy",
        "loss: {type: softmax_cross_entropy, reduction: avg}",
        13,
        "avg",
        "loss.reduction: expected one of mean, sum, got the text 'avg'",
        "",
    ),
    Mistake(
        "momentum: 0.9",
        "momentum: 0.9, momentum: 0.8",
        14,
        "momentum",
        "duplicate key 'momentum'",
        "first given in line 14",
    ),
    Mistake(
        "steps: 10, ",
        "early_stopping: 5, steps: 10, ",
        16,
        "5",
        "training.early_stopping: expected a mapping, got 5",
        "known: min_delta, patience",
    ),
]


def test_the_base_is_valid(problems):
    assert not problems(BASE)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.new[:40])
def test_a_mistake_is_reported_once_at_its_place(problems, mistake):
    text = changed(mistake.old, mistake.new)
    [problem] = problems(text)
    assert problem.message == mistake.message
    assert problem.hint.startswith(mistake.hint)
    assert bool(problem.hint) == bool(mistake.hint)
    assert problem.line == mistake.line
    assert problem.excerpt in text.splitlines()[problem.line - 1]
    assert problem.excerpt[problem.column - 1 :][: problem.length].startswith(mistake.marked)
    assert not re.search(r"Input should|pydantic|dict|NoneType|\bint\b|\bstr\b", str(problem))


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
        |                                       ^^^^^ first given in line 16"""
    )


def test_an_override_of_a_type_says_how_to_replace_its_options(problems):
    found = problems(BASE, "optimizer.type=adam")
    assert [(p.line, p.message, p.hint) for p in found] == [
        (
            14,
            "unknown key 'momentum' in optimizer",
            "an option of another type; optimizer=adam replaces all of optimizer",
        )
    ]
    assert not problems(BASE, "optimizer=adam")


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


@pytest.mark.parametrize("key", ["ü" * 30, "a" * 1000, "\\x1b[31m", "[/red]"])
def test_messages_stay_printable(problems, key):
    found = problems(BASE + f'"{key}": 1\n')
    assert len(found) == 1
    assert all(line.isprintable() for line in str(found[0]).splitlines())


def test_long_lines_are_cut_around_the_mistake(problems):
    layers = ", ".join(["relu"] * 300)
    text = changed("- relu", f"- {{type: residual, body: [{layers}, rleu]}}")
    [problem] = problems(text)
    lines = str(problem).splitlines()
    assert max(map(len, lines)) < 130
    assert lines[1][lines[2].index("^") :].startswith("rleu")


def test_an_empty_config_says_how_to_begin(problems):
    [problem] = problems("")
    assert str(problem).endswith("c.yaml: the config is empty (nnlab init writes a first one)")


@pytest.mark.parametrize("path", planting.SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_configs_have_no_problems(path):
    load_config(path)


def test_sections_take_their_defaults_types(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(changed("loss: softmax_cross_entropy", "loss: {label_smoothing: 0.1}"))
    assert load_config(path).loss.type == "softmax_cross_entropy"


JOINT = r" fit |ends in|the body|no validation|steps or|too large|\.values:"  # depend on other lines


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(2, 6))
def test_several_mistakes_are_all_reported_in_one_go(tmp_path_factory, seed, count):
    chooser = random.Random(seed)  # noqa: S311 -- no secret
    chosen: dict[int, Mistake] = {}
    for mistake in chooser.sample(MISTAKES, len(MISTAKES)):
        stands_alone = mistake.new.count("\n") == mistake.old.count("\n") and not re.search(JOINT, mistake.message)
        if stands_alone and mistake.line not in chosen and len(chosen) < count:
            chosen[mistake.line] = mistake
    text = BASE
    for mistake in chosen.values():
        text = text.replace(mistake.old, mistake.new)
    path = tmp_path_factory.mktemp("c") / "c.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    found = [(problem.line, problem.message) for problem in caught.value.problems]
    assert sorted(found) == sorted((mistake.line, mistake.message) for mistake in chosen.values())
