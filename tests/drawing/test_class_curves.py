"""Curves of classes are told apart, however many there are."""

import numpy as np
import pytest

from nnlab.drawing.class_curves import ClassCurve, class_curves

AXES = ("across (%)", "up (%)")


def some(areas, points=30):
    x = np.linspace(0, 1, points)
    return [ClassCurve(x, x ** (1 / area - 1) if area > 0 else x, area) for area in areas]


def draw(curves, names=None, **options):
    return class_curves(curves, names or [f"class {i}" for i in range(len(curves))], axes_names=AXES, **options)


@pytest.mark.parametrize("classes", [1, 2, 10, 16])
def test_few_classes_have_a_line_each(readable, classes):
    figure, axes = draw(some(np.linspace(0.6, 0.9, classes)), title="roc")
    texts = readable(figure)
    assert {"class 0: 0.600", "across (%)", "up (%)", "roc"} <= set(texts)
    assert len({(line.get_color(), line.get_linestyle()) for line in axes.lines}) == classes
    assert len(figure.legends[0].get_texts()) == classes


def test_of_many_the_worst_have_a_colour(readable):
    areas = np.linspace(0.99, 0.5, 100)
    figure, axes = draw(some(areas))
    texts = readable(figure)
    assert {f"class {i}: {areas[i]:.3f}" for i in range(92, 100)} <= set(texts)
    assert f"the other 92 classes: {areas[91]:.3f} to 0.990" in texts
    assert len(axes.lines) == 100
    assert len(figure.legends[0].get_texts()) == 9


def test_classes_without_an_area_are_left_out(readable):
    figure, axes = draw(some([0.9, np.nan, 0.8]))
    assert "classes without an area, left out: 1" in readable(figure)
    assert len(axes.lines) == 2
    readable(draw(some([np.nan]))[0])


def test_long_curves_are_thinned_out_evenly(readable):
    (line,) = draw(some([0.5], points=100_000))[1].lines
    x, y = line.get_xdata(), line.get_ydata()
    assert 400 < len(x) <= 501
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 100, 100)
    assert (np.abs(np.diff(x)) + np.abs(np.diff(y))).max() < 1


def test_hostile_names(readable, hostile):
    readable(draw(some(np.linspace(0.5, 1, len(hostile))), hostile, title="$\\frac{1}{2}$")[0])
