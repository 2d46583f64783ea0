"""Files that are no YAML: each is refused at the cause, with the likely fix."""

import pytest

from nnlab.config.nodes import compose
from nnlab.errors import ConfigError

INDENT = "keys of one mapping and entries of one list begin in the same column"
SHALLOW = "indented like no line above"
DEEP = "indented deeper than the line above, whose key has a value already"
TAB = "a tab; YAML is indented with spaces"

CASES = [
    ("a:\n\ttype: sgd\n", (2, 1), TAB, "replace the tab with spaces"),
    ("t:\n  a: 3\n\tb: 3\n", (3, 1), TAB, "replace the tab with spaces"),
    ("d: {a: 1, b: [4]\nn: [x]\n", (1, 4), "the bracket { is not closed before line 2", "a comma or } is missing"),
    (
        "a: [1, {b: 2}, [3, 4\nn: x\n",
        (1, 16),
        "the bracket [ is not closed before line 2",
        "a comma or ] is missing",
    ),
    ("a: {b: [1, 2}\n", (1, 8), "the bracket [ is not closed before '}'", "a comma or ] is missing"),
    ("a: ['[', # [\n  1\n", (1, 4), "the bracket [ is not closed before the end of", "a comma or ] is missing"),
    ("d:\n  a: 1\n   b: [4]\n", (3, 4), DEEP, INDENT),
    ("n:\n- relu\n  - dense: 3\n", (3, 3), DEEP, INDENT),
    ("a:\n    b: 1\n  c: 2\n", (3, 3), SHALLOW, INDENT),
    ("n:\n  - relu\n - dense\n", (3, 2), SHALLOW, INDENT),
    ("t: steps: 3\n", (1, 9), "a second key in one line", "write {key: value}, or begin a new line"),
    ("a: 1\nb\nc: 3\n", (2, 1), "a key without a colon", "write KEY: VALUE"),
    ("a: 1\noptimizer\n  type: sgd\n", (2, 1), "a key without a colon", "write KEY: VALUE"),
    ("n: [relu]]\n", (1, 10), "the bracket ] closes none", "leave it out"),
    ("a: @x\n", (1, 4), "a value cannot begin with '@'", "put it in quotes"),
    ("a: %x\n", (1, 4), "a value cannot begin with '%'", "put it in quotes"),
    ("a: it's\nb: \"c\nd: 1\n", (2, 4), "the quote is not closed", 'a " is missing'),
    ("a: [x, 'q]\n", (1, 8), "the quote is not closed", "a ' is missing"),
    ('a: "\\q"\n', (1, 5), "while parsing a quoted scalar, found unknown escape character", ""),
]


@pytest.mark.parametrize(("text", "where", "message", "hint"), CASES, ids=lambda value: repr(value)[:30])
def test_a_syntax_error_is_reported_at_its_cause(text, where, message, hint):
    with pytest.raises(ConfigError) as caught:
        compose(text, "c.yaml")
    [problem] = caught.value.problems
    assert (problem.line, problem.column) == where
    assert f": {message}" in problem.message
    assert problem.hint == hint
    assert problem.excerpt.isprintable()
