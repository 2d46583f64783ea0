"""Formulas in TeX notation: drawn as outlines for HTML, checked for LaTeX."""

import re
from functools import lru_cache
from typing import NamedTuple

from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

_LONGEST = 500  # characters of a formula
_LONGEST_PATH = 60_000  # characters of a drawing
_MOST = 500  # formulas drawn for one document
_LARGEST = 100.0  # em, the width or height of a drawn formula
_FONT = FontProperties(math_fontfamily="stix")
_LETTERS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C", Path.CLOSEPOLY: "Z"}

_ALIASES = {"le": "leq", "ge": "geq", "gets": "leftarrow", "tfrac": "frac"}  # names that mathtext does not know
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_REFUSED = re.compile(
    r"\^\^"  # TeX's notation of a character by its code
    r"|\^.*'"  # a prime is a superscript, of which a symbol has one
    r"|\\text\s*\{[^}]*[_^]",  # scripts in text
)
_PLAIN = re.compile(r"[A-Za-z0-9 \n+\-*/=<>()\[\]|.,:;!?'_^{}@]*")

# Control sequences of LaTeX's mathematics without packages, or defined at the beginning of report.tex.
_NAMES = """
alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho
varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi
Psi Omega frac sqrt sum prod coprod int oint bigcup bigcap bigvee bigwedge bigoplus bigotimes bigodot left
right partial nabla infty forall exists neg ell hbar Re Im emptyset prime angle top bot aleph cdot times div
pm mp ast star circ bullet oplus ominus otimes odot cup cap vee wedge setminus dagger ddagger le leq ge geq ne
neq equiv sim simeq approx cong propto in ni notin subset subseteq supset supseteq ll gg mid parallel perp
prec succ to gets rightarrow leftarrow leftrightarrow Rightarrow Leftarrow Leftrightarrow mapsto
longrightarrow longleftarrow uparrow downarrow ldots cdots vdots ddots dots langle rangle lfloor rfloor lceil
rceil hat widehat tilde widetilde bar overline vec dot ddot acute grave breve check mathrm mathbf mathit
mathsf mathtt mathcal mathbb text operatorname dfrac tfrac binom exp log ln lg sin cos tan cot sec csc arcsin
arccos arctan sinh cosh tanh coth max min sup inf lim limsup liminf det dim ker deg arg gcd hom Pr quad qquad
"""
_LATEX = frozenset(_NAMES.split()) | frozenset(",;:! {}%#&_|$")

PREAMBLE = r"""
\providecommand{\mathbb}[1]{\mathbf{#1}}
\providecommand{\text}[1]{\mathrm{#1}}
\providecommand{\operatorname}[1]{\mathop{\mathrm{#1}}}
\providecommand{\dfrac}[2]{{\displaystyle\frac{#1}{#2}}}
\providecommand{\tfrac}[2]{{\textstyle\frac{#1}{#2}}}
\providecommand{\binom}[2]{{#1 \choose #2}}
""".strip()
"""Definitions of the commands that LaTeX has only with amsmath or amssymb, unless the paper loads these."""


class Outline(NamedTuple):
    """A formula as the path of an SVG, and its size in em; ``depth`` is the part below the baseline."""

    path: str
    width: float
    height: float
    depth: float


class Formulas:
    """The formulas of one document, of which a limited number are drawn."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def outline(self, formula: str) -> Outline | None:
        """Return ``formula`` as an outline, or None if it cannot be drawn or there are too many."""
        if formula not in self._seen and len(self._seen) >= _MOST:
            return None
        self._seen.add(formula)
        return _outline(formula)


@lru_cache(maxsize=2 * _MOST)
def _outline(formula: str) -> Outline | None:
    """Return ``formula`` (TeX without dollar signs) as an outline; None if matplotlib cannot draw it."""
    text = " ".join(formula.split())
    if not text or len(text) > _LONGEST or "$" in text.replace(r"\$", ""):
        return None
    text = re.sub(r"\\([A-Za-z]+)", lambda command: "\\" + _ALIASES.get(command[1], command[1]), text)
    scale = _FONT.get_size_in_points()
    try:
        width, height, depth = (
            float(size) / scale
            for size in text_to_path.get_text_width_height_descent(f"${text}$", _FONT, ismath=True)
        )
        vertices, codes = text_to_path.get_text_path(_FONT, f"${text}$", ismath=True)
    except (ValueError, RecursionError, ArithmeticError):
        return None
    if not 0 < width <= _LARGEST or not 0 < height <= _LARGEST:
        return None
    if len(vertices) == 0:
        return None
    parts: list[str] = []
    for points, code in Path(vertices, codes).iter_segments(simplify=False, curves=True):
        flipped = [f"{value if i % 2 == 0 else -value:.1f}" for i, value in enumerate(points)]
        parts.append("Z" if code == Path.CLOSEPOLY else _LETTERS[code] + " ".join(flipped))
    path = "".join(parts).replace(".0", "")
    return Outline(path, width, height, depth) if len(path) <= _LONGEST_PATH else None


def latex(formula: str) -> str | None:
    """Return ``formula`` for a LaTeX file; None unless it is known to compile and to have no side effects.

    Only commands of mathematics are let through: no definition, no input, no ``^^`` notation for characters.
    Braces, scripts and delimiters are checked by drawing the formula.
    """
    text = " ".join(formula.split())
    commands = set(_COMMAND.findall(text))
    if _REFUSED.search(text) or not commands <= _LATEX or not _PLAIN.fullmatch(_COMMAND.sub("", text)):
        return None
    return text if _outline(formula) else None
