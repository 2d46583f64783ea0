"""The exceptions that nnlab raises for errors a user can fix, each with its exit code.

    NnlabError                 1   base class, never raised itself
    ├── UsageError             2   a wrong argument, option or name
    │   ├── OptionError        2   an option that does not fit; the config adds file, line and column
    │   └── ConfigError        2   every problem of one config file, with its places
    ├── DataError              3   a data set is missing, damaged or unsafe
    ├── RunError               4   a run directory or checkpoint cannot be used
    ├── SystemFault            5   the machine: disk full, no permission, out of memory
    ├── DivergedError          6   loss, gradient or parameters are no longer finite
    ├── SweepError             7   some cells of a sweep failed; the others are done
    └── Interrupted      130/143   stopped by a signal, after the state was saved

Any other exception that leaves a command is a bug and gives exit code 1.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any
from unicodedata import combining, east_asian_width

_LONGEST = 40  # characters of user input in a message


class NnlabError(Exception):
    """Base of every error that a user can fix; ``exit_code`` is the command's exit status."""

    exit_code = 1


class UsageError(NnlabError):
    """A wrong argument, option or name."""

    exit_code = 2


class OptionError(UsageError):
    """An option is invalid, or does not fit the shape of its input.

    ``option`` names the keyword at fault (None: the component as a whole), ``hint`` the likely fix.
    """

    def __init__(self, message: str, *, option: str | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.option = option
        self.hint = hint


@dataclass(frozen=True)
class Problem:
    """One mistake in a config: its message and, if known, its position and the likely fix.

    ``line`` and ``column`` count from 1; ``excerpt`` is the source line, without its first ``skipped`` characters
    if it is long; ``length`` characters are marked.
    """

    message: str
    source: str
    line: int = 0
    column: int = 0
    length: int = 1
    excerpt: str = ""
    skipped: int = 0
    hint: str = ""

    def __str__(self) -> str:
        if not self.line:
            return f"{self.source}: {self.message}" + (f" ({self.hint})" if self.hint else "")
        gutter = f"{self.line:>7} | "
        start = self.column - 1 - self.skipped
        before, marked = self.excerpt[:start], self.excerpt[start:][: self.length]
        marker = " " * _width(before) + "^" * max(1, _width(marked))
        return (
            f"{self.source}:{self.line}:{self.column}: {self.message}\n"
            f"{gutter}{self.excerpt}\n{'| ':>{len(gutter)}}{marker} {self.hint}".rstrip()
        )


class ConfigError(UsageError):
    """All problems of one config, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.problems,), vars(self)


class DataError(NnlabError):
    """A data set is missing, damaged, of the wrong form or in an unsafe format."""

    exit_code = 3


class OtherDataError(DataError):
    """Data were found, but are not those of the run."""


class RunError(NnlabError):
    """A run directory or a checkpoint is missing, damaged, in use or does not match."""

    exit_code = 4


class SystemFault(NnlabError):
    """The operating system refused: disk full, no permission, no memory."""

    exit_code = 5


class DivergedError(NnlabError):
    """The loss, a gradient or a parameter is NaN or infinite."""

    exit_code = 6


class SweepError(NnlabError):
    """Some cells of a sweep failed; the others are done."""

    exit_code = 7


class Interrupted(NnlabError):
    """A signal stopped training after the state was saved; the exit code is 128 + the signal."""

    def __init__(self, message: str, *, signal: int) -> None:
        super().__init__(message)
        self.signal = signal
        self.exit_code = 128 + signal

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), signal=self.signal), self.args, vars(self)


def refusal(error: Exception, action: str, place: object = None) -> str:
    """Return what the operating system refused and why, such as ``cannot write runs/x: No space left on device``.

    Without a ``place`` the file that ``error`` names is taken.
    """
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    place = getattr(error, "filename", None) if place is None else place
    return f"cannot {action}: {why}" if place is None else f"cannot {action} {place}: {why}"


def out_of_memory(error: MemoryError) -> str:
    """Return the message for ``error``; the allocation that failed is unknown if Python itself raised it."""
    return f"out of memory: {error}" if str(error) else "out of memory"


@contextlib.contextmanager
def system_errors(action: str, place: object = None) -> Iterator[None]:
    """Turn an OSError raised in the block into a SystemFault with the text of ``refusal``."""
    try:
        yield
    except OSError as error:
        raise SystemFault(refusal(error, action, place)) from error


def closest(given: str, known: Iterable[str]) -> str | None:
    """Return the closest match for ``given`` among ``known`` names; None if none is similar.

    Case is ignored, and initials match: ``lr`` matches ``learning_rate``.
    """
    names = {name.lower(): name for name in sorted(known)}
    initials = {"".join(word[:1] for word in name.split("_")): name for name in names if "_" in name}
    near = get_close_matches(given.lower()[:_LONGEST], names, n=1, cutoff=0.6)
    found = near[0] if near else initials.get(given.lower())
    return names[found] if found else None


def suggest(given: str, known: Iterable[str]) -> str:
    """Return a hint on the unknown name ``given``: the closest of the ``known`` names, or all of them."""
    names = sorted(known)
    close = closest(given, names)
    return f"did you mean {close}?" if close else f"known: {', '.join(names)}"


def printable(text: str) -> str:
    """Return ``text`` with every character that could control a terminal replaced by U+FFFD."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c == "\t" else "\ufffd" for c in text)


def brief(text: str) -> str:
    """Return ``text`` in quotes, printable and cut to 40 characters."""
    return repr(printable(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."))


def _width(text: str) -> int:
    """Return the number of terminal columns that ``text`` takes."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
