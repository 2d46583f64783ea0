"""A report in LaTeX, to be taken into a paper: tables for booktabs, figures as PDF."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from nnlab.drawing.saving import save
from nnlab.drawing.style import PAGE
from nnlab.errors import printable
from nnlab.files import write_text
from nnlab.report import confusions
from nnlab.report.document import (
    Block,
    Cell,
    Code,
    Comment,
    Document,
    Facts,
    Matrix,
    Picture,
    Prose,
    Section,
    Table,
)
from nnlab.report.latex_text import NOTES, escaped, typed
from nnlab.report.note_text import rendered

_HEAD = r"""% Written by nnlab; made anew, it is overwritten.
% The preamble needs
%     \usepackage[T1]{fontenc}
%     \usepackage{booktabs,graphicx}
% and the text
%     \newcommand{\nnlabreport}{path/to/this/folder/}
%     \input{\nnlabreport report}
% with a slash at the end of the path. A table alone: \input{path/to/this/folder/tables/NAME}; a figure alone:
% \includegraphics[width=\linewidth]{path/to/this/folder/figures/NAME}.
\providecommand{\nnlabreport}{}"""

_LINES = 40  # of a table that fits a page
_LINE = 40  # characters of a cell on one line
_LONGEST = 400  # characters of a cell


def write_latex(document: Document, folder: Path) -> Path:
    """Write ``document`` as ``report.tex`` into ``folder``, its tables and figures beside; return it.

    Comments without an answer are left out. Raises SystemFault if the machine refuses to write.
    """
    parts = [_HEAD, rf"\section{{{escaped(document.title)}}}", escaped(document.subtitle)]
    for section in document.sections:
        parts += _section(section, folder)
    path = folder / "report.tex"
    write_text(path, "\n\n".join(part for part in parts if part) + "\n")
    return path


def _section(section: Section, folder: Path) -> Iterator[str]:
    yield f"\\subsection{{{escaped(section.title)}}}\n\\label{{sec:{section.name}}}"
    for block in section.blocks:
        yield _block(block, folder)


def _block(block: Block, folder: Path) -> str:
    match block:
        case Prose():
            written = rf"\textbf{{Warning:}} {escaped(block.text)}" if block.warning else escaped(block.text)
        case Facts():
            written = _facts(block)
        case Code():
            written = typed(block.text)
        case Table():
            written = _input(block.name, _table(block), folder)
        case Picture():
            written = _picture(block, folder)
        case Matrix():
            written = _matrix(block, folder)
        case Comment():
            answer = rendered(block.text, NOTES)
            written = f"\\paragraph{{{escaped(block.prompt)}}}\n{answer}" if answer else ""
    return written


def _facts(facts: Facts) -> str:
    items = [rf"\item[{{{escaped(name)}}}] {escaped(value)}" for name, value in facts.rows]
    return (
        "\n".join([r"\begin{description}\raggedright\itemsep=0pt\parsep=0pt", *items, r"\end{description}"])
        if items
        else ""
    )


def _input(name: str, table: str, folder: Path) -> str:
    """Write a table to a file of its own, and return what takes it in."""
    write_text(folder / "tables" / f"{name}.tex", f"{table}\n")
    return rf"\input{{\nnlabreport tables/{name}}}"


def _table(table: Table) -> str:
    """Return a table; links in it are left out, for they lead to pages that are no part of a paper."""
    columns = [escaped(column) for column in table.columns]
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    if table.total and rows:
        rows[-1][0] = f"\\midrule\n{rows[-1][0]}"
    return _floats(table, columns, rows, table.left)


def _cell(cell: Cell) -> str:
    text = escaped(cell.text if len(cell.text) <= _LONGEST else f"{cell.text[:_LONGEST]}\N{HORIZONTAL ELLIPSIS}")
    if len(cell.text) > _LINE:
        text = rf"\parbox[t]{{18em}}{{\raggedright {text}\strut}}"
    return rf"\textbf{{{text}}}" if cell.marked else text


def _floats(block: Table | Matrix, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    """Return a table of cells in LaTeX, in as many parts as it needs for each to fit a page.

    No ``longtable``: it cannot stand in a paper of two columns, nor be scaled to the width of one.
    """
    caption = escaped(block.caption)
    alignment = "l" * left + "r" * (len(columns) - left)
    first, *others = _pages(rows)
    again = rf"\addtocounter{{table}}{{-1}}\caption{{{caption} (continued)}}"
    return "\n\n".join(
        [
            _float(rf"\caption{{{caption}}}\label{{tab:{block.name}}}", alignment, columns, first),
            *(_float(again, alignment, columns, other) for other in others),
        ]
    )


def _pages(rows: Sequence[Sequence[str]]) -> list[list[Sequence[str]]]:
    """Return ``rows`` in parts, each of which fits a page; one, if there are none."""
    pages: list[list[Sequence[str]]] = [[]]
    height = 0
    for row in rows:
        longest = max(map(len, row))
        lines = 1 + 2 * longest // _LINE if longest > _LINE else 1  # of what is broken, a line has half as much
        if pages[-1] and height + lines > _LINES:
            pages.append([])
            height = 0
        pages[-1].append(row)
        height += lines
    return pages


def _float(caption: str, alignment: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head, *body = [rf"{' & '.join(cells)} \\" for cells in (columns, *rows)]
    return "\n".join(
        [
            r"\begin{table}[!htbp]",
            r"\centering\small",
            caption,
            r"\par\smallskip",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{alignment}}}",
            r"\toprule",
            head,
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
        ]
    )


def _picture(picture: Picture, folder: Path) -> str:
    """Return a figure as wide as its share of a page, so that the text in all of them has one size."""
    share = min(1.0, picture.figure.get_figwidth() / PAGE)
    size = rf"width={share:.2f}\linewidth,height=0.8\textheight,keepaspectratio"
    place = f"figures/{picture.name}.pdf"
    save(picture.figure, folder / place)
    return "\n".join(
        [
            f"% {printable(' '.join(picture.description.split()))}",
            r"\begin{figure}[!htbp]",
            r"\centering",
            rf"\includegraphics[{size}]{{\nnlabreport {place}}}",
            rf"\caption{{{escaped(picture.caption)}}}",
            rf"\label{{fig:{picture.name}}}",
            r"\end{figure}",
        ]
    )


def _matrix(matrix: Matrix, folder: Path) -> str:
    """Return a confusion matrix with the recall of each class; of a large one the most frequent confusions."""
    if len(matrix.class_names) > confusions.LARGEST:
        write_text(folder / "tables" / f"{matrix.name}.csv", confusions.whole(matrix))
        return _input(matrix.name, _table(confusions.frequent(matrix)), folder)
    names = [escaped(name) for name in matrix.class_names]
    columns = ["true / predicted", *(rf"\rotatebox{{90}}{{{name}}}" for name in names), "recall"]
    rows = [
        [name, *(f"{count:,}" for count in row), escaped(confusions.share(matrix, number, number))]
        for number, (name, row) in enumerate(zip(names, matrix.counts.tolist(), strict=True))
    ]
    return _input(matrix.name, _floats(matrix, columns, rows, left=1), folder)
