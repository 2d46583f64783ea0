"""The dots are recalls, and their intervals are Wilson's."""

import numpy as np
import pytest

from nnlab.drawing.classes import classes as draw
from nnlab.evaluation import wilson


def classes(correct, support, names=None, title=""):
    """Draw classes of which ``correct`` of ``support`` examples are right."""
    correct, support = np.array(correct), np.array(support)
    return draw(
        correct / np.maximum(support, 1),
        np.array([wilson(*pair) for pair in zip(correct.tolist(), support.tolist(), strict=True)]),
        support,
        correct.sum() / support.sum(),
        names or [f"class {i}" for i in range(len(correct))],
        title=title,
    )


def test_dots_and_intervals(readable):
    figure = classes([820, 980, 10], [1000, 1000, 10], title="fashion")
    texts = readable(figure)
    assert {"class 0", "82.0 % of 1,000", "98.0 % of 1,000", "100.0 % of 10", "all classes: 90.05 %"} <= set(texts)
    assert {"accuracy of the class (%)", "fashion whiskers: 95 % intervals"} <= set(texts)
    axes = figure.axes[0]
    assert axes.lines[0].get_xdata() == pytest.approx([82, 98, 100])
    segments = axes.collections[0].get_segments()
    # Of n of n examples the lower end of Wilson's interval is n / (n + 1.96^2).
    assert segments[2][:, 0] == pytest.approx([1000 / 13.8415, 100], abs=0.01)
    for (left, _), (right, _) in segments:
        assert 0 <= left <= right <= 100


def test_the_axis_is_as_long_as_it_must_be(readable):
    figure = classes([9800, 9900], [10000, 10000])
    readable(figure)
    assert figure.axes[0].get_xlim() == (96, 100)
    assert classes([0, 1], [4, 4]).axes[0].get_xlim()[0] == 0
    assert classes([5, 5], [5, 5]).axes[0].get_xlim()[1] == 100


def test_classes_without_examples_are_left_out(readable):
    texts = readable(classes([5, 0, 3], [9, 0, 3]))
    assert "class 1" not in texts
    assert any("classes without examples, left out: 1" in text for text in texts)


def test_of_many_classes_the_worst_are_shown(readable):
    correct = np.arange(100)
    texts = readable(classes(correct, np.full(100, 100), title="a hundred"))
    shown = [text for text in texts if text.startswith("class ")]
    assert sorted(shown) == sorted(f"class {i}" for i in range(45))
    assert any("the 45 classes of the lowest accuracy, of 100" in text for text in texts)


def test_hostile_names(readable, hostile):
    readable(classes(np.arange(10), np.full(10, 12), hostile, title="$\\frac{1}{2}$"))
