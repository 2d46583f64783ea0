"""What tests of figures share: hostile class names, and an eye for layout."""

from itertools import combinations
from unittest import mock

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox

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
    """Draw the figure and return the texts that were really drawn, each with its box."""
    canvas = FigureCanvasAgg(figure)
    texts = []
    draw = Text.draw

    def record(text, renderer):
        draw(text, renderer)
        if text.get_visible() and text.get_text().strip():
            texts.append(text)

    with mock.patch.object(Text, "draw", record):
        canvas.draw()
        texts.clear()
        canvas.draw()
    unique = list(dict.fromkeys(texts))
    return [(text, text.get_window_extent(canvas.get_renderer())) for text in unique]


def clashes(figure):
    """Return what is wrong with the layout: texts cut off, on each other, or across an edge of a panel."""
    boxes = drawn_texts(figure)
    page = figure.bbox.padded(0.5)
    found = [f"cut off: {text.get_text()}" for text, box in boxes if not inside(box, page)]
    for (a, a_box), (b, b_box) in combinations(boxes, 2):
        if overlap(a_box, b_box):
            found.append(f"overlap: {a.get_text()} | {b.get_text()}")
    panels = [axes.get_window_extent() for axes in figure.axes]
    found += ["panels overlap" for a, b in combinations(panels, 2) if overlap(a, b)]
    found += [
        f"across an edge: {text.get_text()}"
        for text, box in boxes
        for panel in panels
        if overlap(box, panel) and not inside(box, panel)
    ]
    return found


def overlap(a, b):
    shared = Bbox.intersection(a, b)
    return shared is not None and min(shared.width, shared.height) > 0.5


def inside(a, b):
    return b.x0 <= a.x0 and a.x1 <= b.x1 and b.y0 <= a.y0 and a.y1 <= b.y1


@pytest.fixture
def readable():
    """Return a check that every text of a figure stands free, and that returns the texts as they are seen."""

    def check(figure):
        assert clashes(figure) == []
        assert figure.get_figwidth() <= 7.01
        assert figure.get_figheight() <= 10
        texts = [text for text, _ in drawn_texts(figure)]
        assert min(text.get_fontsize() for text in texts) >= 5.5
        return [text.get_text().replace(r"\$", "$") for text in texts]

    return check


@pytest.fixture
def hostile():
    return HOSTILE
