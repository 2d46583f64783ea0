"""The page as text: escaped, self-contained, and the same every time."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from report.sample import HOSTILE, NOTE, SCRIPT, document

from nnlab.drawing.confusion import confusion
from nnlab.drawing.filters import filters
from nnlab.report.content import Code, Comment, Document, Facts, Matrix, Picture, Prose, Section, Table, TableCell
from nnlab.report.formats import html
from nnlab.report.formats.html import as_html

VOID = {"meta", "link", "img", "input", "hr", "br"}
LOADING = {"src", "srcset", "href", "data", "action", "formaction", "poster", "background", "style"}


class Reader(HTMLParser):
    """Reads a page, and holds it to closing what it opens."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts, self.open = [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        assert len(attrs) == len(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def page_of(*blocks, title="title"):
    return as_html(Document(title, "", (Section("s", "section", blocks),)))


@pytest.fixture(scope="module")
def page():
    return as_html(document())


@pytest.mark.slow
def test_the_same_document_gives_the_same_page(page):
    assert as_html(document()) == page
    assert page.encode().decode() == page
    assert len(page) < 500_000


def test_nothing_in_it_comes_from_elsewhere(page):
    for tag, attributes in Reader(page).tags:
        for name in LOADING & attributes.keys():
            inside = ("data:image/", "data:,", "#", "./../", "https://arxiv.org/", "https://example.org/spy.png")
            assert attributes[name].startswith(inside), (tag, attributes)
            assert tag == "a" or not attributes[name].startswith("http")
        assert not any(name.startswith("on") for name in attributes)
    text = re.sub(r'src="data:image/[^"]*"', "", page)  # drawings refer to their own parts
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest", text)


def test_ids_are_unique_and_links_within_lead_somewhere(page):
    tags = Reader(page).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    inside = {attributes["href"][1:] for _, attributes in tags if attributes.get("href", "").startswith("#")}
    assert inside <= set(ids)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "block",
    [
        lambda name: Prose(name, warning=True),
        lambda name: Facts(((name, name),)),
        Code,
        lambda name: Table("t", name, (name,), ((TableCell(name, 1.0, marked=True, address=name),),), total=True),
        lambda name: Matrix("m", name, np.array([[1, 0], [0, 0]]), (name, name)),
        lambda name: Picture("p", confusion(np.eye(2, dtype=np.int64), (name, name)), name, name),
        lambda name: Comment("c", name),
    ],
)
def test_names_are_only_text(block, name):
    tags = Reader(page_of(block(name), title=name)).tags
    assert [tag for tag, _ in tags] == [
        tag for tag, _ in Reader(page_of(block("x" if name else ""), title="x")).tags
    ]


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(text=st.text(st.characters(codec=None), max_size=40))
def test_any_text_is_shown_without_what_a_page_may_not_hold(text):
    page = page_of(Prose(text), title=text)
    page.encode()
    shown = "".join(Reader(page).texts)
    kept = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    if all(c.isprintable() for c in kept):
        assert kept in shown
    assert not re.search("[\x00-\x08\x7f-\x9f\u202e\ud800-\udfff]", page)


def test_the_policy_names_what_stands_in_the_page(page):
    policy = next(a["content"] for tag, a in Reader(page).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        inlined = re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
        assert f"{tag}-src 'sha256-{b64encode(sha256(inlined.encode()).digest()).decode()}'" in policy


def test_notes_are_markdown_that_cannot_do_anything(page):
    note = page_of(Comment("c", "Why?", NOTE))
    assert "<h4>Cats and dogs</h4>" in note
    assert "<strong>look alike</strong>" in note
    tags = Reader(note).tags
    assert not {"img", "b"} & {tag for tag, _ in tags}
    assert [tag for tag, _ in tags].count("script") == 1
    addresses = {a.get("href") for tag, a in tags if tag == "a"}
    assert addresses == {"#content", "#s", "https://arxiv.org/abs/1311.2524", "https://example.org/spy.png"}


@pytest.mark.parametrize("note", HOSTILE)
def test_notes_of_any_kind_hold_only_words(note):
    before, after = (Reader(page_of(Comment("c", "Why?", text))).tags for text in ("word", f"word {note}"))
    assert {tag for tag, _ in after} - {tag for tag, _ in before} <= {"code", "em", "svg", "path"}
    assert [tag for tag, _ in after].count("script") == 1


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//example.org",
        "data:text/html,x",
        "ftp://x",
        "//[x",
        "[x",
        "../a",
    ],
)
def test_notes_link_only_to_the_web_and_to_mail(address):
    tags = Reader(page_of(Comment("c", "Why?", f"[a](<{address}>)"))).tags
    assert {a.get("href") for tag, a in tags if tag == "a"} <= {"#content", "#s", None}


@pytest.mark.parametrize("address", ["https://example.org/a", "mailto:a@example.org"])
def test_notes_link_to_the_web_and_to_mail(address):
    assert f'<a href="{address}">' in page_of(Comment("c", "Why?", f"[a]({address})"))


def test_headings_of_notes_stay_below_those_of_the_page():
    note = page_of(Comment("c", "Why?", "# a\n\n### b\n\n#### c\n\n###### d"))
    assert re.findall(r"<(h\d)>(\w)<", note) == [("h4", "a"), ("h6", "b"), ("h6", "c"), ("h6", "d")]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("../a b/report.html", "./../a%20b/report.html"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("//example.org/x", ".///example.org/x"),
        ("a#b?c", "./a%23b%3Fc"),
        ("\udcff", "./%3F"),
    ],
)
def test_links_in_tables_stay_near_the_document(address, expected):
    page = page_of(Table("t", "", ("a",), ((TableCell("x", address=address),),)))
    assert f'<a href="{expected}">x</a>' in page


def test_light_figures_are_vectors_and_images_in_them_have_their_own_pixels():
    drawn, image = confusion(np.eye(3, dtype=np.int64), "abc"), filters(np.ones((5, 5, 3, 8)))
    page = page_of(Picture("a", drawn, "", "a"), Picture("b", image, "", "b", drawn=False))
    assert re.findall(r'src="data:image/([a-z+]+)[;,]', page) == ["svg+xml", "svg+xml"]
    assert "image-rendering" in page


def test_a_lighter_drawing_looks_the_same():
    svg = '<!-- 1 -->\n<path d="M 1.2345 -0.999\n L 3 4.5" transform="scale(0.015625)"/><metadata>\n2</metadata>'
    assert html._lighter(svg).strip() == '<path d="M 1.23 -0.99 L 3 4.5" transform="scale(0.015625)"/>'


def test_a_drawing_too_heavy_becomes_an_image():
    heavy = Figure(figsize=(1, 1))
    heavy.subplots().scatter(*np.random.default_rng(0).random((2, 4000)))
    page = page_of(Picture("a", heavy, "", "a"))
    assert re.findall(r'src="data:image/([a-z+]+)[;,]', page) == ["png"]


def test_figures_and_tables_are_numbered_in_their_order(page):
    captions = re.findall(r"<b>((?:Figure|Table) \d+)\.</b>", page)
    assert captions == ["Table 1", "Table 2", "Table 3", "Figure 1", "Figure 2", "Figure 3", "Table 4"]


def test_colours_of_a_matrix_grow_with_the_share_of_the_true_class():
    counts = np.array([[100, 0, 0], [1, 99, 0], [25, 0, 75]])
    cells = re.findall(
        r'<td(?: class="level-(\d+)" data-count="(\d+)")?>([\d,]*)</td>',
        page_of(Matrix("m", "", counts, ("a", "b", "c"))),
    )
    assert cells == [
        ("10", "100", "100"), ("", "", "0"), ("", "", "0"),
        ("1", "1", "1"), ("10", "99", "99"), ("", "", "0"),
        ("5", "25", "25"), ("", "", "0"), ("9", "75", "75"),
    ]  # fmt: skip


def test_many_classes_have_cells_without_text():
    names = tuple(f"class {number}" for number in range(200))
    page = page_of(Matrix("m", "", 5 * np.eye(200, dtype=np.int64), names))
    assert page.count('<td class="level-10" data-count="5"></td>') == 200
    assert page.count("<td></td>") == 200 * 199
    assert len(page) < 500_000


def test_an_unanswered_question_says_where_to_answer_it():
    assert "notes.md" in page_of(Comment("c", "Why?"))
    assert "notes.md" not in page_of(Comment("c", "Why?", "Because."))
    asked = (Section("s", "S", (Comment("c", "Why?"),)),)
    assert "<code>&lt;b&gt;-notes.md</code>" in as_html(Document("t", "", asked, notes="<b>-notes.md"))


def test_the_check_of_names_notices_text_that_is_not_escaped(monkeypatch):
    html._templates.cache_clear()
    monkeypatch.setattr(html._templates(), "autoescape", False)
    tags = [tag for tag, _ in Reader(page_of(Prose(SCRIPT))).tags]
    html._templates.cache_clear()
    assert tags.count("script") == 2


@pytest.mark.slow
def test_a_heavy_drawing_stays_one_if_its_pixels_are_heavier(monkeypatch):
    monkeypatch.setattr(html, "_HEAVY", 0)
    monkeypatch.setattr(html, "_DPI", 1200)
    page = page_of(Picture("a", confusion(np.eye(2, dtype=np.int64), "ab"), "", "a"))
    assert re.findall(r'src="data:image/([a-z+]+)[;,]', page) == ["svg+xml"]
