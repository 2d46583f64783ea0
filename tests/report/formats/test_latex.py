import re
import shutil
import subprocess
from unicodedata import normalize

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report import sample

from nnlab.report.content import Code, Comment, Document, Facts, Matrix, Prose, Section, Table, TableCell
from nnlab.report.formats.author_text import rendered
from nnlab.report.formats.latex import write_latex
from nnlab.report.formats.latex_text import NOTES, escaped, typed

# Coarse letters: where the fonts are no outlines, METAFONT draws them first, the slower the finer.
PAPER = r"""\documentclass[%s]{article}
\pdfpkresolution=300
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{booktabs,graphicx}
\begin{document}
%s
\end{document}
"""
INPUT = r"""\newcommand{\nnlabreport}{runs/a_run/report-tex/}
\input{\nnlabreport report}"""
needs_latex = pytest.mark.skipif(
    not all(map(shutil.which, ("pdflatex", "pdftotext"))), reason="needs pdflatex and pdftotext"
)


def made(tmp_path, *blocks):
    section = Section("results", "Results", blocks)
    return written(Document("Report", "of a run", (section,)), tmp_path / "runs/a_run/report-tex")


def written(document, folder):
    path = folder / "report.tex"
    write_latex(document, path)
    return path


def compiled(folder, body=INPUT, options=""):
    """Return the text of the compiled paper, of which nothing may stick out."""
    (folder / "paper.tex").write_text(PAPER % (options, body))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    log = (folder / "paper.log").read_text(errors="replace")
    assert done.returncode == 0, log[-3000:]
    wide = [float(points) for points in re.findall(r"Overfull \\.box \((.*?)pt too", log)]
    assert max(wide, default=0) < 20, log
    assert "LaTeX Error" not in log
    text = subprocess.run(["pdftotext", "-raw", "paper.pdf", "-"], cwd=folder, capture_output=True, check=True)
    return normalize("NFKC", text.stdout.decode())


def squeezed(text):
    return "".join(text.split())


@pytest.mark.slow
@given(st.text())
def test_no_character_is_left_that_steers(text):
    rest = re.sub(r"\\[a-z]+\{(34)?\}|\{[][*]\}|\\[{}#$%&_]|\$\\?[a-z-]+\$", "", escaped(text))
    assert not set(rest.replace("{}", "")) & set('\\{}#$%&_^~[]*<>|`"')
    assert "\n" not in rest


def test_what_the_fonts_lack_is_named():
    assert escaped("猫😀\x07e\N{COMBINING ACUTE ACCENT}x\N{COMBINING ACUTE ACCENT}") == (
        "{[}U+732B{]}{[}U+1F600{]}{[}U+0007{]}éx{[}U+0301{]}"
    )


def test_hyphens_make_no_dash():
    assert escaped("--format a,,b ''") == "-{}-format a,{},b '{}'"


def test_a_long_word_may_be_broken():
    assert escaped("a" * 25) == r"\allowbreak{}".join(["a" * 10, "a" * 10, "a" * 5])
    assert escaped("runs/20261121-093156-mnist") == (
        r"runs/\allowbreak{}20261121-\allowbreak{}093156-\allowbreak{}mnist"
    )


def test_notes_become_paragraphs_lists_and_emphasis():
    note = "# A *b*\n\nc **d** `e_f`\ng  \nh\n\n- i\n\n  j\n- k\n\n4. l\n\n> m\n\n***\n\n```\nn\n```\n<b>"
    assert (
        rendered(note, NOTES)
        == r"""\subparagraph{A \emph{b}}

c \textbf{d} \texttt{e\_f}
g\leavevmode\\
h

\begin{itemize}
\item i

j

\item k
\end{itemize}

\begin{enumerate}
\item[{4.}] l
\end{enumerate}

\begin{quote}
m
\end{quote}

\begin{center}\rule{0.5\linewidth}{0.4pt}\end{center}

\begin{flushleft}\small\ttfamily
\mbox{}n
\end{flushleft}

\textless{}b\textgreater{}"""
    )


def test_links_are_printed():
    assert rendered("[a](https://b.c) <https://d.e>", NOTES) == r"a (\texttt{https://b.c}) \texttt{https://d.e}"


def test_each_table_has_a_file(tmp_path):
    rows = ((TableCell("cat"), TableCell("9.5 %", 9.5, marked=True)), (TableCell("all"), TableCell("")))
    path = made(tmp_path, Table("per-class", "Each class.", ("class", "recall"), rows, total=True))
    assert r"\input{\nnlabreport tables/per-class}" in path.read_text()
    assert (
        (path.parent / "tables/per-class.tex").read_text()
        == r"""\begin{table}[!htp]
\centering\small
\caption{Each class.}\label{tab:per-class}
\par\smallskip
\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%
\begin{tabular}{lr}
\toprule
class & recall \\
\midrule
cat & \textbf{9.5 \%} \\
\midrule
all &  \\
\bottomrule
\end{tabular}}
\end{table}
"""
    )


def test_a_long_table_is_parted(tmp_path):
    rows = tuple((TableCell(str(number)), TableCell("x")) for number in range(81))
    path = made(tmp_path, Table("long", "Long.", ("number", "x"), rows))
    text = (path.parent / "tables/long.tex").read_text()
    assert text.count(r"\begin{table}") == 3
    assert text.count(r"\label{tab:long}") == 1
    assert text.count(r"\addtocounter{table}{-1}\caption{Long. (continued)}") == 2
    assert re.findall(r"^(\d+) &", text, re.MULTILINE) == [str(number) for number in range(81)]


def test_a_matrix_has_its_recalls_and_a_large_one_a_file(tmp_path):
    path = made(tmp_path, Matrix("small", "S.", np.array([[3, 1], [0, 0]]), ("cat", "dog")))
    text = (path.parent / "tables/small.tex").read_text()
    assert "cat & 3 & 1 & 75.00 \\% \\\\\ndog & 0 & 0 &  \\\\" in text
    counts = np.eye(21, k=1, dtype=np.int64)
    path = made(tmp_path, Matrix("large", "L.", counts, tuple(f"class {number}" for number in range(21))))
    assert r"class 0 & class 1 & 1 & 100.00 \% \\" in (path.parent / "tables/large.tex").read_text()
    assert len((path.parent / "tables/large.csv").read_text().splitlines()) == 22


def test_a_question_without_an_answer_is_left_out(tmp_path):
    text = made(tmp_path, Comment("a", "Why?", "So."), Comment("b", "How?"), Facts(())).read_text()
    assert text.endswith("\\paragraph{Why?}\nSo.\n\n\\nnlabbarrier\n")


@pytest.mark.slow
def test_the_same_document_gives_the_same_bytes(tmp_path):
    found = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        written(sample.document(), folder)
        found.append({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")})
    assert found[0] == found[1]
    assert sorted(map(str, found[0])) == [
        "figures/curves.pdf",
        "figures/filters.pdf",
        "figures/reliability.pdf",
        "report.tex",
        "tables/confusion.tex",
        "tables/empty.tex",
        "tables/odd.tex",
        "tables/per-class.tex",
    ]


@pytest.mark.slow
@needs_latex
@pytest.mark.parametrize("options", ["", "twocolumn"])
def test_hostile_names_are_set_literally(tmp_path, options):
    written(sample.document(), tmp_path / "runs/a_run/report-tex")
    text = squeezed(compiled(tmp_path, options=options))
    for name in (*sample.HOSTILE[:5], sample.HOSTILE[6], "nnlab train mnist.yaml name='<script>", "x" * 300):
        assert squeezed(name) in text, name
    assert "[U+65E5][U+672C][U+8A9E][U+1F600]Grö" in text
    assert "[U+001B]{[}" not in text
    assert "[U+D800][U+0000][U+FDD0]" in text


@pytest.mark.slow
@needs_latex
def test_every_character_is_set(tmp_path):
    letters = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x600), *range(0x2000, 0x2300)]))
    text = compiled(
        tmp_path,
        f"Start {' '.join(map(escaped, letters.split()[0]))}.\n\n{typed(chr(10).join(letters))}",
    )
    assert squeezed("".join(map(chr, range(0x20, 0x7F)))) in squeezed(text)


@pytest.mark.slow
@needs_latex
def test_nothing_breaks_the_compilation(tmp_path):
    rows = tuple(
        (TableCell(f"[{number}]"), TableCell("*"), TableCell("word " * 50), TableCell("w" * 200))
        for number in range(41)
    )
    deep = "".join("  " * level + "- a\n" for level in range(9)) + "\n> > > > > > > > quoted\n"
    made(
        tmp_path,
        Prose(r"\end{document} \newpage %"),
        Code("\\end{flushleft}\n\n  [a]\n*b*\n\\end{verbatim}\t'x'\n``?`!`--<<>>,,"),
        Table("wide", r"A \caption{wide} one%", ("[a", "*", "c", "d"), rows, left=3, total=True),
        Comment("a", "Why [not]?", deep + "\n\n\\\n[x]\n\n1. \n2. [y]\n\n# H  \n\n" + "*" * 500 + "a" + "*" * 500),
        Comment("b", "How?", "a\\\n[b]\\\n*c*\n\nd\\\n===\n\n-\n\n>\n\n```\n```\n\n9. x\n   1. [y](z)\n\n---"),
    )
    text = squeezed(compiled(tmp_path, options="twocolumn"))
    assert r"\end{document}\newpage%" in text
    assert r"\end{verbatim}" in text
    assert "``?`!`--<<>>,," in text
    assert "[40]" in text
