"""Write a report to its destination, with the notes of its author."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from nnlab.report.content import AuthorText, Block, Comment, Document, Prose, Section
from nnlab.report.formats import FORMATS, FormatName
from nnlab.report.formats.author_text import fenced, formulas_in, images_in
from nnlab.report.formats.formulas import Formulas
from nnlab.report.note_images import load_images
from nnlab.report.notes import Notes, keep_notes
from nnlab.runs import Run

_MOST_FORMATTED = 60_000
"""Characters of notes that are read as Markdown; more are shown as they are, so that a report takes seconds."""

_MOST_PROBLEMS = 20
_LONGEST_FORMULA = 80


@dataclass(frozen=True)
class Destination:
    """Default destination of a report: files in ``folder`` that start with ``name``, and the path of its notes."""

    folder: Path
    name: str
    notes: Path

    @property
    def page(self) -> Path:
        """Default path of an HTML page."""
        return self.folder / f"{self.name}.html"

    def path(self, form: FormatName, output: Path | None) -> Path:
        """Return the path of the report in the format ``form``, which is below ``output`` if that is given."""
        chosen = FORMATS[form]
        if chosen.single_file:
            return placed(self.page, output)
        return (output or self.folder / f"{self.name}-{form}") / f"report{chosen.suffix}"


def placed(page: Path, output: Path | None) -> Path:
    """Return the path of a page: ``output``, or ``page`` if that is None; in a folder the page keeps its name."""
    if output is None:
        return page
    return output / page.name if output.is_dir() else output


def way_to(run: Run, folder: Path) -> str:
    """Return the relative path from ``folder`` to the report of ``run``, or to the run if it has no report."""
    page = run.path / "report.html"
    return Path(os.path.relpath(page if page.is_file() else run.path, folder)).as_posix()


def write_report(
    document: Document, destination: Destination, form: FormatName, output: Path | None = None
) -> Path:
    """Write ``document`` with the notes of its author; return the path of the file written.

    The file goes to ``destination`` unless ``output`` is given: a file or a folder for HTML, a folder for Markdown
    and LaTeX. Questions missing from the notes are added to them, or a warning is logged if the notes cannot be
    written and ``output`` is given, as for a read-only run. Raises SystemFault if a file cannot be written,
    RunError if the notes cannot be read.
    """
    path = destination.path(form, output)
    noted = with_notes(document, destination.notes, form, required=output is None)
    FORMATS[form].write(noted, path)
    return path


def with_notes(document: Document, path: Path, form: FormatName, *, required: bool = True) -> Document:
    """Return ``document`` with the notes in ``path``: head, introduction, answers and the author's own sections.

    A warning below a note names each image and formula that the format ``form`` cannot show. ``required`` is that
    of ``keep_notes``.
    """
    comments = [block for section in document.sections for block in section.blocks if isinstance(block, Comment)]
    notes, unformatted = _bounded(keep_notes(path, comments, required=required))
    images, unreadable = load_images(notes.texts, path.parent)
    formulas = Formulas()

    def noted(block: Block) -> Iterator[Block]:
        if isinstance(block, Comment):
            block = replace(block, text=notes.answers[block.name])
        yield block
        if isinstance(block, Comment | AuthorText):
            found = _problems(block.text, unreadable, formulas if form == "html" else None)
            yield from (Prose(f"{path.name}: {problem}.", warning=True) for problem in found)

    sections = [
        replace(section, blocks=tuple(each for block in section.blocks for each in noted(block)))
        for section in _sections(document, notes)
    ]
    if unformatted:
        warning = Prose(f"{path.name}: {unformatted}.", warning=True)
        sections[0] = replace(sections[0], blocks=(warning, *sections[0].blocks))
    return replace(
        document,
        title=notes.title or document.title,
        author=notes.author,
        date=notes.date,
        sections=tuple(sections),
        notes=path.name,
        images=images,
    )


def _bounded(notes: Notes) -> tuple[Notes, str]:
    """Return ``notes``, as blocks of code if they are too long to be formatted, and why they are."""
    length = sum(map(len, notes.texts))
    if length <= _MOST_FORMATTED:
        return notes, ""
    why = f"the notes have {length:,} characters; above {_MOST_FORMATTED:,} they are shown without formatting"
    return notes.mapped(fenced), why


def _sections(document: Document, notes: Notes) -> Iterator[Section]:
    """Yield the sections of ``document`` and of ``notes``, the author's own where they are in the notes."""
    if notes.introduction:
        yield Section("introduction", "Introduction", (AuthorText(notes.introduction),))
    numbered = [
        (own.after, Section(f"notes-{number}", own.title, (AuthorText(own.text),) if own.text else ()))
        for number, own in enumerate(notes.sections, start=1)
    ]
    yield from (own for after, own in numbered if not after)
    for section in document.sections:
        yield section
        names = {block.name for block in section.blocks if isinstance(block, Comment)}
        yield from (own for after, own in numbered if after in names)


def _problems(text: str, unreadable: dict[str, str], formulas: Formulas | None) -> list[str]:
    """Return a message for each image of ``text`` and, if ``formulas`` are drawn, each formula not shown."""
    found = [unreadable[address] for address in images_in(text) if address in unreadable]
    for formula in formulas_in(text) if formulas else ():
        if formulas and formulas.outline(formula) is None:
            short = formula if len(formula) <= _LONGEST_FORMULA else f"{formula[:_LONGEST_FORMULA]}..."
            found.append(f"the formula {short} cannot be drawn; its source is shown instead")
    found = list(dict.fromkeys(found))
    rest = len(found) - _MOST_PROBLEMS
    return found if rest <= 0 else [*found[:_MOST_PROBLEMS], f"{rest:,} more images or formulas are not shown"]
