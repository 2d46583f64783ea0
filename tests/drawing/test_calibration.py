"""The reliability diagram shows the bins as they are, with Wilson's intervals."""

import numpy as np
import pytest

from nnlab.drawing.calibration import calibration as draw
from nnlab.evaluation import Calibration, wilson


def calibration(some, title=""):
    """Draw a Calibration with the intervals of its bins."""
    intervals = np.array([wilson(*pair) for pair in zip(some.correct, some.counts, strict=True)])
    return draw(
        some.counts,
        some.accuracy,
        some.confidence,
        intervals,
        error=some.error,
        unknown=some.unknown,
        title=title,
    )


def found(counts, correct, confidence, unknown=0):
    return Calibration(np.array(counts), np.array(correct), np.array(confidence), unknown)


def test_bars_points_and_intervals(readable):
    some = found([0, 40, 0, 100, 60], [0, 10, 0, 80, 60], [0, 0.3, 0, 0.75, 0.95])
    figure = calibration(some, title="mnist")
    texts = readable(figure)
    assert "mnist expected calibration error 5.00 %, in 5 bins" in texts
    assert {"accuracy (%)", "examples", "confidence: probability of the predicted class (%)"} <= set(texts)
    upper, lower = figure.axes
    assert [bar.get_height() for bar in upper.patches] == pytest.approx([25, 80, 100])
    assert [bar.get_x() + bar.get_width() / 2 for bar in upper.patches] == pytest.approx([30, 70, 90])
    assert [bar.get_height() for bar in lower.patches] == [40, 100, 60]
    segments = upper.collections[0].get_segments()
    for (left, right), confidence, pair in zip(
        segments, (30, 75, 95), ((10, 40), (80, 100), (60, 60)), strict=True
    ):
        assert (left[0], right[0]) == pytest.approx((confidence, confidence))
        assert (left[1], right[1]) == pytest.approx([100 * end for end in wilson(*pair)])


@pytest.mark.parametrize("most", [1, 9, 8000, 12_345_678])
def test_counts_of_any_size_are_readable(readable, most):
    readable(calibration(found([0, 0, 1, 1, most], [0, 0, 1, 0, most], [0, 0, 0.5, 0.7, 0.99])))


def test_confidences_that_are_not_numbers_are_told(readable):
    some = found([2, 2], [1, 2], [0.3, 0.9], unknown=7)
    assert "examples whose confidence is not a number, left out: 7" in readable(calibration(some))
    readable(calibration(found([0, 0], [0, 0], [0, 0], unknown=7), title="$\\frac{1}{2}$"))
