"""What a reader of configs finds: every mistake, at its position, in words a student understands, and no other."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import planting
from support.faulty_configs import BASE, changed

from nnlab.config import Experiment, load_config, validation
from nnlab.config.nodes import meaning
from nnlab.data.section import DataSpec
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

SOURCES = planting.sources()


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
    assert re.match(r"training: .*\bsteps\b.*\bepochs\b", found[-1].message)


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
    [problem] = problems(BASE, "network.3.body.0.kernel=50")
    assert re.match(r"network\[3\]\.body\[0\]\.kernel: .*50x50.*6x6x16", problem.message)
    assert problem.hint.startswith("padding: 22 ")
    assert str(problem) == f"override 'network.3.body.0.kernel=50': {problem.message} ({problem.hint})"
    both = ("training.steps=5", "training.epochs=5")
    assert [p.source for p in problems(BASE, *both)] == ["override 'training.steps=5'"]


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
    inline = "data={type: inline, inputs: [[[[1]]], [[[2]]]], labels: [1, 0], class_names: [1, 2], validation: 1}"
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
        assert len(problem.hint) < 250
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


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [*planting.LIKE, *planting.UNLIKE, planting.misfit], ids=lambda kind: kind.__name__
)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=SLOWLY)
def test_a_mistake_is_told_at_its_place_and_nothing_else(problems, kind, data):
    found, planted, text = plant_and_read(data.draw, problems, [kind])
    assert found == planted, text


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=SLOWLY)
def test_of_many_mistakes_each_is_told(problems, data):
    many = st.lists(st.sampled_from([*planting.LIKE, *planting.UNLIKE]), min_size=2, max_size=8, unique=True)
    misfit = st.lists(st.sampled_from([*planting.LIKE, planting.misfit]), min_size=2, max_size=6, unique=True)
    found, planted, text = plant_and_read(data.draw, problems, data.draw(many | misfit))
    assert found == planted, text


@pytest.mark.slow
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
