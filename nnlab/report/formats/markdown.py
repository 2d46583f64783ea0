"""A report in GitHub-flavoured Markdown with its figures beside it, for a repository; readable as plain text."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nnlab.drawing.saving import save
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
    Table,
    TableCell,
)
from nnlab.report.formats import confusions
from nnlab.report.formats.author_text import Writer, rendered, stacked
from nnlab.report.formats.image_files import write_images
from nnlab.report.formats.markdown_text import code_block, escaped, paragraph, writers

_WIDEST = 30  # characters up to which the cells of a column are padded to equal width


def write_markdown(document: Document, path: Path) -> None:
    """Write ``document`` to ``path``, and figures, images and large tables into the same folder.

    Raises SystemFault if a file cannot be written.
    """
    folder = path.parent
    notes = writers(write_images(document, folder))
    parts = [f"# {escaped(document.title)}", paragraph(document.subtitle), paragraph(document.byline)]
    for section in document.sections:
        parts.append(f"## {escaped(section.title)}")
        parts += [_block(block, folder, notes) for block in section.blocks]
    write_text(path, stacked(parts) + "\n")


def _block(block: Block, folder: Path, notes: Mapping[str, Writer]) -> str:
    match block:
        case Prose():
            written = f"> **Warning:** {escaped(block.text)}" if block.warning else paragraph(block.text)
        case Facts():
            written = "\n".join(f"- **{escaped(name)}:** {escaped(value)}" for name, value in block.rows)
        case Code():
            written = code_block(block.text)
        case Table():
            written = _table(block)
        case Picture():
            written = _picture(block, folder)
        case Matrix():
            written = _matrix(block, folder)
        case Comment():
            written = f"> {paragraph(block.prompt)}\n\n{rendered(block.text, notes)}" if block.text else ""
        case AuthorText():
            written = rendered(block.text, notes)
    return written


def _table(table: Table) -> str:
    """Return a table below its caption, without its links: they lead to HTML pages."""
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    if table.total and rows:
        rows[-1] = [f"**{cell}**" if cell else cell for cell in rows[-1]]
    columns = [escaped(column) for column in table.columns]
    return f"{_caption(table.caption)}\n\n{_aligned(columns, rows, table.left)}"


def _cell(cell: TableCell) -> str:
    text = escaped(cell.text)
    return f"**{text}**" if cell.marked and text else text


def _aligned(columns: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    """Return a table of cells in Markdown, the first ``left`` columns aligned left and the others right."""
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
    """Return a confusion matrix; of a large one the most frequent confusions, and a link to all counts."""
    if len(matrix.class_names) > confusions.LARGEST:
        place = f"tables/{matrix.name}.csv"
        write_text(folder / place, confusions.whole(matrix))
        return f"{_table(confusions.frequent(matrix))}\n\n[All counts]({place}), true classes in rows."
    names = [escaped(name) for name in matrix.class_names]
    classes = range(len(names))
    rows = [[names[true], *(_count(matrix, true, predicted) for predicted in classes)] for true in classes]
    return f"{_caption(matrix.caption)}\n\n{_aligned(['true / predicted', *names], rows, left=1)}"


def _count(matrix: Matrix, true: int, predicted: int) -> str:
    """Return a count with its share of the examples of the true class."""
    count = matrix.counts[true, predicted]
    return f"{count:,} ({confusions.share(matrix, true, predicted)})" if count else "0"


def _caption(text: str) -> str:
    return f"*{escaped(text)}*"
