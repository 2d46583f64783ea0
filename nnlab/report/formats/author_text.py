"""The author's notes: Markdown parsed once, and written in another format element by element."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

Writer: TypeAlias = Callable[[Token, Sequence[str]], str]
"""Returns an element in some format, from the token that opens it and its content in that format.

A format has a writer for each type of element that ``parsed`` yields.
"""

_DEEPEST = 40  # nested elements; TeX has no more than 255 groups
_WEB = ("http://", "https://", "mailto:")
_BACKTICKS = re.compile("`+")


def parsed(text: str) -> tuple[Token, ...]:
    """Return Markdown as tokens, which must not be changed.

    CommonMark 0.31 with tables and formulas. HTML is text. The opening token of a table has the alignment of its
    columns ("left", "center", "right") in ``meta["columns"]``.
    """
    return _parsed(text)


@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[Token, ...]:
    tokens = MARKDOWN.parse(text)
    table: Token | None = None
    for token in tokens:
        if token.type == "table_open":
            table = token
            table.meta["columns"] = []
        elif token.type == "th_open" and table:
            style = str(token.attrs.get("style", "text-align:left"))
            table.meta["columns"].append(style.removeprefix("text-align:"))
    return tuple(tokens)


def rendered(text: str, writers: Mapping[str, Writer]) -> str:
    """Return Markdown in the format of ``writers``."""
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


def images_in(text: str) -> list[str]:
    """Return the addresses of the images in ``text``."""
    return [str(token.attrs["src"]) for token in _flat(parsed(text)) if token.type == "image"]


def formulas_in(text: str) -> list[str]:
    """Return the formulas in ``text``."""
    return [token.content for token in _flat(parsed(text)) if is_formula(token)]


def is_formula(token: Token) -> bool:
    """Return whether ``token`` is a formula: ``$...$``, ``$$...$$`` or a block of code marked as ``math``."""
    return token.type in {"formula", "formula_block"} or (token.type == "fence" and token.info.strip() == "math")


def web_address(token: Token) -> str:
    """Return the target of a link or image on the web; "" for any other, which may be missing or harmful."""
    address = str(token.attrs["src" if token.type == "image" else "href"])
    return address if address.startswith(_WEB) else ""


def stacked(blocks: Sequence[str]) -> str:
    """Return blocks with an empty line between them."""
    return "\n\n".join(block for block in blocks if block)


def fenced(text: str, info: str = "") -> str:
    """Return ``text`` as a block of code in Markdown."""
    fence = "`" * max(3, 1 + longest_run(text))
    return f"{fence}{info}\n{text}\n{fence}"


def longest_run(text: str) -> int:
    """Return the length of the longest run of backticks in ``text``."""
    return max(map(len, _BACKTICKS.findall(text)), default=0)


def _flat(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens of blocks, with the tokens of a line in place of the line."""
    for token in tokens:
        if token.type == "inline":
            yield from token.children or ()
        else:
            yield token


def _formula(state: StateInline, silent: bool) -> bool:
    """Parse ``$x$``, ``$$x$$`` or ``$`x`$`` within a line.

    As in Pandoc, there is no space inside ``$x$`` and no digit after it: "$5 or $7" is text.
    """
    start, source = state.pos, state.src
    if source[start] != "$":
        return False
    opening = next(mark for mark in ("$$", "$`", "$") if source.startswith(mark, start))
    closing = opening[::-1]
    begin = start + len(opening)
    end = source.find(closing, begin, state.posMax)
    while opening == "$" and end > 0 and source[end - 1] == "\\":
        end = source.find(closing, end + 1, state.posMax)
    content = source[begin:end] if end > 0 else ""
    after = source[end + len(closing) : end + len(closing) + 1]
    if not content.strip() or (opening == "$" and (content != content.strip() or after.isdigit())):
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.content, token.markup = content.strip(), opening
    state.pos = end + len(closing)
    return True


def _formula_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Parse a formula from a line that begins with ``$$`` to the next one with ``$$``, which must end with it."""
    if state.is_code_block(start):
        return False
    lines: list[str] = []
    for number in range(start, end):
        if number > start and (state.sCount[number] < state.blkIndent and not state.isEmpty(number)):
            return False
        line = state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].strip()
        if number == start:
            if not line.startswith("$$"):
                return False
            line = line.removeprefix("$$")
        lines.append(line.removesuffix("$$"))
        if "$$" in line:
            content = "\n".join(lines).strip()
            if line.index("$$") != len(line) - 2 or not content:
                return False
            if not silent:
                state.line = number + 1
                token = state.push("formula_block", "", 0)
                token.content, token.block, token.markup, token.map = content, True, "$$", [start, number + 1]
            return True
    return False


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.inline.ruler.before("escape", "formula", _formula)
    markdown.block.ruler.before(
        "fence", "formula_block", _formula_block, {"alt": ["paragraph", "blockquote", "list"]}
    )
    return markdown


MARKDOWN = _markdown()
"""The parser of notes."""
