"""The author's notes in a report: where they are shown, and a warning for each part that is not."""

import re
import time

import pytest
from markdown_it import MarkdownIt
from PIL import Image
from report.sample import HOSTILE

from nnlab.errors import SystemFault
from nnlab.report.content import AuthorText, Comment, Document, Prose, Section
from nnlab.report.formats import FORMATS
from nnlab.report.formats.author_text import formulas_in, images_in
from nnlab.report.writing import Destination, with_notes, write_report

NOTES = r"""---
title: Small convolutions
author: A. Student
date: 2026-11-21
---

We train with $\eta = 0.1$.

## Related work

| method | error, % |
|:-------|---------:|
| k-NN   | 5.0      |
| `a\|b` | **1.1**  |

## Why?

Since

$$
L = -\sum_k y_k
- \log p_k
$$

and ![the filters](filters.png).

## Outlook

More data.
"""


@pytest.fixture
def folder(tmp_path):
    Image.new("RGB", (8, 6), "red").save(tmp_path / "filters.png")
    (tmp_path / "notes.md").write_text(NOTES, encoding="utf-8")
    return tmp_path


def document():
    first = Section("results", "Results", (Comment("why", "Why?"),))
    return Document("small", "Report of a run", (first, Section("end", "Reproduction", (Prose("Again."),))))


def warned(folder, text, form="html"):
    (folder / "notes.md").write_text(text, encoding="utf-8")
    noted = with_notes(document(), folder / "notes.md", form)
    return [block.text for section in noted.sections for block in section.blocks if isinstance(block, Prose)][:-1]


def test_head_introduction_and_own_sections_are_where_the_author_put_them(folder):
    noted = with_notes(document(), folder / "notes.md", "html")
    assert (noted.title, noted.subtitle, noted.byline) == (
        "Small convolutions",
        "Report of a run",
        "A. Student, 2026-11-21",
    )
    assert [section.title for section in noted.sections] == [
        "Introduction",
        "Related work",
        "Results",
        "Outlook",
        "Reproduction",
    ]
    assert noted.sections[0].blocks == (AuthorText(r"We train with $\eta = 0.1$."),)
    assert noted.sections[2].blocks[0].text.startswith("Since")
    assert len({section.name for section in noted.sections}) == 5


@pytest.mark.parametrize("form", FORMATS)
def test_formulas_tables_and_images_are_shown_in_every_format(folder, form):
    path = write_report(document(), Destination(folder, "report", folder / "notes.md"), form)
    text = path.read_text(encoding="utf-8")
    assert "not shown" not in text
    if form == "html":
        assert text.count('<svg class="formula') == 2
        assert 'aria-label="\\eta = 0.1"' in text
        assert '<svg class="formula alone" role="img" aria-label="L = -\\sum_k y_k\n- \\log p_k"' in text
        assert re.search(r'<img src="data:image/png;base64,[^"]+" width="8" height="6" alt="the filters">', text)
        assert '<td class="right"><strong>1.1</strong></td>' in text
        assert "style=" not in text.split("<body>")[1]
        assert '<p class="byline">A. Student, 2026-11-21</p>' in text
    else:
        assert (path.parent / "images/1.png").read_bytes() == (folder / "filters.png").read_bytes()
    if form == "md":
        assert "$`\\eta = 0.1`$" in text
        assert "```math\nL = -\\sum_k y_k\n- \\log p_k\n```" in text
        assert "![the filters](images/1.png)" in text
        assert "| method | error, % |\n| --- | --: |\n| k-NN | 5.0 |\n| `a\\|b` | **1.1** |" in text
    if form == "tex":
        assert r"$\eta = 0.1$" in text
        assert "\\[\nL = -\\sum_k y_k - \\log p_k\n\\]" in text
        assert r"\nnlabimage{images/1.png}" in text
        assert "\\begin{tabular}{lr}\n\\toprule\nmethod & error, \\% \\\\\n\\midrule\nk-NN & 5.0 \\\\" in text


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://example.org/a.png", "it is not a file beside the notes"),
        ("/etc/hostname", "it is not in the folder of the notes"),
        ("../secret.png", "it is not in the folder of the notes"),
        ("link.png", "it is not in the folder of the notes"),
        ("a%00b.png", "it is not in the folder of the notes"),
        ("missing.png", "is missing"),
        ("notes.md", "it is not a complete PNG or JPEG file"),
        ("torn.png", "it is not a complete PNG or JPEG file"),
        ("figure.svg", "it is not a complete PNG or JPEG file"),
    ],
)
@pytest.mark.parametrize("form", FORMATS)
def test_an_image_that_is_not_shown_has_a_warning(folder, form, address, why):
    (folder / "link.png").symlink_to("/etc/hostname")
    (folder / "torn.png").write_bytes((folder / "filters.png").read_bytes()[:40])
    (folder / "figure.svg").write_text("<svg/>")
    (found,) = warned(folder, f"## Why?\n\n![words]({address})\n", form)
    assert found.startswith(f"notes.md: the image {address} is not shown: ")
    assert why in found
    path = write_report(document(), Destination(folder, "report", folder / "notes.md"), form)
    assert "words" in path.read_text(encoding="utf-8")


def test_a_formula_that_is_not_drawn_has_a_warning_and_is_shown_as_its_source(folder):
    text = "## Why?\n\n$\\begin{aligned}a\\end{aligned}$ and $x$\n"
    assert warned(folder, text) == [
        r"notes.md: the formula \begin{aligned}a\end{aligned} cannot be drawn; its source is shown instead."
    ]
    assert warned(folder, text, "md") == []
    page = write_report(document(), Destination(folder, "report", folder / "notes.md"), "html").read_text()
    assert r"<code>\begin{aligned}a\end{aligned}</code>" in page


def test_dollars_are_not_always_formulas():
    assert formulas_in("It costs $5 or 6 $.\n\n\\$x\\$, `$y$` and $a$.\n\n$ z $, $1$2") == ["a"]
    assert formulas_in("$$\na\n\n- b\n$$\n\n> $$c$$\n\n```math\nd\n```\n\n$`e`$, $$f$$") == [
        "a\n\n- b", "c", "d\n", "e", "f"
    ]  # fmt: skip
    assert images_in("![a](b.png) `![c](d.png)` \\![e](f.png)") == ["b.png"]


@pytest.mark.parametrize(
    "piece", ["[", "![", "*a", "$a", "`", "| a ", "> ", "- a\n", "a\n", "$$\n", "```math\n", "$x$ "]
)
def test_a_megabyte_of_markup_takes_seconds_and_is_shown(tmp_path, piece):
    text = "## Why?\n\n" + piece * ((2**20 - 100) // len(piece))
    (tmp_path / "notes.md").write_text(text, encoding="utf-8")
    start = time.process_time()
    page = write_report(document(), Destination(tmp_path, "report", tmp_path / "notes.md"), "html").read_text()
    assert time.process_time() - start < 10
    assert "above 60,000 they are shown without formatting" in page
    assert page.count(piece.strip().replace(">", "&gt;")) >= text.count(piece.strip()) - 1


@pytest.mark.parametrize("piece", ["[", "![", "*a", "$a ", "[a](", "$x$ "])
def test_notes_below_the_limit_take_seconds_too(tmp_path, piece):
    (tmp_path / "notes.md").write_text(piece * (59_000 // len(piece)), encoding="utf-8")
    start = time.process_time()
    write_report(document(), Destination(tmp_path, "report", tmp_path / "notes.md"), "html")
    assert time.process_time() - start < 10


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_head_and_headings_are_only_text(tmp_path, name):
    line = " ".join(name.encode(errors="replace").decode().split())
    text = f"---\ntitle: {line}\nauthor: {line}\n---\n\n{line}\n\n## {line} x\n\n{line}\n"
    (tmp_path / "notes.md").write_text(text, encoding="utf-8")
    destination = Destination(tmp_path, "report", tmp_path / "notes.md")
    page = write_report(document(), destination, "html").read_text(encoding="utf-8")
    assert page.count("<script") == 1
    assert not re.search(r"<(b|img|input|title)\b[^>]*>", page.split("<body>")[1])
    markdown = write_report(document(), destination, "md").read_text(encoding="utf-8")
    shown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    assert not re.search(r"<(script|img|b|input|title|/)|href=\"(?!https?:|mailto:)", re.sub(r"</\w+>", "", shown))
    tex = write_report(document(), destination, "tex").read_text(encoding="utf-8")
    assert r"\input" not in tex.split(r"\section")[1].replace(r"\input{\nnlabreport", "")


def test_notes_that_cannot_be_written_stop_no_report_elsewhere(tmp_path, monkeypatch, caplog):
    def refuse(path, content):
        raise SystemFault(f"cannot write {path}: Read-only file system")

    monkeypatch.setattr("nnlab.report.notes.write_bytes", refuse)
    run, page = tmp_path / "run", tmp_path / "page.html"
    run.mkdir()
    destination = Destination(run, "report", run / "notes.md")
    assert write_report(document(), destination, "html", page) == page
    assert "Why?" in page.read_text(encoding="utf-8")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert list(run.iterdir()) == []
    with pytest.raises(SystemFault):
        write_report(document(), destination, "html")
