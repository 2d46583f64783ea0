"""The layout check of the other tests notices what it is there for."""

import pytest
from matplotlib.figure import Figure

from nnlab.drawing import style


def test_a_clean_figure_passes(readable):
    figure = style.page(3.5, 2, "title", "note")
    figure.add_subplot(xlabel="x")
    assert {"title note", "x"} <= set(readable(figure))


@pytest.mark.parametrize(
    ("x", "y", "text", "complaint"),
    [
        (0.5, 0.5, "second", r"overlap: first \| second|overlap: second \| first"),
        (0.9, 0.8, "beyond the edge of the page", "cut off: beyond"),
        (0.02, 0.3, "across a panel's edge", "across an edge: across"),
    ],
)
def test_a_text_in_the_way_is_noticed(readable, x, y, text, complaint):
    figure = style.page(3.5, 2)
    figure.add_subplot().set_yticks([])
    figure.text(0.5, 0.5, "first")
    figure.text(x, y, text)
    with pytest.raises(AssertionError, match=complaint):
        readable(figure)


def test_panels_on_each_other_are_noticed(readable):
    figure = Figure()
    figure.add_axes((0.2, 0.2, 0.5, 0.5))
    figure.add_axes((0.5, 0.5, 0.4, 0.4))
    with pytest.raises(AssertionError, match="panels overlap"):
        readable(figure)


def test_small_print_is_noticed(readable):
    figure = style.page(3.5, 2)
    figure.text(0.5, 0.5, "small", fontsize=4)
    with pytest.raises(AssertionError):
        readable(figure)
