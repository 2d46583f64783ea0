"""Reports with hostile names and notes: nothing in Markdown acts in a browser, nothing in TeX runs a command."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from markdown_it import MarkdownIt
from report.sample import HOSTILE

from nnlab.report.content import Comment, Document, Facts, Matrix, Prose, Section, Table, TableCell
from nnlab.report.writing import Destination, write_report

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
GITHUB = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
TRACE = "it-ran"
ACTIVE = (
    *(name for name in HOSTILE if "\ud800" not in name),
    "[a](javascript:alert(1)) [b](JaVaScRiPt&colon;alert(1)) <javascript:alert(1)> [c](data:text/html,<script>)",
    "![a](data:image/svg+xml;base64,PHN2Zz4=) ![b](https://example.org/spy.png) [d]: javascript:alert(1)",
    "<img src=x onerror=alert(1)> <svg onload=alert(1)> <iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "a|b\n|-|-|\n|<script>alert(1)</script>|`|`|",
    "``` <script>alert(1)</script>",
    "<!-- --><script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;script&#62;",
)
COMMANDS = tuple(
    text.replace("TOUCH", f"touch {TRACE}")
    for text in (
        r"\write18{TOUCH}",
        r"\immediate\write18{TOUCH}",
        r"$\immediate\write18{TOUCH}$",
        r'$$\input|"TOUCH"$$',
        r'\input{|"TOUCH"}',
        "^^5cimmediate^^5cwrite18{TOUCH}",
        r"`\immediate\write18{TOUCH}`",
        r"[a](https://example.org/}\immediate\write18{TOUCH})",
        r"$`\text{\immediate\write18{TOUCH}}`$",
        r"$\csname immediate\endcsname\csname write18\endcsname{TOUCH}$",
        r"\openout3=it-ran \directlua{os.execute('TOUCH')}",
    )
)


def written(folder, texts, form):
    """Write a report in which ``texts`` are titles, names, cells, prose, classes and notes; return its path."""
    names = tuple(" ".join(text.split()) for text in texts)
    blocks = (
        *(Prose(name) for name in names),
        Facts(tuple((name, name) for name in names)),
        Table("odd", names[0], names[:3], tuple((TableCell(name),) * 3 for name in names)),
        Matrix("confusion", names[1], np.eye(len(names), dtype=np.int64), names),
        Comment("why", "Why?"),
    )
    notes = "".join(
        f"{text}\n\n- {text}\n\n## {names[number]} x\n\n{text}\n\n" for number, text in enumerate(texts)
    )
    fenced = "\n\n".join(f"```math\n{text}\n```" for text in texts if "`" not in text)
    (folder / "notes.md").write_text(f"## Why?\n\n{notes}\n\n{fenced}\n", encoding="utf-8")
    document = Document(names[0], names[1], (Section("results", names[2], blocks),))
    return write_report(document, Destination(folder, "report", folder / "notes.md"), form)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_nothing_in_markdown_acts_in_a_browser(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    text = written(tmp_path, ACTIVE, "md").read_text(encoding="utf-8")
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>\n{GITHUB.render(text)}", encoding="utf-8")
    noises = []
    with playwright.sync_playwright() as started:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        with started.chromium.launch(executable_path=CHROMIUM, args=arguments) as browser:
            shown = browser.new_page()
            shown.on("dialog", lambda dialog: (noises.append(dialog.message), dialog.dismiss()))
            shown.on("request", lambda request: noises.append(request.url))
            shown.goto(page.as_uri())
            tags = set(shown.evaluate("[...document.querySelectorAll('body *')].map(e => e.localName)"))
            named = shown.evaluate(
                "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).map(a => a.name)"
            )
            links = shown.evaluate("[...document.querySelectorAll('[href], [src]')].map(e => e.href || e.src)")
            content = shown.inner_text("body")
    assert noises == [page.as_uri()]
    assert not tags & {"script", "img", "svg", "iframe", "b", "input", "style", "object", "form"}
    assert not [name for name in named if name.startswith("on") or name == "srcdoc"]
    assert links
    assert not [link for link in links if not link.startswith(("https://", "http://"))]
    assert content.count("<script>alert(1)</script>") > 10


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_nothing_in_tex_runs_a_command(tmp_path):
    path = written(tmp_path, COMMANDS, "tex")
    paper = path.parent / "paper.tex"
    head = r"\documentclass{article}\pdfpkresolution=300\usepackage[T1]{fontenc}\usepackage{booktabs,graphicx}"
    command = ["pdflatex", "-interaction=nonstopmode", "-shell-escape", paper.name]
    for body, ran in ((r"\input{report}", False), (COMMANDS[1], True)):  # the second one shows that commands run
        paper.write_text(f"{head}\n\\begin{{document}}\nText.\n{body}\n\\end{{document}}\n", encoding="utf-8")
        done = subprocess.run(command, cwd=path.parent, capture_output=True, check=False)
        log = (path.parent / "paper.log").read_text(errors="replace")
        assert done.returncode == 0, re.findall(r"^!.*(?:\n.*){4}", log, re.MULTILINE)[:3]
        assert [each.name for each in path.parent.rglob(f"{TRACE}*")] == [TRACE] * ran
