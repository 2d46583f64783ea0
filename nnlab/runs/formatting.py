"""Text forms of the numbers of runs."""

from collections import Counter
from collections.abc import Sequence
from math import isfinite

from nnlab.runs.records import Measurement


def percent(fraction: float) -> str:
    """Return 0.9812 as ``98.12 %``."""
    return f"{100 * fraction:.2f} %"


def nats(loss: float | None) -> str:
    """Return 0.5 as ``0.5000 nats``, and None or a value that is not finite as ``not finite``."""
    return "not finite" if loss is None or not isfinite(loss) else f"{loss:.4f} nats"


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, such as ``1 run`` or ``2,000 runs``."""
    return f"{count:,} {noun}" + "s" * (count != 1)


def distinct(names: Sequence[str]) -> list[str]:
    """Return the names of classes for a table; those that are equal or blank get their number: ``cat (3)``."""
    often = Counter(name.strip() for name in names)
    return [
        f"{name} ({number})".strip() if often[name.strip()] > 1 or not name.strip() else name
        for number, name in enumerate(names)
    ]


def duration(seconds: float) -> str:
    """Return 75 as ``1:15``, 4000 as ``1:06:40``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def accuracy(measurement: Measurement | None) -> str:
    """Return an accuracy in percent; empty if unknown."""
    return percent(measurement.accuracy) if measurement else ""


def loss(measurement: Measurement | None) -> str:
    """Return a loss in nats, without the unit; empty if unknown or not finite."""
    return f"{measurement.loss:.4f}" if measurement and measurement.loss is not None else ""
