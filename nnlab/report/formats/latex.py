"""A report in LaTeX for inclusion in a paper: tables for booktabs, figures as PDF."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nnlab.drawing.saving import save
from nnlab.drawing.style import PAGE
from nnlab.errors import printable
from nnlab.files import write_text
from nnlab.report.content import (
    AuthorText,
    Block,
    Code,
    Comment,
    Document,
    Facts,
    Matrix,
    Picture,
    Prose,
    Section,
    Table,
    TableCell,
)
from nnlab.report.formats import confusions
from nnlab.report.formats.author_text import Writer, rendered
from nnlab.report.formats.formulas import PREAMBLE
from nnlab.report.formats.image_files import write_images
from nnlab.report.formats.latex_text import escaped, typed, writers

_HEAD = r"""% Written by nnlab, and overwritten when the report is written again.
% The preamble needs
%     \usepackage[T1]{fontenc}
%     \usepackage{booktabs,graphicx}
% and the text
%     \newcommand{\nnlabreport}{path/to/this/folder/}
%     \input{\nnlabreport report}
% with a slash at the end of the path. A table alone: \input{path/to/this/folder/tables/NAME}; a figure alone:
% \includegraphics[width=\linewidth]{path/to/this/folder/figures/NAME}.
\providecommand{\nnlabreport}{}
\makeatletter
% Floats stay in their section: those that wait are placed before the next one begins.
\providecommand{\nnlabbarrier}{\par\ifx\@deferlist\@empty\else\clearpage\fi\suppressfloats[t]}
% An image of the notes in its own size, at most as wide as the line.
\providecommand{\nnlabimage}[1]{%
  \resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{\includegraphics{\nnlabreport #1}}}
\makeatother
"""

_HEAD += PREAMBLE

_LINES = 40  # rows of a table that fits a page
_LINE = 40  # characters of a cell that is not broken into lines
_LONGEST = 400  # characters of a cell


def write_latex(document: Document, path: Path) -> None:
    """Write ``document`` to ``path``, and its tables, figures and images into the same folder.

    Questions without an answer are left out. Raises SystemFault if a file cannot be written.
    """
    folder = path.parent
    notes = writers(write_images(document, folder))
    title = rf"\section{{{escaped(document.title)}}}"
    parts = [_HEAD, title, escaped(document.subtitle), escaped(document.byline)]
    for section in document.sections:
        parts += _section(section, folder, notes)
    parts.append(r"\nnlabbarrier")
    write_text(path, "\n\n".join(part for part in parts if part) + "\n")


def _section(section: Section, folder: Path, notes: Mapping[str, Writer]) -> Iterator[str]:
    yield f"\\nnlabbarrier\n\\subsection{{{escaped(section.title)}}}\n\\label{{sec:{section.name}}}"
    for block in section.blocks:
        yield _block(block, folder, notes)


def _block(block: Block, folder: Path, notes: Mapping[str, Writer]) -> str:
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
            answer = rendered(block.text, notes)
            written = f"\\paragraph{{{escaped(block.prompt)}}}\n{answer}" if answer else ""
        case AuthorText():
            written = rendered(block.text, notes)
    return written


def _facts(facts: Facts) -> str:
    items = [rf"\item[{{{escaped(name)}}}] {escaped(value)}" for name, value in facts.rows]
    return (
        "\n".join([r"\begin{description}\raggedright\itemsep=0pt\parsep=0pt", *items, r"\end{description}"])
        if items
        else ""
    )


def _input(name: str, table: str, folder: Path) -> str:
    """Write a table to a file of its own, and return the command that includes it."""
    write_text(folder / "tables" / f"{name}.tex", f"{table}\n")
    return rf"\input{{\nnlabreport tables/{name}}}"


def _table(table: Table) -> str:
    """Return a table without its links: they lead to HTML pages."""
    columns = [escaped(column) for column in table.columns]
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    if table.total and rows:
        rows[-1][0] = f"\\midrule\n{rows[-1][0]}"
    return _floats(table, columns, rows, table.left)


def _cell(cell: TableCell) -> str:
    text = escaped(cell.text if len(cell.text) <= _LONGEST else f"{cell.text[:_LONGEST]}\N{HORIZONTAL ELLIPSIS}")
    if len(cell.text) > _LINE:
        text = rf"\parbox[t]{{18em}}{{\raggedright {text}\strut}}"
    return rf"\textbf{{{text}}}" if cell.marked else text


def _floats(block: Table | Matrix, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    """Return a table of cells in LaTeX, in as many parts as needed for each to fit a page.

    ``longtable`` is not used: it does not work in two columns, and cannot be scaled to the width of one.
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
    """Return ``rows`` in parts that fit a page each; one empty part if there are no rows."""
    pages: list[list[Sequence[str]]] = [[]]
    height = 0
    for row in rows:
        longest = max(map(len, row))
        lines = 1 + 2 * longest // _LINE if longest > _LINE else 1  # a broken line holds half as many characters
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
            r"\begin{table}[!htp]",
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
    """Return a figure scaled to its share of the page width, so that the text of all figures has the same size."""
    share = min(1.0, picture.figure.get_figwidth() / PAGE)
    size = rf"width={share:.2f}\linewidth,height=0.8\textheight,keepaspectratio"
    place = f"figures/{picture.name}.pdf"
    save(picture.figure, folder / place)
    return "\n".join(
        [
            f"% {printable(' '.join(picture.description.split()))}",
            r"\begin{figure}[!htp]",
            r"\centering",
            rf"\includegraphics[{size}]{{\nnlabreport {place}}}",
            rf"\caption{{{escaped(picture.caption)}}}",
            rf"\label{{fig:{picture.name}}}",
            r"\end{figure}",
        ]
    )


def _matrix(matrix: Matrix, folder: Path) -> str:
    """Return a confusion matrix with the recall of each class; of a large matrix the most frequent confusions."""
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
