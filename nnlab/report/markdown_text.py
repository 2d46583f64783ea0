"""Text as GitHub-flavoured Markdown that shows it literally, https://github.github.com/gfm/."""

import re
from collections.abc import Mapping, Sequence

from markdown_it.token import Token

from nnlab.errors import printable
from nnlab.report.note_text import Writer, stacked, web_address

_SPECIAL = re.compile(
    r"[\\`*\[\]<|~$#]"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # within a word an underscore stresses nothing
    r"|&(?=[#\w])"
    r"|:(?=//)|(?<=www)\.",  # else GitHub makes a link of it
    re.IGNORECASE,
)
# What makes a list, a quotation or a table of a line, or a heading of the line above.
_OPENING = re.compile(r"^(?:\d+(?=[.)])|(?=[-+=>:]))", re.MULTILINE)

_LEVEL = 2  # of the headings that notes stand below


def escaped(text: str) -> str:
    """Return ``text`` on one line, such that it is shown literally within a line or a cell of a table."""
    return _literal(" ".join(text.split()))


def paragraph(text: str) -> str:
    """Return ``text`` as a paragraph, whatever it begins with."""
    return _guarded(escaped(text))


def fenced(text: str) -> str:
    """Return ``text`` as a block of code, line by line."""
    lines = [printable(line) for line in text.replace("\r\n", "\n").strip("\n").split("\n")]
    fence = "`" * max(3, 1 + _longest_run("\n".join(lines)))
    return "\n".join([fence, *lines, fence])


def _literal(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", printable(text))


def _guarded(lines: str) -> str:
    return _OPENING.sub(r"\g<0>\\", lines)


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _code(text: str) -> str:
    marks = "`" * (1 + _longest_run(text))
    room = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{marks}{room}{printable(text)}{room}{marks}"


def _text(token: Token, _: Sequence[str]) -> str:
    text = _literal(token.content)
    return f"{text[:-1]}\\!" if text.endswith("!") else text  # a link may follow, which it would make an image


def _heading(token: Token, parts: Sequence[str]) -> str:
    level = min(6, _LEVEL + int(token.tag.removeprefix("h")))
    return f"{'#' * level} {' '.join(''.join(parts).split())}"


def _quote(_: Token, parts: Sequence[str]) -> str:
    return "\n".join(f"> {line}".rstrip() for line in stacked(parts).split("\n"))


def _item(token: Token, parts: Sequence[str]) -> str:
    mark = f"{token.info}{token.markup} "
    return mark + stacked(parts).replace("\n", "\n" + " " * len(mark))


def _link(token: Token, parts: Sequence[str]) -> str:
    if address := web_address(token):
        return f"[{''.join(parts)}](<{address.replace('&', '&amp;')}>)"
    return f"{''.join(parts)} ({_literal(str(token.attrs['href']))})"


NOTES: Mapping[str, Writer] = {
    "heading": _heading,
    "paragraph": lambda _, parts: _guarded("".join(parts)),
    "blockquote": _quote,
    "bullet_list": lambda _, parts: "\n".join(parts),
    "ordered_list": lambda _, parts: "\n".join(parts),
    "list_item": _item,
    "fence": lambda token, _: fenced(token.content),
    "code_block": lambda token, _: fenced(token.content),
    "hr": lambda *_: "***",  # dashes would make a heading of the line above
    "text": _text,
    "code_inline": lambda token, _: _code(token.content),
    "em": lambda _, parts: f"*{''.join(parts)}*",
    "strong": lambda _, parts: f"**{''.join(parts)}**",
    "link": _link,
    "softbreak": lambda *_: "\n",
    "hardbreak": lambda *_: "\\\n",
}
"""Notes in Markdown, with headings below those of a section; for ``rendered``."""
