"""Small curves of the training loss, from a bounded part of a run's log."""

from pathlib import Path
from typing import Any, NamedTuple

from nnlab.errors import RunError
from nnlab.runs.metrics_log import skim

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
        windows = skim(metrics, _POINTS, _WINDOW)
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


def _losses(records: list[dict[str, Any]]) -> list[float]:
    """Return the training losses in ``records``, without those too large to draw."""
    losses = (record["loss"] for record in records if record["split"] == "train")
    return [float(loss) for loss in losses if abs(loss) <= _LARGEST]
