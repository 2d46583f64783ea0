import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.errors import RunError, SystemFault
from nnlab.report.content import Comment
from nnlab.report.notes import Notes, OwnSection, keep_notes

COMMENTS = (Comment("confused", "Which classes are confused, and why?"), Comment("next", "What next?"))
EMPTY = {"confused": "", "next": ""}
PIECES = st.sampled_from([
    "## What next?", "## Which classes are confused, and why?", "##   What  next? ", "### What next?", "## Mine",
    "#", "```", "````", "~~~", "``` ## What next?", "    ```", "> ## What next?", "- ```", "<!--", "--- ", "text",
    "", "é 猫", "\N{BYTE ORDER MARK}", "\x00", "\x0b", "\x85", "\u2028", " ", "\t",
])  # fmt: skip
NEWLINES = st.sampled_from(["\n", "\r\n", "\r", "\n\n", ""])
FILES = st.lists(st.tuples(PIECES, NEWLINES)).map(lambda parts: "".join(a + b for a, b in parts)) | st.text()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "notes.md"


def written(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_new_file_asks_every_question(path):
    assert keep_notes(path, COMMENTS) == Notes(answers=EMPTY)
    head = b"---\ntitle:\nauthor:\ndate:\n---\n\n"
    assert path.read_bytes() == head + b"## Which classes are confused, and why?\n\n## What next?\n"
    assert keep_notes(path, COMMENTS) == Notes(answers=EMPTY)


def test_nothing_is_written_where_nothing_is_asked(path):
    assert keep_notes(path, ()) == Notes()
    assert not path.parent.exists()


def test_answers_stand_below_their_questions(path):
    written(path, "before\n## What next?\n\nMore *data*.\n\n### Which?\n\n## My own\nkept\n")
    notes = keep_notes(path, COMMENTS)
    assert notes.answers == {"confused": "", "next": "More *data*.\n\n### Which?"}
    assert notes.introduction == "before"
    assert notes.sections == (OwnSection("My own", "kept", after="next"),)


def test_questions_that_are_asked_no_more_show_with_an_answer_only(path):
    written(path, "## What next?\nThis.\n\n## Old?\n\nYes.\n\n## Older?\n\n## Oldest?\n")
    notes = keep_notes(path, COMMENTS)
    assert notes.answers["next"] == "This."
    assert notes.sections == (OwnSection("Old?", "Yes.", after="next"),)


def test_answers_to_the_same_question_belong_together(path):
    written(path, "## What next?\none\n## Which classes are confused, and why?\nall\n## What next?\ntwo")
    assert keep_notes(path, COMMENTS).answers == {"confused": "all", "next": "one\n\ntwo"}


def test_a_question_within_code_is_no_heading(path):
    code = "````md\n```\n## Which classes are confused, and why?\n```\n````"
    written(path, f"## What next?\n{code}\n")
    assert keep_notes(path, COMMENTS).answers == {"confused": "", "next": code}
    assert path.read_text().endswith("````\n\n## Which classes are confused, and why?\n")


def test_an_open_fence_hides_no_question(path):
    written(path, "## What next?\n```\ncode")
    keep_notes(path, COMMENTS)
    before = path.read_bytes()
    assert keep_notes(path, COMMENTS).answers == {"confused": "", "next": "```\ncode"}
    assert path.read_bytes() == before


def test_code_within_a_line_opens_no_fence(path):
    written(path, "## What next?\n``` `a` ```\n## Which classes are confused, and why?\n```\nb\n```\n")
    assert keep_notes(path, COMMENTS).answers == {"confused": "```\nb\n```", "next": "``` `a` ```"}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_headings_are_added_with_the_newlines_of_the_file(path, newline):
    written(path, f"\N{BYTE ORDER MARK}## What next?{newline}{newline}all")
    assert keep_notes(path, COMMENTS).answers == {"confused": "", "next": "all"}
    heading = f"## Which classes are confused, and why?{newline}"
    assert (
        path.read_bytes().decode()
        == f"\N{BYTE ORDER MARK}## What next?{newline}{newline}all{2 * newline}{heading}"
    )


@settings(deadline=None)  # a busy disk is slow
@given(content=FILES)
def test_whatever_a_file_holds_is_kept(tmp_path_factory, content):
    path = written(tmp_path_factory.mktemp("notes") / "notes.md", content)
    answers = keep_notes(path, COMMENTS)
    after = path.read_bytes()
    assert after.startswith(content.encode())
    added = re.split(r"[\r\n]+", after.decode().removeprefix(content).strip("\r\n"))
    head = set() if content else {"---", "title:", "author:", "date:"}
    assert set(added) <= {"", *head, *(f"## {comment.prompt}" for comment in COMMENTS)}
    assert keep_notes(path, COMMENTS) == answers
    assert path.read_bytes() == after


@settings(deadline=None)  # a busy disk is slow
@given(prompt=st.text(), answer=st.lists(st.sampled_from(["a", "*b*", ""])).map("\n".join))
def test_an_answer_is_found_below_any_prompt(tmp_path_factory, prompt, answer):
    path = tmp_path_factory.mktemp("notes") / "notes.md"
    keep_notes(path, [Comment("a", prompt)])
    path.write_bytes(path.read_bytes() + answer.encode())
    assert keep_notes(path, [Comment("a", prompt)]).answers == {"a": answer.strip("\n")}


def test_what_is_no_utf8_is_an_error_with_its_place(path):
    written(path, b"## What next?\r\n\r\nGr\xf6\xdfe\r\n")
    with pytest.raises(RunError, match=r"notes\.md:3: byte 0xf6 is not UTF-8"):
        keep_notes(path, COMMENTS)


def test_a_file_may_grow_to_a_megabyte(path):
    written(path, b"a" * 2**20)
    assert keep_notes(path, ()) == Notes(introduction="a" * 2**20)
    with pytest.raises(RunError, match="too large for notes"):
        keep_notes(path, COMMENTS)
    assert path.stat().st_size == 2**20
    written(path, b"a" * (2**20 + 1))
    with pytest.raises(RunError, match="too large for notes: it may have 1,048,576 bytes"):
        keep_notes(path, ())


def test_a_directory_is_no_file(path):
    path.mkdir(parents=True)
    with pytest.raises(RunError, match="Is a directory"):
        keep_notes(path, COMMENTS)


def test_a_refusal_to_write_leaves_the_notes(path, monkeypatch):
    written(path, "mine")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "no space left on device")))
    with pytest.raises(SystemFault, match="no space left"):
        keep_notes(path, COMMENTS)
    assert path.read_text() == "mine"
    assert list(path.parent.iterdir()) == [path]


def test_an_answer_under_a_former_wording_of_its_question_is_kept(path):
    written(path, "## How sure is it?\n\nToo sure.\n\n## Mine\n\ntext\n")
    before = path.read_bytes()
    comment = Comment("sure", "Is the network calibrated?", former=("Is it sure?", "How sure is it?"))
    notes = keep_notes(path, [comment])
    assert notes.answers == {"sure": "Too sure."}
    assert notes.sections == (OwnSection("Mine", "text", after="sure"),)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "head",
    [
        "---\nTitle: A: b #1\nauthors: X\nauthor: Y\ndate: '2026'\n---\n",
        "# A: b #1\nAuthor: X\nauthor: Y\n\nDate: 2026\n",
        "# A: b #1 ##\n\nauthors: X\nAuthor: Y\ndate: 2026\n",
    ],
)
def test_the_head_gives_title_authors_and_date(path, head):
    written(path, f"{head}\nWords.\nauthor: none of the head\n\n## What next?\n\nThis.\n")
    notes = keep_notes(path, COMMENTS)
    assert (notes.title, notes.author, notes.date) == ("A: b #1", "X, Y", "2026")
    assert notes.introduction == "Words.\nauthor: none of the head"
    assert notes.answers["next"] == "This."


def test_what_is_no_field_of_a_head_is_kept(path):
    written(path, "---\ntitle: A\nsupervisor: B\n---\nWords.\n")
    assert keep_notes(path, COMMENTS).introduction == "supervisor: B\nWords."
    written(path, "---\ntitle: A\n\nNo end of a head.\n")
    notes = keep_notes(path, COMMENTS)
    assert (notes.title, notes.introduction) == ("", "---\ntitle: A\n\nNo end of a head.")


def test_own_headings_of_the_first_level_are_kept_without_text_too(path):
    written(path, "## Why so?\n\n# Part\n\n## Old question?\n\n## What next? ##\n\n### Sub\n")
    notes = keep_notes(path, COMMENTS)
    assert notes.sections == (OwnSection("Part", "", after=""), OwnSection("What next?", "### Sub", after=""))
