"""What all figures share: sizes, fonts, colours, and text that is shown literally."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, NullLocator, StrMethodFormatter

COLUMN = 3.5
"""Width in inches of a figure that fills one of two columns."""

PAGE = 7.0
"""Width in inches of a figure that fills a page between its margins."""

BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442",
)  # fmt: skip
"""Colours that people with colour blindness can tell apart: Okabe and Ito (2008), https://jfly.uni-koeln.de/color/."""

PALETTE = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW)

TEXT = 8.0
"""Size in points of labels and notes."""

TICK = 7.0
"""Size in points of what stands at ticks."""

TITLE = 9.0
"""Size in points of the heading."""

SMALLEST = 5.5
"""Size in points below which nothing is written, because print would not show it."""

MISSING = "\N{REPLACEMENT CHARACTER}"
"""Stands for a character that the font does not have."""

_FONT = "DejaVu Sans"  # matplotlib brings it along, so that figures look the same everywhere

_RC = {
    "font.family": _FONT,
    "font.size": TEXT,
    "axes.titlesize": TEXT,
    "axes.labelsize": TEXT,
    "xtick.labelsize": TICK,
    "ytick.labelsize": TICK,
    "legend.fontsize": TICK,
    "legend.frameon": False,
    "figure.titlesize": TITLE,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "image.interpolation": "nearest",
    "pdf.fonttype": 42,  # TrueType: printers' checks refuse type 3
    "svg.hashsalt": "nnlab",
}


@contextlib.contextmanager
def styled() -> Iterator[None]:
    """Draw in this style, whatever the user's matplotlibrc says; also a decorator, ``@styled()``."""
    with matplotlib.style.context(["default", _RC]):
        yield


def page(width: float, height: float, title: str = "", note: str = "") -> Figure:
    """Return an empty figure with ``height`` inches for its content, below a title and a note."""
    figure = Figure(figsize=(width, height), layout="constrained")
    head(figure, title, note)
    return figure


def head(figure: Figure, title: str, note: str) -> None:
    """Put a title and a note at the top of ``figure``, which grows taller by the lines that they take."""
    lines = [line for text in (title, note) for line in wrapped(text, figure.get_figwidth(), TITLE)]
    if lines:
        figure.set_figheight(figure.get_figheight() + len(lines) * 1.25 * TITLE / 72)
        figure.suptitle("\n".join(plain(line) for line in lines))


def sheet(width: float, height: float, title: str = "", note: str = "") -> Figure:
    """Return an empty figure as ``page`` does, for content that is put in its place instead of laid out."""
    figure = page(width, height + 0.1, title, note)
    figure.set_layout_engine("none")
    if heading := figure.get_suptitle():
        figure.suptitle(heading, y=1 - 0.03 / figure.get_figheight())
    return figure


def plain(text: str) -> str:
    """Return ``text`` such that matplotlib shows it literally, on one line and without warnings.

    Dollar signs are escaped, so that they start no formula, and characters that the font does not have
    become ``MISSING``.
    """
    return shown(text).replace("$", r"\$")


def shown(text: str) -> str:
    """Return ``text`` as it will be seen: on one line, with ``MISSING`` for what the font does not have."""
    return "".join(letter if ord(letter) in _known() else MISSING for letter in " ".join(text.split()))


def width_of(text: str, size: float) -> float:
    """Return the width of ``text`` in points at a font size in points."""
    return sum(_advance(letter if ord(letter) in _known() else MISSING) for letter in text) * size


def fitted(text: str, width: float, size: float) -> str:
    """Return ``text`` as it will be seen, cut to ``width`` points at font size ``size``; an ellipsis says so."""
    text = shown(text)
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + "…", size) > width:
        text = text[:-1]
    return text + "…"


def distinct(names: Sequence[str], width: float, size: float) -> list[str]:
    """Return class names cut to ``width`` points; those that would look alike or blank get their number."""
    labels = [fitted(name, width, size) for name in names]
    blank = {number for number, label in enumerate(labels) if not label.strip(MISSING)}
    alike: set[int] = set()
    while True:
        shown = [
            _numbered(label, number, width, size) if number in blank | alike else label
            for number, label in enumerate(labels)
        ]
        often = Counter(shown)
        found = {number for number, label in enumerate(shown) if often[label] > 1} - blank - alike
        if not found:
            return shown
        alike |= found


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Return ``text`` in lines that fit a figure ``width`` inches wide, broken between words."""
    lines: list[str] = []
    room = (width - 0.3) * 72
    for word in shown(text).split():
        if lines and width_of(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(fitted(word, room, size))
    return lines


def columns(labels: Sequence[str], width: float) -> int:
    """Return how many entries of a legend stand side by side in ``width`` inches, at least one."""
    widest = max(width_of(label, TICK) for label in labels) / 72 + 0.5
    return max(1, min(len(labels), int(width / widest)))


def logarithmic(axes: Axes, lowest: float = 0.0) -> None:
    """Give ``axes`` a logarithmic scale of y, with plain numbers at it, that does not go below ``lowest``.

    What is not above 0 lies at the bottom. Within a factor of ten the numbers are as far apart as on a linear
    scale, for there may be no 1, 2 or 5 among them.
    """
    axes.set_yscale("log", nonpositive="clip")
    axes.set_ylim(bottom=max(axes.get_ylim()[0], lowest))
    bottom, top = axes.get_ylim()
    if top < 10 * bottom:
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if top < 1e4 * bottom else (1,)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def percent(fraction: float) -> str:
    """Return a probability as a percentage; only 0 and 1 themselves are called 0 % and 100 %."""
    if not 0 < fraction < 1:
        return f"{100 * fraction:.0f} %"
    if fraction < 0.0005:
        return "<0.1 %"
    return f"{100 * fraction:.1f} %" if fraction < 0.9995 else ">99.9 %"


def _numbered(label: str, number: int, width: float, size: float) -> str:
    suffix = f" ({number})"
    return (fitted(label, width - width_of(suffix, size), size) + suffix).strip()


@cache
def _known() -> frozenset[int]:
    """Return the code points the font has a glyph for."""
    return frozenset(get_font(findfont(FontProperties(family=_FONT))).get_charmap())


@cache
def _advance(letter: str) -> float:
    """Return the width of ``letter`` as a part of the font size."""
    font = get_font(findfont(FontProperties(family=_FONT)))
    font.set_size(64, 72)
    return font.load_char(ord(letter)).linearHoriAdvance / 65536 / 64
