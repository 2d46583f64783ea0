"""The layout check of the other tests notices what it is there for."""

import pytest

from nnlab.figures import style


def test_a_clean_figure_passes(readable):
    figure = style.page(3.5, 2, "title", "note")
    figure.add_subplot(xlabel="x")
    assert {"title\nnote", "x"} <= set(readable(figure))


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [(0.5, 0.5, "on it"), (0.97, 0.8, "beyond the edge of the page"), (0.02, 0.3, "across a panel's edge")],
)
def test_a_text_in_the_way_is_noticed(readable, x, y, text):
    figure = style.page(3.5, 2)
    figure.add_subplot()
    figure.text(0.5, 0.5, "first")
    figure.text(x, y, text)
    with pytest.raises(AssertionError):
        readable(figure)


def test_small_print_is_noticed(readable):
    figure = style.page(3.5, 2)
    figure.text(0.5, 0.5, "small", fontsize=4)
    with pytest.raises(AssertionError):
        readable(figure)
