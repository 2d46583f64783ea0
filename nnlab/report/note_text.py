"""Notes that were written in Markdown, in another format."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token

Writer: TypeAlias = Callable[[Token, Sequence[str]], str]
"""Returns an element in a format, from the token that opens it and what has become of the elements in it.

A format has one for each type of element that markdown-it finds in CommonMark without HTML and images.
"""

MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")
"""Reads notes: CommonMark 0.31, in which HTML is text, without images."""

_DEEPEST = 40  # elements within each other; TeX has no more than 255 groups
_WEB = ("http://", "https://", "mailto:")


def parsed(text: str) -> list[Token]:
    """Return notes in Markdown as its elements."""
    return MARKDOWN.parse(text)


def rendered(text: str, writers: Mapping[str, Writer]) -> str:
    """Return notes in Markdown as ``writers`` have them."""
    opened: list[tuple[Token, list[str]]] = []
    blocks: list[str] = []
    for token in _flat(parsed(text)):
        if token.nesting >= 0:
            opened.append((token, []))
        if token.nesting <= 0:
            opening, parts = opened.pop()
            kind = opening.type.removesuffix("_open")
            written = (
                writers[kind](opening, parts) if len(opened) < _DEEPEST else "".join(parts) or opening.content
            )
            (opened[-1][1] if opened else blocks).append(written)
    return stacked(blocks)


def web_address(link: Token) -> str:
    """Return where a link leads; "" unless to the web, for nothing else is known to be there or to do no harm."""
    address = str(link.attrs["href"])
    return address if address.startswith(_WEB) else ""


def stacked(blocks: Sequence[str]) -> str:
    """Return blocks with an empty line between them."""
    return "\n\n".join(block for block in blocks if block)


def _flat(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens of blocks and, in the place of what a line consists of, those of the line."""
    for token in tokens:
        if token.type == "inline":
            yield from token.children or ()
        else:
            yield token
