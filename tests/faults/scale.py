"""How often things are tried: quickly in ``make test``, thoroughly in ``make chaos``; and what came of it.

NNLAB_CHAOS is the share of the full counts that is wanted: 1 in ``make chaos``, and 0.1 for a tenth of its time.
"""

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

import pytest

SHARE = float(os.environ.get("NNLAB_CHAOS", "0"))
_LISTED = 200


@dataclass
class Figure:
    """How often something was tried, how often it failed, in how many seconds; and what was wrong."""

    what: str
    done: int = 0
    failures: int = 0
    seconds: float = 0.0
    told: list[str] = field(default_factory=list)

    def add(self, found, *where):
        """Count a trial; ``found`` is what was wrong, ``where`` tells which trial it was."""
        self.done += 1
        self.failures += bool(found)
        self.told += [" ".join(map(str, (*where, problem))) for problem in found]
        for listener in LISTENERS:
            listener(self)

    def as_json(self):
        """Return the figure without what was wrong, as plain data."""
        return {
            "what": self.what,
            "tried": self.done,
            "failed": self.failures,
            "seconds": round(self.seconds, 1),
        }


FIGURES: list[Figure] = []
"""Those of this session."""

LISTENERS = []
"""Called with a figure whenever something was tried for it."""


def count(quick, full):
    """Return how often to try: ``quick``, or the wanted share of ``full`` if that is more."""
    return max(quick, round(SHARE * full))


def sample(items, quick, rng):
    """Return ``quick`` of the ``items`` or the wanted share of them if that is more, in their order."""
    number = min(len(items), count(quick, len(items)))
    return [items[i] for i in sorted(rng.choice(len(items), number, replace=False))]


@contextmanager
def counting(what):
    """Count trials in the figure that is given, and fail in the end if any of them did."""
    figure = Figure(what)
    FIGURES.append(figure)
    began = monotonic()
    try:
        yield figure
    finally:
        figure.seconds = monotonic() - began
    if figure.told:
        listed = "\n".join(figure.told[:_LISTED])
        pytest.fail(f"{what}: {figure.failures} of {figure.done} failed\n{listed}", pytrace=False)
