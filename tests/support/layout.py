"""What tests of figures share: hostile class names, and a check of the layout."""

from unittest import mock

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

HOSTILE = (
    "$x_1$ costs $5",
    r"a\$b_c^d",
    "<script>alert(1)</script>",
    "[/red] bold",
    "猫",
    "犬",
    "W" * 80,
    "an extraordinarily long name of a class",
    "new\nline\ttab",
    "\x00\u202e\ud800 ",
)


def drawn_texts(figure):
    """Draw the figure and return the texts that were really drawn, in no order."""
    texts = set()
    draw = Text.draw

    def record(text, renderer):
        draw(text, renderer)
        if text.get_visible() and text.get_text().strip():
            texts.add(text)

    with mock.patch.object(Text, "draw", record):
        FigureCanvasAgg(figure).draw()
    return list(texts)


def clashes(figure, texts):
    """Return what is wrong with the layout: texts cut off, on each other, or across an edge of a panel."""
    names = [text.get_text() for text in texts]
    boxes = np.array([text.get_window_extent().extents for text in texts]).reshape(-1, 4)
    panels = np.array([axes.get_window_extent().extents for axes in figure.axes]).reshape(-1, 4)
    found = [f"cut off: {names[i]}" for i in np.flatnonzero(~inside(boxes, figure.bbox.extents))]
    found += [f"overlap: {names[i]} | {names[j]}" for i, j in np.argwhere(np.triu(overlap(boxes, boxes), 1))]
    across = overlap(boxes, panels) & ~inside(boxes[:, None], panels)
    found += [f"across an edge: {names[i]}" for i in np.flatnonzero(across.any(axis=1))]
    return found + ["panels overlap"] * int(np.triu(overlap(panels, panels), 1).sum())


def overlap(a, b):
    """Return which boxes (A, 4) and (B, 4) share more than half a pixel both ways, (A, B)."""
    low, high = np.maximum(a[:, None, :2], b[:, :2]), np.minimum(a[:, None, 2:], b[:, 2:])
    return (high - low > 0.5).all(axis=-1)


def inside(a, b):
    """Return which boxes (..., 4) lie inside others, but for half a pixel."""
    return (a[..., :2] >= b[..., :2] - 0.5).all(axis=-1) & (a[..., 2:] <= b[..., 2:] + 0.5).all(axis=-1)


@pytest.fixture
def readable():
    """Return a check that every text of a figure stands free; it returns the texts, each in one line."""

    def check(figure):
        texts = drawn_texts(figure)
        wrong = clashes(figure, texts)
        assert not wrong, wrong
        assert figure.get_figwidth() <= 7.01
        assert figure.get_figheight() <= 10
        assert min(text.get_fontsize() for text in texts) >= 5.5
        return [text.get_text().replace(r"\$", "$").replace("\n", " ") for text in texts]

    return check


@pytest.fixture
def hostile():
    return HOSTILE
