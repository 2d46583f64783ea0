"""The confusion matrix shows every count it can, and says what it leaves out."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from nnlab.drawing.confusion import confusion


def some_counts(classes, rng, largest=1000):
    counts = rng.integers(20, size=(classes, classes))
    counts[np.diag_indices(classes)] = rng.integers(largest // 2, largest, size=classes)
    return counts


def texts_in_cells(figure):
    return {(round(y), round(x)): text for text in figure.axes[0].texts for x, y in [text.get_position()]}


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_every_count_stands_in_its_cell(rng, readable, classes):
    counts = some_counts(classes, rng)
    figure = confusion(counts, [f"class {i}" for i in range(classes)], title="ten classes")
    texts = readable(figure)
    assert {"true class", "predicted class", "share of the true class (%)", "ten classes"} <= set(texts)
    cells = texts_in_cells(figure)
    assert {place: int(text.get_text().replace(",", "")) for place, text in cells.items()} == dict(
        np.ndenumerate(counts)
    )


def test_colours_are_shares_of_the_row():
    counts = np.array([[3, 1], [0, 0]])
    image = confusion(counts, ["a", "b"]).axes[0].images[0]
    assert image.get_array().tolist() == [[75, 25], [0, 0]]
    assert image.get_clim() == (0, 100)


def test_counts_can_be_read_on_every_colour():
    for share in range(0, 101, 4):
        figure = confusion(np.array([[share, 100 - share], [0, 1]]), ["a", "b"])
        colour = figure.axes[0].images[0].to_rgba(np.array([[share]]))[0, 0, :3]
        assert contrast(colour, to_rgb(texts_in_cells(figure)[0, 0].get_color())) >= 4.5


def contrast(a, b):
    """Return the contrast of two colours, 1-21, as the Web Content Accessibility Guidelines 2.2 define it."""
    low, high = sorted(
        sum(
            weight * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
            for weight, part in zip((0.2126, 0.7152, 0.0722), colour, strict=True)
        )
        for colour in (a, b)
    )
    return (high + 0.05) / (low + 0.05)


def test_rows_are_true_classes_and_columns_predicted_ones():
    figure = confusion(np.array([[7, 1], [2, 8]]), ["a", "b"])
    assert texts_in_cells(figure)[1, 0].get_text() == "2"
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    assert axes.yaxis_inverted()


def test_short_names_stand_upright_and_long_ones_are_turned(readable):
    for name, rotation in (("dog", 0), ("golden retriever", 90)):
        figure = confusion(np.eye(10, dtype=np.int64), [f"{name} {i}" for i in range(10)])
        assert {label.get_rotation() for label in figure.axes[0].get_xticklabels()} == {rotation}
        assert {f"{name} {i}" for i in range(10)} <= set(readable(figure))


@pytest.mark.parametrize("classes", [30, 57, 100])
def test_many_classes_are_thinned_out_and_the_figure_says_so(readable, rng, classes):
    texts = readable(confusion(some_counts(classes, rng), [f"animal kind {i}" for i in range(classes)]))
    assert any(text.startswith("counts left out") for text in texts)
    named = [text for text in texts if text.startswith("animal kind")]
    every = classes // (len(named) // 2 - (classes % 2 > 0)) if len(named) < 2 * classes else 1
    assert every == 1 or f"true class (one in {every} is named)" in texts
    assert (every == 1) == ("true class" in texts)


def test_large_counts_of_few_classes_fit(readable):
    texts = readable(confusion(np.full((10, 10), 1_234_567), list("abcdefghij")))
    assert texts.count("1,234,567") == 100


def test_hostile_names(readable, rng, hostile):
    texts = readable(confusion(some_counts(10, rng), hostile, title="$\\frac{1}{2}$ [/b] <b>"))
    for name in (
        "$x_1$ costs $5",
        r"a\$b_c^d",
        "<script>alert(1)</script>",
        "\ufffd (4)",
        "\ufffd (5)",
        "new line tab",
    ):
        assert texts.count(name) == 2
    assert "$\\frac{1}{2}$ [/b] <b>" in texts
