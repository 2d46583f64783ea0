"""A report as one page of HTML that needs nothing else: no network, no other file, and no script to be read."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from itertools import count
from urllib.parse import quote

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.image import AxesImage

from nnlab.drawing.saving import rendered
from nnlab.report.document import Block, Document, Matrix, Picture, Table
from nnlab.report.note_text import MARKDOWN, parsed, web_address

_LEVELS = 10  # of colour in a confusion matrix; style.css has as many
_HEAVY = 150_000  # characters of an SVG besides images, from which on a PNG may be smaller
_DPI = 120
_ENCODED = {ord(each): quote(each) for each in '"#%&<>`{|}^\\'}  # what an address may not hold as it is
_CSS_DPI = 96  # what a browser takes an inch for
_WIDE = 4.5  # inches, beyond which a figure shrunk to the width of a phone cannot be read

# What no page may hold, or would show in another order than it stands in the file.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


@dataclass(frozen=True)
class _Image:
    """A figure as an address that holds it all, and its size in CSS pixels."""

    source: str
    width: int
    height: int
    wide: bool


def as_html(document: Document) -> str:
    """Return ``document`` as a page that holds its figures, style and script; the same one gives the same text."""
    blocks = [block for section in document.sections for block in section.blocks]
    return filled(
        "document.html.j2",
        {
            "document": document,
            "numbers": _numbers(blocks),
            "images": {block.name: _image(block) for block in blocks if isinstance(block, Picture)},
            "levels": {block.name: _levels(block) for block in blocks if isinstance(block, Matrix)},
        },
    )


def filled(template: str, content: Mapping[str, object]) -> str:
    """Return the page that ``template``, which extends base.html.j2, makes of ``content``.

    All text is escaped. The page's policy lets it load nothing, and run and obey only the style and the script
    that every page holds.
    """
    inlined = {name: (files(__package__) / "templates" / name).read_text() for name in ("style.css", "page.js")}
    digests = {name: _digest(text) for name, text in inlined.items()}
    return _templates().get_template(template).render(content, inlined=inlined, digests=digests)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("nnlab.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_legible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(kind=_kind, relative=_relative, marked_up=_marked_up)
    return templates


def _kind(block: Block) -> str:
    """Return the name of the macro in blocks.html.j2 that writes ``block``."""
    return type(block).__name__.lower()


def _legible(value: object) -> object:
    """Return text without what a page may not hold, anything else as it is."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", value) if type(value) is str else value


def _relative(address: str) -> str:
    """Return a path relative to the document as an address that leads nowhere else, whatever it is called."""
    return "./" + quote(address, errors="replace")


def _marked_up(text: str) -> str:
    """Return Markdown as HTML that runs nothing and loads nothing; its headings are below those of a page."""
    tokens = parsed(_UNFIT.sub("\N{REPLACEMENT CHARACTER}", text))
    for token in tokens:
        if token.tag in {"h1", "h2", "h3"}:
            token.tag = f"h{int(token.tag[1]) + 3}"
        elif token.tag in {"h4", "h5"}:
            token.tag = "h6"
        for part in token.children or ():
            if part.type == "link_open" and not web_address(part):
                del part.attrs["href"]
    return str(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}))


def _numbers(blocks: list[Block]) -> dict[str, int]:
    """Return the number of each figure and of each table, in their order, by name."""
    figures, tables = count(1), count(1)
    return {
        block.name: next(figures if isinstance(block, Picture) else tables)
        for block in blocks
        if isinstance(block, Picture | Table | Matrix)
    }


def _levels(matrix: Matrix) -> list[list[int]]:
    """Return the colour of each cell, from 0 for none to 10 for all examples of the true class.

    It follows the square root of the share, so that rare confusions show too, as they do in the figure.
    """
    shares = matrix.counts / np.maximum(matrix.counts.sum(axis=1, keepdims=True), 1)
    levels: list[list[int]] = np.ceil(_LEVELS * np.sqrt(shares)).astype(int).tolist()
    return levels


def _image(picture: Picture) -> _Image:
    """Return a figure as SVG, with the pixels of images as they are, unless it is heavy and lighter as PNG."""
    width, height = picture.figure.get_size_inches()
    for image in picture.figure.findobj(AxesImage):
        image.set_interpolation("none")
    svg = _lighter(rendered(picture.figure, "svg").decode())
    source = "data:image/svg+xml," + svg.translate(_ENCODED)
    if len(svg) - sum(map(len, re.findall(r'base64,[^"]*', svg))) > _HEAVY:
        pixels = rendered(picture.figure, "png", dpi=_DPI)
        source = min(source, f"data:image/png;base64,{b64encode(pixels).decode()}", key=len)
    return _Image(source, round(_CSS_DPI * width), round(_CSS_DPI * height), wide=width > _WIDE)


def _lighter(svg: str) -> str:
    """Return a drawing without what nobody sees: comments, metadata, paths beyond a hundredth of a point."""
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), svg)
    return re.sub(r"\s*\n\s*", " ", svg)


def _digest(text: str) -> str:
    """Return what a Content-Security-Policy calls ``text`` (W3C, CSP Level 3, section 2.3.1)."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
