"""The causes of syntax errors, from the errors of the YAML parser."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nnlab.errors import brief

_CLOSING = {"[": "]", "{": "}"}
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|(?:^|(?<=\s))\#.*|[][{}]""")
_INDENT = "keys of one mapping and entries of one list begin in the same column"


@dataclass(frozen=True)
class Cause:
    """The cause of a syntax error: ``line`` and ``column``, from 0, what is wrong, and the likely fix."""

    line: int
    column: int
    message: str
    hint: str = ""


@dataclass(frozen=True)
class SyntaxFault:
    """An error of the parser: its words, and ``line`` and ``column``, from 0, of ``lines`` where it gave up."""

    lines: Sequence[str]
    line: int
    column: int
    context: str
    problem: str

    @property
    def text(self) -> str:
        """The line where the parser gave up; empty at the end of the file."""
        return self.lines[self.line] if self.line < len(self.lines) else ""

    @property
    def indent(self) -> int:
        """How many characters of white space the line begins with."""
        return _indent(self.text)


def explain(fault: SyntaxFault) -> Cause | None:
    """Return the cause of the parser's ``fault``; None if its kind is not known."""
    return next((cause for rule in _RULES if (cause := rule(fault))), None)


def _tab(fault: SyntaxFault) -> Cause | None:
    if "\t" not in fault.text[: fault.indent] or fault.column > fault.indent:
        return None
    column = fault.text.index("\t")
    return Cause(fault.line, column, "a tab; YAML is indented with spaces", "replace the tab with spaces")


def _open_quote(fault: SyntaxFault) -> Cause | None:
    """Return the cause of a text in quotes that never ends: the first quote that its line does not close."""
    if "quoted scalar" not in fault.context or "end of stream" not in fault.problem:
        return None
    for line, text in enumerate(fault.lines):
        rest = _TOKEN.sub(lambda match: " " * len(match[0]) if len(match[0]) > 1 else match[0], text)
        if found := re.search(r"(?<=[\s:\[{,])['\"]", rest):
            return Cause(line, found.start(), "the quote is not closed", f"a {found[0]} is missing")
    return None


def _open_bracket(fault: SyntaxFault) -> Cause | None:
    """Return the innermost bracket that is open where the parser gave up."""
    opened: list[tuple[int, int]] = []
    for line, text in enumerate(fault.lines[: fault.line + 1] if "flow" in fault.context else ()):
        for match in _TOKEN.finditer(text):
            if line == fault.line and match.start() >= fault.column:
                break
            if match[0] in _CLOSING:
                opened.append((line, match.start()))
            elif match[0] in _CLOSING.values() and opened:
                opened.pop()
    if not opened:
        return None
    line, column = opened[-1]
    bracket = fault.lines[line][column]
    end = f"line {fault.line + 1}" if fault.text.strip() else "the end of the file"
    if line == fault.line and fault.column < len(fault.text):
        end = brief(fault.text[fault.column])
    message = f"the bracket {bracket} is not closed before {end}"
    return Cause(line, column, message, f"a comma or {_CLOSING[bracket]} is missing")


def _misplaced_key(fault: SyntaxFault) -> Cause | None:
    if "mapping values" not in fault.problem:
        return None
    if re.match(r"\s*(- +)*[^\s#:]+:\s+\S", fault.text[: fault.column]):
        return Cause(
            fault.line, fault.column, "a second key in one line", "write {key: value}, or begin a new line"
        )
    message = "indented deeper than the line above, whose key has a value already"
    return Cause(fault.line, fault.indent, message, _INDENT)


def _missing_colon(fault: SyntaxFault) -> Cause | None:
    if "could not find expected ':'" not in fault.problem:
        return None
    before = range(min(fault.line, len(fault.lines) - 1), -1, -1)
    line = next((line for line in before if _has_no_colon(fault.lines[line])), None)
    return (
        None
        if line is None
        else Cause(line, _indent(fault.lines[line]), "a key without a colon", "write KEY: VALUE")
    )


def _has_no_colon(text: str) -> bool:
    content = re.sub(r"(^|\s)#.*", "", text).strip()
    return bool(content) and not re.search(r":(\s|$)", content)


def _reserved(fault: SyntaxFault) -> Cause | None:
    if "cannot start any token" not in fault.problem or fault.column >= len(fault.text):
        return None
    message = f"a value cannot begin with {brief(fault.text[fault.column])}"
    return Cause(fault.line, fault.column, message, "put it in quotes")


def _closing_bracket(fault: SyntaxFault) -> Cause | None:
    bracket = fault.text[fault.column : fault.column + 1]
    if "did not find expected key" not in fault.problem or bracket not in {"]", "}"}:
        return None
    return Cause(fault.line, fault.column, f"the bracket {bracket} closes none", "leave it out")


def _indentation(fault: SyntaxFault) -> Cause | None:
    if not re.search("did not find expected key|expected '-' indicator", fault.problem):
        return None
    return Cause(fault.line, fault.indent, "indented like no line above", _INDENT)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


_RULES: tuple[Callable[[SyntaxFault], Cause | None], ...] = (
    _tab,
    _open_quote,
    _open_bracket,
    _misplaced_key,
    _missing_colon,
    _reserved,
    _closing_bracket,
    _indentation,
)
