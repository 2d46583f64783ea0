"""Exceptions, their exit codes, and the words that all messages share."""

import copy
import errno
import inspect
import os
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnlab import errors
from nnlab.errors import (
    ConfigError,
    Interrupted,
    OptionError,
    Problem,
    RunError,
    SystemFault,
    brief,
    closest,
    printable,
    refusal,
    suggest,
    system_errors,
)

NAMES = ["conv2d", "dense", "learning_rate", "mean_squared_error", "relu", "sgd", "weight_decay"]


def test_every_exception_has_its_exit_code():
    codes = {
        name: cls.exit_code
        for name, cls in vars(errors).items()
        if inspect.isclass(cls) and issubclass(cls, errors.NnlabError)
    }
    assert codes == {
        "NnlabError": 1,
        "UsageError": 2,
        "OptionError": 2,
        "ConfigError": 2,
        "DataError": 3,
        "RunError": 4,
        "OtherDataError": 3,
        "SystemFault": 5,
        "DivergedError": 6,
        "SweepError": 7,
        "Interrupted": 1,
    }
    assert {Interrupted("stopped", signal=number).exit_code for number in (2, 15)} == {130, 143}


def test_the_drawing_of_the_hierarchy_is_true():
    """The module's docstring draws every class, below its base, with its exit code."""
    stack = []
    drawn = {}
    for line in errors.__doc__.splitlines():
        match = re.match(r"    ([│ ]*)(?:[├└]── )?([A-Z]\w+) +([\d/]+) ", line)
        if match:
            depth = match.start(2) // 4 - 1
            stack[depth:] = [match[2]]
            drawn[match[2]] = (stack[-2] if len(stack) > 1 else None, match[3])
    for name, (base, code) in drawn.items():
        cls = getattr(errors, name)
        assert cls.__bases__[0].__name__ == (base or "Exception")
        assert code == ("130/143" if name == "Interrupted" else str(cls.exit_code))
    assert len(drawn) == 10


def test_an_option_error_carries_what_a_config_needs():
    error = OptionError("it is odd", option="kernel", hint="padding: 1")
    assert (str(error), error.option, error.hint) == ("it is odd", "kernel", "padding: 1")
    assert (OptionError("no").option, OptionError("no").hint) == (None, "")


def test_a_problem_shows_its_line_and_marks_the_place():
    problem = Problem("unknown key 'kernal'", "c.yaml", 12, 9, 6, "  - {a: kernal}", hint="did you mean kernel?")
    assert str(problem) == (
        "c.yaml:12:9: unknown key 'kernal'\n"
        "     12 |   - {a: kernal}\n"
        "        |         ^^^^^^ did you mean kernel?"
    )


def test_a_problem_without_a_line_is_one_line():
    assert str(Problem("no good", "c.yaml")) == "c.yaml: no good"
    assert str(Problem("expected KEY=VALUE", "override 'x'", hint="such as a=1")) == (
        "override 'x': expected KEY=VALUE (such as a=1)"
    )


@pytest.mark.parametrize(
    ("excerpt", "column", "length", "skipped", "under"),
    [
        ("größe: ü", 8, 1, 0, "ü"),
        ("名前: 値 # x", 8, 1, 0, " "),
        ("a: e\u0301e\u0301 bad", 9, 3, 0, "bad"),
        ("skipped part bad", 74, 3, 60, "bad"),
    ],
)
def test_the_marker_stands_below_what_it_marks(excerpt, column, length, skipped, under):
    lines = str(Problem("m", "c", 1, column, length, excerpt, skipped, hint="")).splitlines()
    start, end = lines[2].index("^"), lines[2].rindex("^") + 1
    shown = "".join(c * errors._width(c) for c in lines[1])
    assert shown[start:end].strip() == under.strip()


@given(st.text(max_size=30), st.integers(1, 300), st.integers(0, 300), st.integers(0, 50))
def test_any_place_can_be_drawn(excerpt, column, length, skipped):
    problem = Problem("m", "c", 3, max(column, skipped + 1), length, printable(excerpt), skipped, hint="")
    _, second, third = str(problem).split("\n")
    assert "^" in third
    assert len(third) <= len(second) + 2 * len(excerpt) + 1


def test_a_config_error_shows_all_its_problems():
    error = ConfigError([Problem("one", "a"), Problem("two", "b", 1, 1, 1, "x")])
    assert [problem.message for problem in error.problems] == ["one", "two"]
    assert str(error) == "a: one\nb:1:1: two\n      1 | x\n        | ^"


@pytest.mark.parametrize(
    ("given_name", "meant"),
    [
        ("conv", "conv2d"),
        ("Conv2D", "conv2d"),
        ("SGD", "sgd"),
        ("RELU", "relu"),
        ("lr", "learning_rate"),
        ("mse", "mean_squared_error"),
        ("learningrate", "learning_rate"),
        ("weigth_decay", "weight_decay"),
        ("transformer", None),
        ("", None),
        ("d" * 10**5, None),
    ],
)
def test_the_likeliest_name_is_found(given_name, meant):
    assert closest(given_name, NAMES) == meant
    assert suggest(given_name, reversed(NAMES)) == (
        f"did you mean {meant}?" if meant else f"known: {', '.join(NAMES)}"
    )


@given(st.text(max_size=300))
@example("\x1b[31m\u202e\n\t\u2028")
def test_nothing_in_a_message_steers_the_terminal(text):
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)
    assert brief(text).isprintable()
    assert len(brief(text)) < 100
    if len(text) <= 40 and text.isprintable():
        assert brief(text) == repr(text)


@pytest.mark.parametrize(
    ("error", "place", "text"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "x", "cannot write x: No space left on device"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "y"), None, "cannot write y: No space left on device"),
        (OSError("only a text"), "x", "cannot write x: only a text"),
        (OSError("only a text"), None, "cannot write: only a text"),
        (TimeoutError(), "x", "cannot write x: TimeoutError"),
        (ValueError("embedded null byte"), "x", "cannot write x: embedded null byte"),
    ],
)
def test_a_refusal_has_the_place_and_always_a_reason(error, place, text):
    assert refusal(error, "write", place) == text


def test_only_os_errors_become_system_faults():
    with (
        pytest.raises(SystemFault, match=r"^cannot read x: PermissionError$") as caught,
        system_errors("read", "x"),
    ):
        raise PermissionError
    assert isinstance(caught.value.__cause__, PermissionError)
    for error in (ValueError("a"), RunError("b")):
        with pytest.raises(type(error)), system_errors("read", "x"):
            raise error


def test_os_errors_are_worded_in_one_place():
    """``strerror`` may be None, which no message repeats."""
    sources = {path: path.read_text() for path in Path(errors.__file__).parent.rglob("*.py")}
    assert [path.name for path, text in sources.items() if "strerror" in text] == ["errors.py"]


def made_errors():
    """Return an error of each class, with all of its attributes set."""
    special = {
        "OptionError": OptionError("it does not fit", option="kernel", hint="padding: 1"),
        "ConfigError": ConfigError([Problem("one", "a"), Problem("two", "b", 1, 1, 1, "x", hint="y")]),
        "Interrupted": Interrupted("SIGTERM at step 3", signal=15),
    }
    kinds = [
        each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, errors.NnlabError)
    ]
    return [special.get(kind.__name__) or kind("where: what") for kind in kinds]


@pytest.mark.parametrize("error", made_errors(), ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling_and_copying(error):
    error.add_note("in a worker")
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 -- our own
        assert type(copied) is type(error)
        assert (str(copied), copied.args, vars(copied)) == (str(error), error.args, vars(error))
        assert copied.exit_code == error.exit_code
