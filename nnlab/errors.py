"""The exceptions nnlab raises for what a user can mend, each with the exit code of the command line.

    NnlabError                 1   never raised itself
    ├── UsageError             2   a wrong argument, option or name
    │   ├── OptionError        2   an option that does not fit; the config adds file, line and column
    │   └── ConfigError        2   every problem of one config file, with its places
    ├── DataError              3   a data set is missing, damaged or unsafe
    ├── RunError               4   a run directory or checkpoint cannot be used
    ├── SystemFault            5   the machine: disk full, no permission, out of memory
    ├── DivergedError          6   loss, gradient or parameters are no longer finite
    └── Interrupted      130/143   stopped by a signal, after the state was saved

Anything else that escapes a command is a bug and leaves with exit code 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class NnlabError(Exception):
    """Base of every error that a user can mend; ``exit_code`` is the command's exit status."""

    exit_code = 1


class UsageError(NnlabError):
    """A wrong argument, option or name."""

    exit_code = 2


class OptionError(UsageError):
    """An option, or the shape it meets, does not fit.

    ``option`` names the keyword at fault (None: the component as a whole), ``hint`` the likely fix.
    """

    def __init__(self, message: str, *, option: str | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.option = option
        self.hint = hint


@dataclass(frozen=True)
class Problem:
    """One mistake in a config: its message and, as far as known, where it stands and how to mend it.

    ``line`` and ``column`` count from 1; ``excerpt`` is the source line, or of a long one what begins after
    ``skipped`` characters; ``length`` characters are marked.
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
        marker = " " * (self.column - 1 - self.skipped) + "^" * max(1, self.length)
        return (
            f"{self.source}:{self.line}:{self.column}: {self.message}\n"
            f"{gutter}{self.excerpt}\n{'| ':>{len(gutter)}}{marker} {self.hint}".rstrip()
        )


class ConfigError(UsageError):
    """All problems of one config, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DataError(NnlabError):
    """A data set is missing, damaged, of the wrong form or in an unsafe format."""

    exit_code = 3


class RunError(NnlabError):
    """A run directory or a checkpoint is missing, damaged, in use or does not match."""

    exit_code = 4


class SystemFault(NnlabError):
    """The machine refused: disk full, no permission, no memory."""

    exit_code = 5


class DivergedError(NnlabError):
    """The loss, a gradient or a parameter is NaN or infinite."""

    exit_code = 6


class Interrupted(NnlabError):
    """A signal stopped the training after its state was saved; the exit code is 128 + the signal."""

    def __init__(self, message: str, *, signal: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal


def closest(given: str, known: Iterable[str]) -> str | None:
    """Return the one of the ``known`` names that ``given`` most likely was to be, if any is like it."""
    return next(iter(get_close_matches(given, sorted(known), n=1, cutoff=0.6)), None)


def suggest(given: str, known: Iterable[str]) -> str:
    """Return what to say of the unknown name ``given``: the likeliest of the ``known`` ones, or all of them."""
    names = sorted(known)
    close = closest(given, names)
    return f"did you mean {close}?" if close else f"known: {', '.join(names)}"


def printable(text: str) -> str:
    """Return ``text`` with every character that could steer a terminal replaced by U+FFFD."""
    return "".join(c if c.isprintable() else " " if c == "\t" else "\ufffd" for c in text)
