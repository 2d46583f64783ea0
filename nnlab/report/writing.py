"""Where reports go, in which format, and with whose words under their figures."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from nnlab import files
from nnlab.report.document import Block, Comment, Document
from nnlab.report.html import as_html
from nnlab.report.latex import write_latex
from nnlab.report.markdown import write_markdown
from nnlab.report.notes import keep_notes
from nnlab.runs import Run

Form: TypeAlias = Literal["html", "md", "tex"]
"""What a report is written in."""


@dataclass(frozen=True)
class Place:
    """Where a report goes by itself: into ``folder``, beginning with ``name``; its comments are in ``notes``."""

    folder: Path
    name: str
    notes: Path

    @property
    def page(self) -> Path:
        """Where a page goes by itself."""
        return self.folder / f"{self.name}.html"


def placed(page: Path, output: Path | None) -> Path:
    """Return where a page goes: to ``output``, a file or a folder, or, if that is None, to ``page``."""
    if output is None:
        return page
    return output / page.name if output.is_dir() else output


def way_to(run: Run, folder: Path) -> str:
    """Return the address of a run's own report, or of the run if it has none, from a page in ``folder``."""
    page = run.path / "report.html"
    return Path(os.path.relpath(page if page.is_file() else run.path, folder)).as_posix()


def write_report(document: Document, place: Place, form: Form, output: Path | None = None) -> Path:
    """Write ``document`` with the comments of its author, and return the file that was written.

    It goes to ``place``, or to ``output``: a file or folder for a page, a folder for Markdown and TeX. Prompts
    that the notes lack are added to them. Raises SystemFault if the machine refuses, RunError if the notes cannot
    be read.
    """
    document = _commented(document, place.notes)
    if form == "html":
        page = placed(place.page, output)
        files.write_text(page, as_html(document))
        return page
    folder = output or place.folder / f"{place.name}-{form}"
    return write_markdown(document, folder) if form == "md" else write_latex(document, folder)


def _commented(document: Document, notes: Path) -> Document:
    """Return ``document`` with what its author wrote below the prompts."""
    comments = [block for section in document.sections for block in section.blocks if isinstance(block, Comment)]
    texts = keep_notes(notes, comments)

    def filled(block: Block) -> Block:
        return replace(block, text=texts[block.name]) if isinstance(block, Comment) else block

    sections = (replace(section, blocks=tuple(map(filled, section.blocks))) for section in document.sections)
    return replace(document, sections=tuple(sections), notes=notes.name)
