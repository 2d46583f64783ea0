"""The YAML reader: what scalars mean, where things stand, what is refused."""

import contextlib
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnlab.config.nodes import Mapping, Scalar, Sequence, compose, meaning, plain
from nnlab.errors import ConfigError, printable


def read(text):
    node, problems = compose(text, "c.yaml")
    assert not problems
    return plain(node)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000),
        ("1.0e3", 1000),
        ("1e4", 10000),
        ("-2.5", -2.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("0", 0),
        ("-0", 0),
        ("+7", 7),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
    ],
)
def test_plain_scalars_mean_what_an_ml_user_wrote(text, value):
    assert meaning(text) == value
    assert type(meaning(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "NO",
        "no",
        "yes",
        "on",
        "off",
        "010",
        "-01",
        "1:30",
        "1_000",
        "2026-11-21",
        "0x1F",
        "0o17",
        "1e",
        "e5",
        "1.2.3",
    ],
)
def test_what_readers_disagree_about_stays_a_string(text):
    assert meaning(text) == text


def test_nan_is_a_number():
    assert math.isnan(meaning(".nan"))


def test_quoted_scalars_are_strings():
    assert read("a: '1e-3'\nb: \"true\"\nc: |\n  5\n") == {"a": "1e-3", "b": "true", "c": "5\n"}


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(1e22)
@example(5e-324)
def test_every_float_that_python_writes_is_read_as_the_same_number(value):
    assert meaning(repr(value)) == value


def test_huge_numerals_are_not_numbers():
    assert isinstance(meaning("9" * 5000), str)
    assert isinstance(meaning("1e" + "9" * 50), str)


def test_every_value_knows_its_place():
    node, _ = compose("# header\ndata:\n  root: here\nlist: [1, {two: 22}]\n", "c.yaml")
    assert isinstance(node, Mapping)
    root = node.entries["data"].node.entries["root"]
    assert (root.key.line, root.key.column, root.key.length) == (3, 3, 4)
    assert (root.node.position.line, root.node.position.column, root.node.position.length) == (3, 9, 4)
    items = node.entries["list"].node
    assert isinstance(items, Sequence)
    two = items.items[1].entries["two"].node
    assert isinstance(two, Scalar)
    assert two.position.excerpt == "list: [1, {two: 22}]"
    assert two.position.excerpt[two.position.column - 1 :].startswith("22")


def test_columns_count_characters():
    node, _ = compose("näme: {größe: x}", "c.yaml")
    position = node.entries["näme"].node.entries["größe"].node.position
    assert position.column == len("näme: {größe: x")


def refused(text):
    with pytest.raises(ConfigError) as caught:
        compose(text, "c.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message", "where"),
    [
        ("a: !!python/object/apply:os.system ['true']", "tag", "c.yaml:1:4"),
        ("a: !custom 5", "tag", "c.yaml:1:4"),
        ("a: !!str 5", "tag", "c.yaml:1:4"),
        ("a: &x [*x]", "is inside the value that it refers to", "c.yaml:1:8"),
        ("a: *nowhere", "refers to an anchor that is not defined", "c.yaml:1:4"),
        ("base: &b {x: 1}\nc:\n  <<: *b\n", "merge keys", "c.yaml:3:3"),
        ("a: 1\n---\nb: 2\n", "second document", "c.yaml:2:1"),
        ("a: [1, 2\nb: 3", "not valid YAML", "c.yaml:1:4"),
        ("a: 1\n b: 2", "not valid YAML", "c.yaml:2:"),
        ("[a, b]: 1", "a key must be a plain name", "c.yaml:1:1"),
        ("a: \x00", "not valid YAML", "c.yaml"),
        ("a: '\x1b[31m' : x", "not valid YAML", "c.yaml"),
    ],
)
def test_what_is_not_plain_data_is_refused_with_its_place(text, message, where):
    told = refused(text)
    assert message in told
    assert told.startswith(where)


def test_deep_nesting_is_refused():
    assert "levels deep" in refused("[" * 2000 + "]" * 2000)
    assert read("[" * 99 + "]" * 99)


def test_exploding_aliases_are_refused():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert "counting aliases" in refused("\n".join(lines))


def test_a_modest_alias_is_read():
    assert read("a: &x [1, 2]\nb: *x\n") == {"a": (1, 2), "b": (1, 2)}


def test_duplicate_keys_are_reported_with_both_lines_and_reading_goes_on():
    node, problems = compose("a: 1\nb: 2\na: 3\nb: 4\n", "c.yaml")
    assert plain(node) == {"a": 1, "b": 2}
    assert [(p.line, p.hint) for p in problems] == [
        (3, "first given in line 1"),
        (4, "first given in line 2"),
    ]


def test_an_empty_file_is_an_empty_mapping():
    assert read("") == {}
    assert read("# only a comment\n") == {}


@given(st.text(max_size=60))
@example("a: {b: *c}")
@example("? [x]\n: y")
@example("%YAML 9.9\n---\na")
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(ConfigError):
        compose(text, "c.yaml")


def test_nothing_in_a_message_steers_the_terminal():
    assert printable("a\x1b[31mb\tc\x07") == "a\ufffd[31mb c\ufffd"
    long = "x: [" + "1, " * 500 + "!t 1]"
    assert max(map(len, refused(long).splitlines())) < 1800


def test_text_that_no_file_can_hold_is_a_problem():
    with pytest.raises(ConfigError, match=r"x: not UTF-8 text \(character 4\)"):
        compose("a: \udce9", "x")
