"""Rewording one message breaks at most one test file."""

from support import ROOT
from support.wording import Message, asserted, asserted_by, messages, phrases

TESTS = ROOT / "tests"
GOLDEN = TESTS / "cli" / "golden"

LEFT = 47
"""So many messages are still asserted by two files or more. Lower this, never raise it."""


def phrases_by_file():
    found = {path.relative_to(TESTS).as_posix(): asserted(path) for path in TESTS.rglob("test_*.py")}
    lines = [line for path in GOLDEN.glob("*.txt") for line in path.read_text(encoding="utf-8").splitlines()]
    told = [line for line in lines if line.startswith(("error: ", "warning: "))]
    return {**found, "cli/golden": {phrase for line in told for phrase in phrases(line)}}


def test_no_further_message_is_asserted_by_two_files():
    twice = {
        message.place: files
        for message, files in asserted_by(messages(), phrases_by_file()).items()
        if len(files) > 1
    }
    assert len(twice) <= LEFT, "\n".join(f"{place}: {files}" for place, files in sorted(twice.items()))


def test_a_second_file_that_asserts_a_message_is_noticed():
    known = [Message("a.py:1", (("cannot", "read", "the", "file"), ("is", "too", "long")))]
    files = {
        "one": {("cannot", "read", "the", "file")},
        "two": {("read", "the", "file", "x")},
        "three": {("a", "b")},
    }
    assert list(asserted_by(known, files)[known[0]]) == ["one", "two"]


def test_messages_are_found():
    assert ("no", "config") in {piece for message in messages() for piece in message.pieces}


def test_phrases_are_found_in_what_is_asserted_but_not_in_docstrings_or_names(tmp_path):
    file = tmp_path / "test_x.py"
    file.write_text(
        '''"""Not this."""\nassert re.match(r"no config \\S+ \\(is no condition a\\.yaml here", "x.y=1 z")\n'''
    )
    assert asserted(file) == {("no", "config"), ("is", "no", "condition")}
