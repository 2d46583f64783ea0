"""The marks are means, and the lines through them the intervals given."""

import pytest

from nnlab.drawing.intervals import Measured, intervals

FOUND = [Measured((0.90, 0.94), (0.88, 0.96)), Measured((0.5,), (0.4, 0.6)), None]


def lines(figure):
    """The lines of the only panel as (x, y), in order."""
    return [(list(line.get_xdata()), line.get_ydata()[0]) for line in figure.axes[0].lines]


def test_each_setting_has_a_mark_an_interval_and_its_runs(readable):
    figure = intervals(["slow", "fast", "none"], {"validation": FOUND}, title="rates", note="10 runs")
    texts = readable(figure)
    assert {"slow", "fast", "none", "accuracy (%)", "validation"} <= set(texts)
    assert any(text.startswith("rates 10 runs; small dots: single runs") for text in texts)
    drawn = lines(figure)
    assert [y for _, y in drawn] == [0, 0, 0, 1, 1]
    assert [x for x, _ in drawn] == [pytest.approx(x) for x in ([88, 96], [90, 94], [92], [40, 60], [50])]
    several, single = (line for line in figure.axes[0].lines if line.get_marker() == "o")
    assert several.get_markerfacecolor() != "white"
    assert single.get_markerfacecolor() == "white"


def test_two_accuracies_share_the_axis(readable):
    figure = intervals(["slow", "fast", "none"], {"validation": FOUND, "test": FOUND[::-1]})
    assert {"validation", "test"} <= set(readable(figure))
    rows = {round(y, 2) for _, y in lines(figure)}
    assert rows == {-0.28, 0.72, 1.28, 2.28}


def test_of_many_settings_the_best_are_shown(readable):
    found = [Measured((i / 100,), None) for i in range(50)]
    texts = readable(intervals([f"setting {i}" for i in range(50)], {"validation": found}))
    assert {text for text in texts if text.startswith("setting ")} == {f"setting {i}" for i in range(10, 50)}
    assert any("the 40 settings of the highest accuracy, of 50" in text for text in texts)


def test_hostile_names_and_nothing_known(readable, hostile):
    readable(intervals(hostile, {"$x$": [Measured((0.1 * i,), None) for i in range(10)]}, title="$\\frac{1}{2}$"))
    assert {"a", "b"} <= set(readable(intervals(["a", "b"], {"test": [None, None]})))
