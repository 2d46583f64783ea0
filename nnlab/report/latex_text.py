"""Text as LaTeX that sets it literally with pdflatex, input in UTF-8 and fonts in the T1 encoding."""

import string
from collections.abc import Iterator, Mapping, Sequence
from unicodedata import lookup, normalize

from markdown_it.token import Token

from nnlab.report.note_text import Writer, stacked

_SPECIAL = {
    "\t": " ",
    "\N{NO-BREAK SPACE}": "~",
    **{letter: f"\\{letter}" for letter in "{}#$%&_"},
    **{letter: f"{{{letter}}}" for letter in "[]*"},  # else they may be an option of the command before
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': r"\symbol{34}",  # itself it is a command in a German document
    "\N{EN DASH}": "--",
    "\N{EM DASH}": "---",
    "\N{HORIZONTAL ELLIPSIS}": r"\dots{}",
    "\N{LEFT SINGLE QUOTATION MARK}": r"\textquoteleft{}",
    "\N{RIGHT SINGLE QUOTATION MARK}": r"\textquoteright{}",
    "\N{LEFT DOUBLE QUOTATION MARK}": r"\textquotedblleft{}",
    "\N{RIGHT DOUBLE QUOTATION MARK}": r"\textquotedblright{}",
    "\N{BULLET}": r"\textbullet{}",
    "\N{MINUS SIGN}": "$-$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "±": r"$\pm$",
    "·": r"$\cdot$",
    "≈": r"$\approx$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "≠": r"$\ne$",
    "→": r"$\rightarrow$",
    "∞": r"$\infty$",
    **{
        lookup(f"greek small letter {name}"): rf"$\{name}$"
        for name in ("alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "mu", "sigma")
    },
}
# Latin letters with accents and without: what both T1 and LaTeX's utf8 know of Latin-1 and Latin Extended-A.
_LATIN = frozenset(map(chr, range(0xA1, 0x17F))) - frozenset("\xad¦ĦħĸĿŀŉŦŧ")
_KNOWN = frozenset(string.ascii_letters + string.digits + string.punctuation + " ") | _LATIN
_LONGEST = 20  # characters of a word that is not broken
_BREAKS = frozenset("/\\_.,:;=-")
_DEEPEST = 4  # level of a list; LaTeX has four within each other, and an item is a level too
_BREAK = "\\leavevmode\\\\\n"


def escaped(text: str) -> str:
    """Return ``text`` on one line, such that it is set literally.

    Characters that the fonts do not have are named by their numbers. Long words may be broken.
    """
    return _literal(" ".join(text.split()))


def typed(text: str) -> str:
    """Return ``text`` line by line as it would be typed, with long lines broken.

    No ``verbatim``: it cannot hold its own end, and does not break lines.
    """
    lines = text.replace("\r\n", "\n").strip("\n").split("\n")
    body = "\\\\\n".join(r"\mbox{}" + _straight(line.expandtabs()).replace(" ", r"\ ") for line in lines)
    return f"\\begin{{flushleft}}\\small\\ttfamily\n{body}\n\\end{{flushleft}}"


def _literal(text: str) -> str:
    return " ".join(_word(word) for word in normalize("NFC", text).split(" "))


def _straight(text: str) -> str:
    return _literal(text).replace("'", r"\textquotesingle{}")


def _word(word: str) -> str:
    if len(word) <= _LONGEST:
        return "".join(_characters(word))
    parts, unbroken = [], 0
    for letter, part in zip(word, _characters(word), strict=True):
        unbroken += 1
        parts.append(part)
        if letter in _BREAKS or unbroken >= _LONGEST // 2:
            parts.append(r"\allowbreak{}")
            unbroken = 0
    return "".join(parts)


def _characters(text: str) -> Iterator[str]:
    last = ""
    for letter in text:
        if letter == last and letter in "-,'":
            yield "{}" + letter  # else the two become a dash or a quotation mark
        elif letter in _SPECIAL:
            yield _SPECIAL[letter]
        else:
            yield letter if letter in _KNOWN else f"{{[}}U+{ord(letter):04X}{{]}}"
        last = letter


def _within(environment: str) -> Writer:
    """Return a writer of blocks in an environment, or, too deep for LaTeX, without it."""

    def written(token: Token, parts: Sequence[str]) -> str:
        inside = stacked(parts)
        return inside if token.level > _DEEPEST else f"\\begin{{{environment}}}\n{inside}\n\\end{{{environment}}}"

    return written


def _item(token: Token, parts: Sequence[str]) -> str:
    if token.level > _DEEPEST + 1:
        return f"- {stacked(parts)}"
    label = f"[{{{token.info}{token.markup}}}]" if token.info else ""
    return f"\\item{label} {stacked(parts)}"


def _heading(_: Token, parts: Sequence[str]) -> str:
    return rf"\subparagraph{{{''.join(parts).replace(_BREAK, ' ')}}}"


def _link(token: Token, parts: Sequence[str]) -> str:
    address = rf"\texttt{{{_straight(str(token.attrs['href']))}}}"
    return address if token.markup == "autolink" else f"{''.join(parts)} ({address})"


NOTES: Mapping[str, Writer] = {
    "heading": _heading,
    "paragraph": lambda _, parts: "".join(parts),
    "blockquote": _within("quote"),
    "bullet_list": _within("itemize"),
    "ordered_list": _within("enumerate"),
    "list_item": _item,
    "fence": lambda token, _: typed(token.content),
    "code_block": lambda token, _: typed(token.content),
    "hr": lambda *_: r"\begin{center}\rule{0.5\linewidth}{0.4pt}\end{center}",
    "text": lambda token, _: _literal(token.content),
    "code_inline": lambda token, _: rf"\texttt{{{_straight(token.content)}}}",
    "em": lambda _, parts: rf"\emph{{{''.join(parts)}}}",
    "strong": lambda _, parts: rf"\textbf{{{''.join(parts)}}}",
    "link": _link,
    "softbreak": lambda *_: "\n",
    "hardbreak": lambda *_: _BREAK,
}
"""Notes in LaTeX; for ``rendered``."""
