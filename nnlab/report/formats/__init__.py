"""The formats of a report: one table, in which a new format is one entry.

    FORMATS             this file          name on the command line, suffix of the file, function that writes it
    write_page          html.py            one HTML file with everything in it, from templates/
    write_markdown      markdown.py        GitHub-flavoured Markdown (markdown_text.py), figures beside it
    write_latex         latex.py           LaTeX (latex_text.py), tables and figures beside it

Shared by the formats: author_text.py parses the author's notes, formulas.py draws or checks formulas, and
confusions.py abridges a confusion matrix.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from nnlab.report.content import Document
from nnlab.report.formats.html import write_page
from nnlab.report.formats.latex import write_latex
from nnlab.report.formats.markdown import write_markdown

FormatName: TypeAlias = Literal["html", "md", "tex"]
"""Name of a format on the command line."""


class Format(NamedTuple):
    """A format that a report can be written in.

    ``write`` takes the document and the path of the file. With ``single_file`` nothing else is written; otherwise
    figures and tables are written beside the file, which gets a folder of its own.
    """

    suffix: str
    single_file: bool
    write: Callable[[Document, Path], None]


FORMATS: dict[FormatName, Format] = {
    "html": Format(".html", single_file=True, write=write_page),
    "md": Format(".md", single_file=False, write=write_markdown),
    "tex": Format(".tex", single_file=False, write=write_latex),
}

__all__ = ["FORMATS", "Format", "FormatName"]
