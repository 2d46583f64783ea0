"""Small curves of the training loss, from a bounded part of a run's log."""

import json
from pathlib import Path
from typing import NamedTuple

from nnlab import files
from nnlab.errors import RunError

WIDTH, HEIGHT = 96, 24
"""Size of a curve in CSS pixels."""

_POINTS = 32
_WINDOW = 2048  # bytes read for one point, about a dozen records
_MARGIN = 2
_LARGEST = 1e100  # absolute loss that is drawn; the sum of many such losses is finite


class Sparkline(NamedTuple):
    """The ``points`` of an SVG polyline of WIDTH by HEIGHT, and its ``last`` loss (nats)."""

    points: str
    last: float


def sparkline(metrics: Path) -> Sparkline | None:
    """Return the training loss in a log as a curve; None if there are fewer than two points to draw.

    A long log is sampled in windows at equal distances, and a point is the mean of a window. The digests of the
    log are not checked: at this size the curve is only an impression.
    """
    try:
        windows = _windows(metrics)
    except RunError:
        return None
    means = [sum(losses) / len(losses) for losses in map(_losses, windows) if losses]
    if len(means) < 2:
        return None
    low, high = min(means), max(means)
    across, up = (WIDTH - 2 * _MARGIN) / (len(means) - 1), (HEIGHT - 2 * _MARGIN) / ((high - low) or 1.0)
    points = (
        f"{_MARGIN + i * across:.0f},{HEIGHT - _MARGIN - (mean - low) * up:.0f}" for i, mean in enumerate(means)
    )
    return Sparkline(" ".join(points), means[-1])


def _windows(path: Path) -> list[list[bytes]]:
    """Return lines of the log in groups, in order. Raises RunError if the log cannot be read."""
    with files.reading(path) as file:
        size = file.seek(0, 2)
        if size <= _POINTS * _WINDOW:
            file.seek(0)
            lines = file.read(size).splitlines()
            length = max(1, len(lines) // _POINTS)
            return [lines[start : start + length] for start in range(0, len(lines), length)]
        windows = []
        for number in range(_POINTS):
            file.seek(number * (size - _WINDOW) // (_POINTS - 1))
            windows.append(file.read(_WINDOW).splitlines()[:-1])
        return windows


def _losses(lines: list[bytes]) -> list[float]:
    """Return the training losses in ``lines``, of which the first and the last may be incomplete."""
    losses = []
    for line in lines:
        if b'"split": "train"' not in line:
            continue
        try:
            loss = float(json.loads(line)["loss"])
        except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
            continue
        if abs(loss) <= _LARGEST:
            losses.append(loss)
    return losses
