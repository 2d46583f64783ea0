"""The curve of the learning rate."""

import numpy as np
import pytest

from nnlab.drawing.schedule import schedule


@pytest.mark.parametrize("count", [2, 40, 100_000])
def test_the_line_goes_through_the_learning_rates(readable, count):
    steps = np.arange(1, count + 1)
    rates = 0.1 * 0.5 ** (4 * steps / count)
    figure = schedule(steps, rates, title="a & $b")
    assert {"step", "learning rate", "a & $b"} <= set(readable(figure))
    (line,) = figure.axes[0].lines
    x = line.get_xdata()
    assert (x[0], x[-1], len(x)) == (1, count, min(count, 2000))
    assert line.get_ydata() == pytest.approx(rates[x - 1])
