"""A report in GitHub-flavoured Markdown, with its figures beside it: for a repository, and readable as it is."""

from collections.abc import Sequence
from pathlib import Path

from nnlab.drawing.saving import save
from nnlab.files import write_text
from nnlab.report import confusions
from nnlab.report.document import Block, Cell, Code, Comment, Document, Facts, Matrix, Picture, Prose, Table
from nnlab.report.markdown_text import NOTES, escaped, fenced, paragraph
from nnlab.report.note_text import rendered, stacked

_WIDEST = 30  # characters up to which the cells of a column are made equally wide


def write_markdown(document: Document, folder: Path) -> Path:
    """Write ``document`` as ``report.md`` into ``folder``, figures and tables too large for it beside; return it.

    Raises SystemFault if the machine refuses to write.
    """
    parts = [f"# {escaped(document.title)}", paragraph(document.subtitle)]
    for section in document.sections:
        parts.append(f"## {escaped(section.title)}")
        parts += [_block(block, folder) for block in section.blocks]
    path = folder / "report.md"
    write_text(path, stacked(parts) + "\n")
    return path


def _block(block: Block, folder: Path) -> str:
    match block:
        case Prose():
            written = f"> **Warning:** {escaped(block.text)}" if block.warning else paragraph(block.text)
        case Facts():
            written = "\n".join(f"- **{escaped(name)}:** {escaped(value)}" for name, value in block.rows)
        case Code():
            written = fenced(block.text)
        case Table():
            written = _table(block)
        case Picture():
            written = _picture(block, folder)
        case Matrix():
            written = _matrix(block, folder)
        case Comment():
            written = f"> {paragraph(block.prompt)}\n\n{rendered(block.text, NOTES)}" if block.text else ""
    return written


def _table(table: Table) -> str:
    """Return a table below its caption; links in it are left out, for they lead to pages that are not Markdown."""
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    if table.total and rows:
        rows[-1] = [f"**{cell}**" if cell else cell for cell in rows[-1]]
    columns = [escaped(column) for column in table.columns]
    return f"{_caption(table.caption)}\n\n{_aligned(columns, rows, table.left)}"


def _cell(cell: Cell) -> str:
    text = escaped(cell.text)
    return f"**{text}**" if cell.marked and text else text


def _aligned(columns: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    """Return a table of cells in Markdown, the first ``left`` columns to the left and the others to the right."""
    widths = [min(_WIDEST, max(3, *map(len, column))) for column in zip(columns, *rows, strict=True)]
    rule = ["-" * width if i < left else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    return "\n".join(
        "| "
        + " | ".join(
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in (columns, rule, *rows)
    )


def _picture(picture: Picture, folder: Path) -> str:
    place = f"figures/{picture.name}.{'svg' if picture.drawn else 'png'}"
    save(picture.figure, folder / place)
    return f"![{escaped(picture.description)}]({place})\n\n{_caption(picture.caption)}"


def _matrix(matrix: Matrix, folder: Path) -> str:
    """Return a confusion matrix; of a large one the most frequent confusions, and where all counts are."""
    if len(matrix.class_names) > confusions.LARGEST:
        place = f"tables/{matrix.name}.csv"
        write_text(folder / place, confusions.whole(matrix))
        return f"{_table(confusions.frequent(matrix))}\n\n[All counts]({place}), true classes in rows."
    names = [escaped(name) for name in matrix.class_names]
    classes = range(len(names))
    rows = [[names[true], *(_count(matrix, true, predicted) for predicted in classes)] for true in classes]
    return f"{_caption(matrix.caption)}\n\n{_aligned(['true / predicted', *names], rows, left=1)}"


def _count(matrix: Matrix, true: int, predicted: int) -> str:
    """Return a count with its share of the true class's examples."""
    count = matrix.counts[true, predicted]
    return f"{count:,} ({confusions.share(matrix, true, predicted)})" if count else "0"


def _caption(text: str) -> str:
    return f"*{escaped(text)}*"
