"""Content of a report, independent of its format: sections, and the blocks in them.

All text is plain and unescaped, as it comes from configs, data and people; each format escapes it. The exceptions
are the texts of the author, which are Markdown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray


@dataclass(frozen=True)
class Prose:
    """A paragraph; a ``warning`` stands out."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class Facts:
    """Pairs of a name and a value, each pair on one line."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Code:
    """Text to be shown or copied verbatim, such as a command or a config."""

    text: str


@dataclass(frozen=True)
class TableCell:
    """A cell of a table: its text, the number it is sorted by, if any, and the target of its link, if any.

    A ``marked`` cell stands out because it differs from the others of its column. ``address`` is relative to the
    document.
    """

    text: str
    number: float | None = None
    marked: bool = False
    address: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells under ``columns``; the first ``left`` columns are text, the others numbers.

    ``name`` is unique in its document and consists of lower-case letters, digits and hyphens. With ``total``, the
    last row is a total, which stays last when the table is sorted.
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    left: int = 1
    total: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure; ``description`` is its text alternative.

    ``name`` is unique in its document, consists of lower-case letters, digits and hyphens, and serves as a file
    name. ``drawn`` is true for a figure of lines and text, which suits a vector format, false for one of images.
    """

    name: str
    figure: Figure
    caption: str
    description: str
    drawn: bool = True


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix. Shapes: counts (C, C), true classes in rows and predicted classes in columns."""

    name: str
    caption: str
    counts: NDArray[np.int64]
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Comment:
    """A question to the author of the run, and the answer in Markdown; "" if there is no answer yet.

    ``name`` is unique in its document and consists of lower-case letters, digits and hyphens. ``former`` has
    earlier wordings of the question, under which older notes have their answers.
    """

    name: str
    prompt: str
    text: str = ""
    former: tuple[str, ...] = ()


@dataclass(frozen=True)
class AuthorText:
    """Text of the author in Markdown that answers no question."""

    text: str


Block: TypeAlias = Prose | Facts | Code | Table | Picture | Matrix | Comment | AuthorText


@dataclass(frozen=True)
class Section:
    """Blocks under a heading; ``name`` is unique in its document, of lower-case letters, digits and hyphens."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class NoteImage:
    """A PNG or JPEG file (``suffix`` png or jpg) of the notes, and its size in pixels."""

    content: bytes
    suffix: str
    width: int
    height: int


@dataclass(frozen=True)
class Document:
    """A report: title, a line below it, and sections.

    ``notes`` is the name of the file with the author's notes; ``author`` and ``date`` come from it, and ``images``
    are those that it refers to, by address.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    notes: str = "notes.md"
    author: str = ""
    date: str = ""
    images: Mapping[str, NoteImage] = field(default_factory=dict)

    @property
    def byline(self) -> str:
        """Author and date on one line; "" if neither is given."""
        return ", ".join(part for part in (self.author, self.date) if part)
