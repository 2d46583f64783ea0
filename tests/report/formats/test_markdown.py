import csv
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from report import sample

from nnlab.errors import printable
from nnlab.report.content import Code, Comment, Document, Facts, Matrix, Prose, Section, Table, TableCell
from nnlab.report.formats.author_text import rendered
from nnlab.report.formats.markdown import write_markdown
from nnlab.report.formats.markdown_text import NOTES, code_block, escaped, paragraph

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def joined(*pieces):
    return st.lists(st.sampled_from(pieces), max_size=25).map("".join)


MARKS = joined(*"\\`*_{}[]()<>#+-.!|~$&;:=^'\"/ \t\n1a", "&amp;", "www.", "http://")
TEXTS = MARKS | st.text(max_size=20)
QUICK_PARSER = MarkdownIt("commonmark", {"html": False}).disable("image")


def shown(text):
    return " ".join(printable(" ".join(text.split())).split(" "))


def made(tmp_path, *blocks):
    section = Section("results", "Results", blocks)
    return written(Document("Report", "of a run", (section,)), tmp_path)


def written(document, folder):
    write_markdown(document, folder / "report.md")
    return (folder / "report.md").read_text()


def texts(tokens):
    """Return the text of every element that has any, and require that no markup is in it."""
    found = []
    for token in tokens:
        if token.type == "inline":
            assert {child.type for child in token.children} <= {"text"}, token
            found.append("".join(child.content for child in token.children))
    return found


@settings(deadline=None)
@given(TEXTS)
def test_text_is_shown_literally_as_a_paragraph(text):
    tokens = GITHUB.parse(paragraph(text))
    assert [token.type for token in tokens] in ([], ["paragraph_open", "inline", "paragraph_close"])
    assert "".join(texts(tokens)) == shown(text).strip()


@pytest.mark.slow
@settings(deadline=None)
@given(TEXTS)
def test_text_is_shown_literally_as_a_heading_and_in_a_cell(text):
    assert "".join(texts(GITHUB.parse(f"# {escaped(text)}"))) == shown(text).strip()
    cells = texts(GITHUB.parse(f"| a | {escaped(text)} |\n| - | - |\n| b | {escaped(text)} |"))
    assert cells == ["a", shown(text).strip(), "b", shown(text).strip()]


@settings(deadline=None)
@given(st.text(st.sampled_from([*"`~ab \n"])) | st.text())
def test_code_ends_at_its_own_fence_only(text):
    tokens = GITHUB.parse(f"{code_block(text)}\n\nafter")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].content.count("\n") == text.replace("\r\n", "\n").strip("\n").count("\n") + 1


def html(text):
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(
    "note",
    [
        "a *b* **c** ***d*** `e` ``f ` g``\nh  \ni\\\nj",
        "- a\n- b\n\n  c\n  - d\n\n      e\n\n3) x\n4) y",
        "> a\n> - b\n>\n> ```\n> c\n> ```\n\n***\n\nd\n\n10. e",
        "[a](https://example.org/?a=1&copy;=2 'title') <https://a.b/c_d> \\[b\\](c) www.a.b",
        "1\\. a\n\\- b\n\\# c\na\n\\==\n\n\\> d &amp;amp; &lt;b&gt; \\*e\\*",
        "<b>a</b>\n\n<script>\nalert(1)\n</script>\n\n<!-- c -->",
    ],
)
def test_notes_say_the_same(note):
    page = rendered(note, NOTES)
    before = QUICK_PARSER.render(note).replace(' title="title"', "")
    assert html(GITHUB.render(page)) == html(before)
    assert rendered(page, NOTES) == page


@settings(deadline=None)
@given(joined(*"*_`[]()<>!#-+>~= \n\\1.ab&", "http://a", "```", "    "))
def test_notes_make_no_tag_but_those_of_markdown(note):
    found = GITHUB.parse(rendered(note, NOTES))
    kinds = {token.type for block in found for token in (block, *(block.children or ()))}
    assert not kinds & {"html_block", "html_inline", "image", "s_open"}


def test_notes_lead_to_the_web_only():
    page = rendered("[a](javascript:alert(1)) [b](../../x) [c](data:text/html,x) ![d](http://e.f)", NOTES)
    links = re.findall(r'<a href="(.*?)"', GITHUB.render(page))
    assert links == ["http://e.f"]
    assert "<img" not in GITHUB.render(page)


def test_notes_nested_without_end_are_written_all_the_same():
    assert "a" in rendered("*" * 4000 + "a" + "*" * 4000, NOTES)
    assert rendered("> " * 4000 + "a", NOTES).startswith("> > >")


def test_headings_of_notes_are_below_the_section():
    assert rendered("# a #\n\nb\nc\n---\n\n###### d", NOTES) == "### a\n\n#### b c\n\n###### d"


def test_a_report_is_readable_as_it_is(tmp_path):
    rows = ((TableCell("cat"), TableCell("9.5 %", 9.5, marked=True)), (TableCell("all"), TableCell("")))
    matrix = Matrix("confusion", "Confusion.", np.array([[9, 1], [0, 0]]), ("cat", "dog"))
    text = made(
        tmp_path,
        Prose("Look."),
        Prose("Mind!", warning=True),
        Facts((("seed", "0"),)),
        Code("nnlab train\n"),
        Table("per-class", "Each class.", ("class", "recall"), rows, total=True),
        matrix,
        Comment("why", "Why?", "So."),
        Comment("how", "How?"),
    )
    assert (
        text
        == """\
# Report

of a run

## Results

Look.

> **Warning:** Mind!

- **seed:** 0

```
nnlab train
```

*Each class.*

| class   |    recall |
| ------- | --------: |
| cat     | **9.5 %** |
| **all** |           |

*Confusion.*

| true / predicted |         cat |         dog |
| ---------------- | ----------: | ----------: |
| cat              | 9 (90.00 %) | 1 (10.00 %) |
| dog              |           0 |           0 |

> Why?

So.
"""
    )


@pytest.mark.slow
def test_hostile_names_are_shown_literally(tmp_path):
    page = GITHUB.render(written(sample.document(), tmp_path))
    tags = set(re.findall(r"<(/?\w+)", page))
    assert not tags & {"script", "style", "b", "input", "title"}
    assert set(re.findall(r'(?:src|href)="(.*?)"', page)) == {
        "figures/curves.svg",
        "figures/reliability.svg",
        "figures/filters.png",
        "https://arxiv.org/abs/1311.2524",
        "https://example.org/spy.png",
    }
    assert 'alt="The &quot;loss&quot; falls, &lt;script&gt;alert(1)&lt;/script&gt;."' in page
    for place in re.findall(r'src="(.*?)"', page):
        assert (tmp_path / place).is_file()


def test_the_same_document_gives_the_same_bytes(tmp_path):
    for folder in ("a", "b"):
        written(sample.document(pictures=False), tmp_path / folder)
    assert (tmp_path / "a/report.md").read_bytes() == (tmp_path / "b/report.md").read_bytes()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["report.md"]


def test_of_a_large_matrix_all_counts_are_beside(tmp_path):
    text = written(sample.document(30, pictures=False), tmp_path)
    assert "[All counts](tables/confusion.csv)" in text
    rows = list(csv.reader((tmp_path / "tables/confusion.csv").read_text().splitlines()))
    assert len(rows) == 31
    assert rows[0][1] == sample.SCRIPT
    matrix = sample.document(30, pictures=False).sections[-1].blocks[0]
    assert [[int(count) for count in row[1:]] for row in rows[1:]] == matrix.counts.tolist()
    assert len(re.findall(r"^\|", text[text.index("What was taken for what") :], re.MULTILINE)) == 22


def test_no_name_is_a_formula_to_a_spreadsheet(tmp_path):
    names = ("=1+1", "+1", "-1", "@a", *(f"class {i}" for i in range(20)))
    made(tmp_path, Matrix("confusion", "", np.zeros((24, 24), np.int64), names))
    header = (tmp_path / "tables/confusion.csv").read_text().splitlines()[0]
    assert header.startswith("true class,'=1+1,'+1,'-1,'@a,class 0,")
