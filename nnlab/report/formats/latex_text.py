"""Text as LaTeX that pdflatex sets literally, with UTF-8 input and fonts in the T1 encoding."""

import string
from collections.abc import Iterator, Mapping, Sequence
from unicodedata import lookup, normalize

from markdown_it.token import Token

from nnlab.report.formats.author_text import Writer, is_formula, stacked
from nnlab.report.formats.formulas import latex

_SPECIAL = {
    "\t": " ",
    "\N{NO-BREAK SPACE}": "~",
    **{letter: f"\\{letter}" for letter in "{}#$%&_"},
    **{
        letter: f"{{{letter}}}" for letter in "[]*"
    },  # otherwise they may be read as an option of the preceding command
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': r"\symbol{34}",  # a command in German documents
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
# Latin letters of Latin-1 and Latin Extended-A that both T1 and LaTeX's utf8 have.
_LATIN = frozenset(map(chr, range(0xA1, 0x17F))) - frozenset("\xad¦ĦħĸĿŀŉŦŧ")
_KNOWN = frozenset(string.ascii_letters + string.digits + string.punctuation + " ") | _LATIN
_LONGEST = 20  # characters of a word that is not broken
_BREAKS = frozenset("/\\_.,:;=-")
_DEEPEST = 4  # deepest level of a list: LaTeX nests four, and an item counts as a level
_LONGEST_ADDRESS = 100  # characters of the address of an image that is not shown
_BREAK = "\\leavevmode\\\\\n"


def escaped(text: str) -> str:
    """Return ``text`` on one line, set literally.

    Characters missing from the fonts are replaced by their code points. Long words may be broken.
    """
    return _literal(" ".join(text.split()))


def typed(text: str) -> str:
    """Return ``text`` line by line in typewriter letters, with long lines broken.

    ``verbatim`` is not used: it cannot contain its own end, and does not break lines.
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
            yield "{}" + letter  # otherwise the two become a dash or a quotation mark
        elif letter in _SPECIAL:
            yield _SPECIAL[letter]
        else:
            yield letter if letter in _KNOWN else f"{{[}}U+{ord(letter):04X}{{]}}"
        last = letter


def _within(environment: str) -> Writer:
    """Return a writer of blocks in an environment, which is left out where LaTeX does not nest deeper."""

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


def _image(token: Token, _: Sequence[str]) -> str:
    return rf"{_literal(token.content)} (\texttt{{{_straight(str(token.attrs['src'])[:_LONGEST_ADDRESS])}}})"


def _formula(token: Token, _: Sequence[str]) -> str:
    formula = latex(token.content)
    if formula is None:
        return rf"\texttt{{{_straight(' '.join(token.content.split()))}}}"
    return f"$\\displaystyle {formula}$" if token.markup == "$$" else f"${formula}$"


def _block(token: Token, _: Sequence[str]) -> str:
    formula = latex(token.content) if is_formula(token) else None
    return typed(token.content) if formula is None else f"\\[\n{formula}\n\\]"


def _table(token: Token, parts: Sequence[str]) -> str:
    columns = "".join(alignment[0] for alignment in token.meta["columns"])
    head, *body = parts
    return "\n".join(
        [
            r"\begin{center}\small",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            head,
            *([r"\midrule", *body] if body else []),
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{center}",
        ]
    )


NOTES: Mapping[str, Writer] = {
    "heading": _heading,
    "paragraph": lambda _, parts: "".join(parts),
    "blockquote": _within("quote"),
    "bullet_list": _within("itemize"),
    "ordered_list": _within("enumerate"),
    "list_item": _item,
    "table": _table,
    "thead": lambda _, parts: "\n".join(parts),
    "tbody": lambda _, parts: "\n".join(parts),
    "tr": lambda _, parts: rf"{' & '.join(parts)} \\",
    "th": lambda _, parts: "".join(parts),
    "td": lambda _, parts: "".join(parts),
    "fence": _block,
    "code_block": _block,
    "formula_block": _block,
    "formula": _formula,
    "image": _image,
    "hr": lambda *_: r"\begin{center}\rule{0.5\linewidth}{0.4pt}\end{center}",
    "text": lambda token, _: _literal(token.content),
    "code_inline": lambda token, _: rf"\texttt{{{_straight(token.content)}}}",
    "em": lambda _, parts: rf"\emph{{{''.join(parts)}}}",
    "strong": lambda _, parts: rf"\textbf{{{''.join(parts)}}}",
    "link": _link,
    "softbreak": lambda *_: "\n",
    "hardbreak": lambda *_: _BREAK,
}
"""Writers of notes in LaTeX, without images; for ``rendered``."""


def writers(places: Mapping[str, str]) -> Mapping[str, Writer]:
    """Return the writers of notes whose images are at ``places``, by address, relative to the report."""

    def image(token: Token, parts: Sequence[str]) -> str:
        place = places.get(str(token.attrs["src"]))
        return rf"\nnlabimage{{{place}}}" if place else _image(token, parts)

    return {**NOTES, "image": image}
