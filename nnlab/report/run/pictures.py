"""Figures of the registry as parts of a report."""

from typing import Any

from nnlab.errors import NnlabError
from nnlab.figures import FigureEntry, Subject, text
from nnlab.report.content import Block, Comment, Picture, Prose


def pictures(entry: FigureEntry, subject: Subject, **options: Any) -> list[Block]:
    """Return the pages of a figure with its caption, and its question; nothing if the figure does not apply.

    A figure that cannot be drawn, because data or a checkpoint are missing or damaged, is replaced by the reason.
    """
    try:
        if entry.applies(subject):
            return []
        drawn = list(entry.pages(subject, **options).values())
    except NnlabError as error:
        return [Prose(f"The figure {entry.name} is left out: {error}.", warning=True)]
    caption, description = text(entry.caption, subject), text(entry.description, subject)
    blocks: list[Block] = [
        Picture(
            entry.name if page == 1 else f"{entry.name}-{page}",
            figure,
            caption if len(drawn) == 1 else f"{caption} Page {page} of {len(drawn)}.",
            description,
            drawn=entry.vector,
        )
        for page, figure in enumerate(drawn, start=1)
    ]
    return [*blocks, Comment(f"{entry.name}-comment", entry.question)] if entry.question else blocks
