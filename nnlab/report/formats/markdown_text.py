"""Text as GitHub-flavoured Markdown that is shown literally, https://github.github.com/gfm/."""

import re
from collections.abc import Mapping, Sequence

from markdown_it.token import Token

from nnlab.errors import printable
from nnlab.report.formats.author_text import (
    Writer,
    fenced,
    is_formula,
    longest_run,
    stacked,
    web_address,
)

_SPECIAL = re.compile(
    r"[\\`*\[\]|~$#]"
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # an underscore within a word is literal
    r"|&(?=[#\w])"
    r"|:(?=//)|(?<=www)\.",  # prevents GitHub's automatic links
    re.IGNORECASE,
)
# Characters that turn a line into a list, a quotation or a table, or the line above into a heading.
_OPENING = re.compile(r"^(?:\d+(?=[.)])|(?=[-+=>:]))", re.MULTILINE)
_PIPE = re.compile(r"(?<!\\)\|")
_RULES = {"left": "---", "center": ":-:", "right": "--:"}

_LEVEL = 2  # level of the headings above the notes
_LONGEST = 100  # characters of the address of an image that is not shown


def escaped(text: str) -> str:
    """Return ``text`` on one line, shown literally in a line or in a cell of a table."""
    return _literal(" ".join(text.split()))


def paragraph(text: str) -> str:
    """Return ``text`` as a paragraph, even if it begins like another element."""
    return _guarded(escaped(text))


def code_block(text: str, info: str = "") -> str:
    """Return ``text`` as a block of code, line by line."""
    lines = text.replace("\r\n", "\n").strip("\n").split("\n")
    return fenced("\n".join(map(printable, lines)), info)


def _literal(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", printable(text)).replace("<", "&lt;")


def _guarded(lines: str) -> str:
    return _OPENING.sub(r"\g<0>\\", lines)


def _code(text: str) -> str:
    marks = "`" * (1 + longest_run(text))
    room = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{marks}{room}{printable(text)}{room}{marks}"


def _formula(token: Token, _: Sequence[str]) -> str:
    """Return a formula in GitHub's notation of dollar signs and backticks, in which nothing else is markup."""
    formula = " ".join(token.content.split())
    return _code(f"${formula}$") if "`" in formula else f"${_code(formula)}$"


def _fence(token: Token, _: Sequence[str]) -> str:
    return code_block(token.content, "math" if is_formula(token) else "")


def _text(token: Token, _: Sequence[str]) -> str:
    text = _literal(token.content)
    return f"{text[:-1]}\\!" if text.endswith("!") else text  # otherwise a link after it becomes an image


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


def _image(token: Token, _: Sequence[str]) -> str:
    """Return an image that is not shown: its text with a link, or with its address if that is not on the web."""
    if web_address(token):
        return _link(token, [_literal(token.content)])
    return f"{_literal(token.content)} ({_literal(str(token.attrs['src'])[:_LONGEST])})"


def _cell(_: Token, parts: Sequence[str]) -> str:
    return _PIPE.sub(r"\\|", "".join(parts))


def _table(token: Token, parts: Sequence[str]) -> str:
    head, *body = parts
    rule = " | ".join(_RULES[alignment] for alignment in token.meta["columns"])
    return "\n".join([head, f"| {rule} |", *body])


NOTES: Mapping[str, Writer] = {
    "heading": _heading,
    "paragraph": lambda _, parts: _guarded("".join(parts)),
    "blockquote": _quote,
    "bullet_list": lambda _, parts: "\n".join(parts),
    "ordered_list": lambda _, parts: "\n".join(parts),
    "list_item": _item,
    "table": _table,
    "thead": lambda _, parts: "\n".join(parts),
    "tbody": lambda _, parts: "\n".join(parts),
    "tr": lambda _, parts: f"| {' | '.join(parts)} |",
    "th": _cell,
    "td": _cell,
    "fence": _fence,
    "code_block": _fence,
    "formula_block": _fence,
    "formula": _formula,
    "image": _image,
    "hr": lambda *_: "***",  # hyphens would turn the line above into a heading
    "text": _text,
    "code_inline": lambda token, _: _code(token.content),
    "em": lambda _, parts: f"*{''.join(parts)}*",
    "strong": lambda _, parts: f"**{''.join(parts)}**",
    "link": _link,
    "softbreak": lambda *_: "\n",
    "hardbreak": lambda *_: "\\\n",
}
"""Writers of notes in Markdown, with headings below those of a section and without images; for ``rendered``."""


def writers(places: Mapping[str, str]) -> Mapping[str, Writer]:
    """Return the writers of notes whose images are at ``places``, by address, relative to the report."""

    def image(token: Token, parts: Sequence[str]) -> str:
        place = places.get(str(token.attrs["src"]))
        return f"![{_literal(token.content)}]({place})" if place else _image(token, parts)

    return {**NOTES, "image": image}
