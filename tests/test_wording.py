"""Rewording one message breaks at most one test file."""

from pathlib import Path

import pytest
from support import ROOT
from support.wording import REFUSAL, Message, asserted, asserted_by, common, messages, phrases

TESTS = ROOT / "tests"
GOLDEN = TESTS / "cli" / "golden"


def phrases_by_file():
    paths = [path for path in TESTS.rglob("test_*.py") if path != Path(__file__)]
    found = {path.relative_to(TESTS).as_posix(): asserted(path) for path in paths}
    lines = [line for path in GOLDEN.glob("*.txt") for line in path.read_text(encoding="utf-8").splitlines()]
    told = [line for line in lines if line.startswith(("error: ", "warning: "))]
    return {**found, "cli/golden": {phrase for line in told for phrase in phrases(line)}}


def places_asserted_twice(known, files):
    return {message.place: list(by) for message, by in asserted_by(known, files).items() if len(by) > 1}


def test_no_message_is_asserted_by_two_files():
    assert places_asserted_twice(messages(), phrases_by_file()) == {}


def test_a_second_file_that_asserts_a_message_is_noticed():
    known = [Message("a.py:1", (("cannot", "read", "the", "file"), ("is", "too", "long")))]
    files = {
        "one": {("cannot", "read", "the", "file")},
        "two": {("read", "the", "file", "x")},
        "three": {("a", "b")},
    }
    assert places_asserted_twice(known, files) == {"a.py:1": ["one", "two"]}


def test_a_second_file_that_asserts_a_message_of_the_package_is_noticed(tmp_path):
    second = tmp_path / "test_second.py"
    second.write_text('def test_it():\n    with raises(RunError, match="runs/x is in use by 7"):\n        pass\n')
    found = places_asserted_twice(messages(), {**phrases_by_file(), "second": asserted(second)})
    assert list(found.values()) == [["runs/test_locking.py", "second"]]
    second.write_text('def test_it():\n    assert "cannot read x: " in told\n')
    found = places_asserted_twice(messages(), {**phrases_by_file(), "second": asserted(second)})
    assert found == {REFUSAL: ["test_errors.py", "second"]}


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("it needs images", "needs images"),  # from the beginning, or what a placeholder stands for, on
        ("two layers needs images but", "needs images"),
        ("the file of the run is damaged", "the file of the run"),
        ("file of", "file of"),
        ("every file of the run", ""),  # the message has other words there
        ("the file of the sweep", ""),
    ],
)
def test_a_phrase_and_a_message_agree_as_far_as_both_go(phrase, words):
    message = Message("a.py:1", (("needs", "images"), ("the", "file", "of", "the", "run")))
    assert " ".join(common(tuple(phrase.split()), message)) == words


def test_words_of_any_sentence_and_of_several_messages_are_nobodys():
    one, two = (
        Message("a.py:1", (("there", "is", "no"), ("is", "damaged"))),
        Message("b.py:2", (("is", "damaged"),)),
    )
    both = {"one": {("there", "is", "no", "way")}, "two": {("is", "damaged")}}
    assert asserted_by([one, two], both) == {}
    assert asserted_by([two], both) == {two: {"two": "is damaged"}}
    assert asserted_by([two, Message("b.py:3", two.pieces)], both) == {two: {"two": "is damaged"}}


def test_messages_are_found():
    assert ("no", "config") in {piece for message in messages() for piece in message.pieces}


def test_phrases_are_found_in_what_is_asserted_but_not_in_docstrings_or_names(tmp_path):
    file = tmp_path / "test_x.py"
    file.write_text(
        '''"""Not this."""\nassert re.match(r"no config \\S+ \\(is no condition a\\.yaml here", "x.y=1 z")\n'''
    )
    assert asserted(file) == {("no", "config"), ("is", "no", "condition")}
