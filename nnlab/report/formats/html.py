"""A report as one HTML page that needs no network, no other file and, to be read, no script."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup
from matplotlib.image import AxesImage

from nnlab.activity import announce
from nnlab.drawing.saving import rendered
from nnlab.files import write_text
from nnlab.report.content import Block, Document, Matrix, NoteImage, Picture, Table
from nnlab.report.formats.author_text import MARKDOWN, is_formula, parsed, web_address
from nnlab.report.formats.formulas import Formulas

_LEVELS = 10  # colours of a confusion matrix; style.css has as many
_DEPTHS = 40  # tenths of an em that a formula reaches below the baseline; style.css has as many
_HEAVY = 150_000  # characters of an SVG without its images above which a PNG may be smaller
_DPI = 120
_ENCODED = {ord(each): quote(each) for each in '"#%&<>`{|}^\\'}  # characters that an address may not contain
_LONGEST = 100  # characters of the address of an image that is not shown
_CSS_DPI = 96  # pixels per inch in CSS

# Characters that are not allowed in HTML, or that change the direction of text.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


@dataclass(frozen=True)
class _Image:
    """A figure as a data address, and its size in CSS pixels."""

    source: str
    width: int
    height: int


def write_page(document: Document, path: Path) -> None:
    """Write ``document`` as one HTML page to ``path``. Raises SystemFault if it cannot be written."""
    write_text(path, as_html(document))


def as_html(document: Document) -> str:
    """Return ``document`` as a page with its figures, style and script; equal documents give equal text."""
    blocks = [block for section in document.sections for block in section.blocks]
    return filled(
        "document.html.j2",
        {
            "document": document,
            "numbers": _numbers(blocks),
            "images": {block.name: _image(block) for block in blocks if isinstance(block, Picture)},
            "author": {"images": document.images, "formulas": Formulas()},
            "levels": {block.name: _levels(block) for block in blocks if isinstance(block, Matrix)},
        },
    )


def filled(template: str, content: Mapping[str, object]) -> str:
    """Return ``template``, which extends base.html.j2, filled with ``content``.

    All text is escaped. The policy of the page forbids it to load anything, and allows only the style and the
    script that every page contains.
    """
    inlined = {name: (files(__package__) / "templates" / name).read_text() for name in ("style.css", "page.js")}
    digests = {name: _digest(text) for name, text in inlined.items()}
    return _templates().get_template(template).render(content, inlined=inlined, digests=digests)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("nnlab.report.formats"),
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
    """Return text without the characters that a page may not contain, and any other value unchanged."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", value) if type(value) is str else value


def _relative(address: str) -> str:
    """Return a path relative to the document as an address that stays relative, whatever characters it has."""
    return "./" + quote(address, errors="replace")


@pass_context
def _marked_up(context: Context, text: str) -> Markup:
    """Return Markdown as HTML that runs nothing and loads nothing; its headings are below those of the page."""
    tokens = parsed(_UNFIT.sub("\N{REPLACEMENT CHARACTER}", text))
    return Markup(_Writer(MARKDOWN).render(tokens, MARKDOWN.options, context["author"]))  # noqa: S704


class _Writer(RendererHTML):
    """Markdown as HTML. The environment has the ``images`` of the notes and the ``formulas`` that are drawn."""

    def renderToken(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:  # noqa: N802
        token = tokens[idx]
        match token.type:
            case "heading_open" | "heading_close":
                token = token.copy(tag=f"h{min(6, int(token.tag[1]) + 3)}")
            case "link_open" if not web_address(token):
                token = token.copy(attrs={})
            case "th_open" | "td_open" if style := token.attrs.get("style"):
                token = token.copy(attrs={"class": str(style).removeprefix("text-align:")})
            case "table_open":
                return '<div class="box" role="group" aria-label="Table"><table>\n'
            case "table_close":
                return "</table></div>\n"
        first = max(0, idx - 1)  # the default writer looks at the tokens before and after
        near = [*tokens[first:idx], token, *tokens[idx + 1 : idx + 2]]
        return str(super().renderToken(near, idx - first, options, env))

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        address = str(tokens[idx].attrs["src"])
        words = self.renderInlineAsText(tokens[idx].children or [], options, env)
        image = env["images"].get(address)
        if image is None and web_address(tokens[idx]):
            return str(Markup('<a href="{}">{}</a>').format(address, words))
        if image is None:
            return str(Markup("{} ({})").format(words, address[:_LONGEST]))
        html = Markup('<img src="{}" width="{}" height="{}" alt="{}">')
        return str(html.format(_data(image), image.width, image.height, words))

    def formula(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        del options
        return _formula(tokens[idx].content, env["formulas"], shown_alone=tokens[idx].markup == "$$")

    def formula_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        del options
        return f"<p>{_formula(tokens[idx].content, env['formulas'], shown_alone=True)}</p>\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        if is_formula(tokens[idx]):
            return self.formula_block(tokens, idx, options, env)
        return str(super().fence(tokens, idx, options, env))


def _data(image: NoteImage) -> str:
    kind = "jpeg" if image.suffix == "jpg" else image.suffix
    return f"data:image/{kind};base64,{b64encode(image.content).decode()}"


def _formula(formula: str, formulas: Formulas, *, shown_alone: bool) -> str:
    """Return a formula as a drawing in the colour of the text, or its source if it cannot be drawn."""
    outline = formulas.outline(formula)
    if outline is None:
        return str(Markup("<code>{}</code>").format(formula))
    path, width, height, depth = outline
    size = f"{100 * width:.0f} {100 * height:.0f}"
    lowered = min(_DEPTHS, round(10 * depth))
    html = Markup(
        '<svg class="formula{}" role="img" aria-label="{}" width="{:.2f}em" height="{:.2f}em" '
        'viewBox="0 {:.0f} {}">'
        '<path d="{}" fill="currentColor"/></svg>'
    )
    place = " alone" if shown_alone else f" depth-{lowered}" if lowered else ""
    return str(html.format(place, formula, width, height, 100 * (depth - height), size, path))


def _numbers(blocks: list[Block]) -> dict[str, int]:
    """Return the numbers of figures and of tables, counted in their order, by name."""
    figures, tables = count(1), count(1)
    return {
        block.name: next(figures if isinstance(block, Picture) else tables)
        for block in blocks
        if isinstance(block, Picture | Table | Matrix)
    }


def _levels(matrix: Matrix) -> list[list[int]]:
    """Return the colour of each cell, from 0 for none to 10 for all examples of the true class.

    The colour grows with the square root of the share, so that rare confusions are visible, as in the figure.
    """
    shares = matrix.counts / np.maximum(matrix.counts.sum(axis=1, keepdims=True), 1)
    levels: list[list[int]] = np.ceil(_LEVELS * np.sqrt(shares)).astype(int).tolist()
    return levels


def _image(picture: Picture) -> _Image:
    """Return a figure as SVG with the original pixels of its images, or as PNG if that is much smaller."""
    announce(f"writing the figure {picture.name}")
    width, height = picture.figure.get_size_inches()
    for image in picture.figure.findobj(AxesImage):
        image.set_interpolation("none")
    svg = _lighter(rendered(picture.figure, "svg").decode())
    source = "data:image/svg+xml," + svg.translate(_ENCODED)
    if len(svg) - sum(map(len, re.findall(r'base64,[^"]*', svg))) > _HEAVY:
        pixels = rendered(picture.figure, "png", dpi=_DPI)
        source = min(source, f"data:image/png;base64,{b64encode(pixels).decode()}", key=len)
    return _Image(source, round(_CSS_DPI * width), round(_CSS_DPI * height))


def _lighter(svg: str) -> str:
    """Return a drawing without its invisible parts: comments, metadata, digits beyond a hundredth of a point."""
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), svg)
    return re.sub(r"\s*\n\s*", " ", svg)


def _digest(text: str) -> str:
    """Return the source expression for ``text`` in a Content-Security-Policy (W3C, CSP Level 3, section 2.3.1)."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
