"""What a report consists of, whatever format it is written in: sections, and what stands in them.

All text is plain and comes as it is, from configs, data and people: whoever writes a format escapes it.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray


@dataclass(frozen=True)
class Prose:
    """A paragraph; ``warning`` if it is one that must not be missed."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class Facts:
    """Names and what is known under them."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Code:
    """Text to be read or copied letter by letter, such as a command or a config."""

    text: str


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, the number it is sorted by if it has one, and where a link in it leads.

    A ``marked`` cell stands out, because it differs from the others of its column. ``address`` is relative to the
    document.
    """

    text: str
    number: float | None = None
    marked: bool = False
    address: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells below ``columns``; the first ``left`` columns are names, the others numbers.

    ``name`` is unique in its document, of small letters and hyphens. With ``total``, the last row sums the others
    up, and is never sorted among them.
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left: int = 1
    total: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure; ``description`` tells those who cannot see it what it shows.

    ``name`` is unique in its document, of small letters and hyphens: a file may be called so. ``drawn`` if it
    consists of lines and text, which a vector format suits, and not of images.
    """

    name: str
    figure: Figure
    caption: str
    description: str
    drawn: bool = True


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix. Shapes: counts (C, C), true classes in rows and predicted ones in columns."""

    name: str
    caption: str
    counts: NDArray[np.int64]
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Comment:
    """A place for what the author of the run has to say: the question asked, and the answer in Markdown.

    ``name`` is unique in its document, of small letters and hyphens.
    """

    name: str
    prompt: str
    text: str = ""


Block: TypeAlias = Prose | Facts | Code | Table | Picture | Matrix | Comment


@dataclass(frozen=True)
class Section:
    """Blocks below a heading; ``name`` is unique in its document, of small letters and hyphens."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A report: its title, a line below it, its sections, and what the file with its comments is called."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    notes: str = "notes.md"
