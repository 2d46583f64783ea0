"""The mistakes are shown as they are: which, in which order, taken for what, how sure."""

import numpy as np
import pytest

from nnlab.drawing.misclassified import misclassified as draw
from nnlab.drawing.mistake_points import mistake_points
from nnlab.drawing.mistake_table import mistake_table
from nnlab.drawing.mistakes import no_mistakes
from nnlab.evaluation import Predictions, worst
from nnlab.figures.misclassified import select

FASHION = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


def predictions(rng, count, classes=10):
    labels = rng.integers(classes, size=count)
    scores = rng.normal(size=(count, classes)) * 3
    scores[np.arange(count), labels] += 4
    odds = np.exp(scores)
    probabilities = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
    losses = -np.log(probabilities[np.arange(count), labels])
    return Predictions(labels, probabilities.argmax(axis=1), probabilities, losses)


def misclassified(inputs, some, names, *, count=25, title=""):
    """Draw the worst mistakes among images."""
    mistakes = select(some, count)
    return draw(inputs[mistakes.indices], mistakes, names, title=title)


def points(inputs, some, names, count=25):
    """Draw the worst mistakes among points."""
    wrong = some.predicted != some.labels
    return mistake_points(inputs, some.labels, wrong, select(some, count), names)


def drawn_images(figure):
    return [axes.images[0] for axes in figure.axes if axes.images]


@pytest.mark.parametrize("shape", [(8, 8, 1), (8, 8), (8, 8, 3), (4, 9, 1)])
def test_pixels_are_drawn_as_they_are_the_worst_first(rng, readable, shape):
    some = predictions(rng, 300)
    inputs = rng.integers(256, size=(300, *shape)).astype(np.uint8)
    figure = misclassified(inputs, some, FASHION, count=12, title="test split")
    texts = readable(figure)
    order = worst(some, 12)
    images = drawn_images(figure)
    assert len(images) == 12
    for image, example in zip(images, order, strict=True):
        assert image.get_array().tolist() == np.squeeze(inputs[example]).tolist()
        assert image.get_clim() == (0, 255)
        true, predicted = some.labels[example], some.predicted[example]
        number, first, second = image.axes.get_title(loc="left").split("\n")
        assert number == f"example {example}"
        assert first.startswith(f"{FASHION[true]} ")
        assert second.startswith(f"→ {FASHION[predicted]} ")
        assert second.endswith(f"{100 * some.probabilities[example, predicted]:.1f} %)")
    mistakes = (some.predicted != some.labels).sum()
    heading = next(text for text in texts if text.startswith("test split"))
    assert f"largest loss first, 12 of {mistakes} mistakes in 300 examples" in heading


def test_floats_between_0_and_1_are_drawn_as_they_are(rng, readable):
    some, inputs = predictions(rng, 100), rng.random((100, 6, 6, 3))
    figure = misclassified(inputs, some, FASHION, count=4)
    for image, example in zip(drawn_images(figure), worst(some, 4), strict=True):
        assert np.asarray(image.get_array()) == pytest.approx(inputs[example])
    assert not any("black" in text for text in readable(figure))


@pytest.mark.parametrize("channels", [1, 3])
def test_other_floats_are_stretched_and_the_figure_says_so(rng, readable, channels):
    some, inputs = predictions(rng, 100), rng.normal(size=(100, 6, 6, channels)).astype(np.float32)
    order = worst(some, 5)
    inputs[order[0], 0, 0, 0], inputs[order[0], 0, 0, -1] = -3, 5
    inputs[order[1], 2, 2] = np.nan
    figure = misclassified(inputs, some, FASHION, count=5)
    low, high = np.nanmin(inputs[order]), np.nanmax(inputs[order])
    heading = next(text for text in readable(figure) if "mistakes" in text)
    assert f"black is {low:.3g}, white {high:.3g}" in heading
    expected = (inputs[order[2]] - low) / (high - low)
    assert np.asarray(drawn_images(figure)[2].get_array()) == pytest.approx(expected.squeeze(), abs=1e-6)


def test_other_channels_show_the_first_and_the_figure_says_so(rng, readable):
    some, inputs = predictions(rng, 100), rng.random((100, 6, 6, 4))
    figure = misclassified(inputs, some, FASHION, count=5)
    assert drawn_images(figure)[0].get_array().tolist() == inputs[worst(some, 1)[0], :, :, 0].tolist()
    assert any("channel 0 of 4" in text for text in readable(figure))


@pytest.mark.parametrize("count", [1, 6, 25])
def test_any_number_fits(rng, readable, count, hostile):
    some, inputs = predictions(rng, 300), rng.random((300, 28, 28, 1))
    figure = misclassified(inputs, some, hostile, count=count, title="a long title of $an$ experiment " * 3)
    readable(figure)
    assert len(drawn_images(figure)) == count


def test_fewer_mistakes_than_asked_for(rng, readable):
    some = predictions(rng, 20)
    mistakes = (some.predicted != some.labels).sum()
    figure = misclassified(rng.random((20, 8, 8, 1)), some, FASHION)
    assert len(drawn_images(figure)) == mistakes
    assert any(f"{mistakes} of {mistakes} mistakes" in text for text in readable(figure))


def test_no_mistakes_at_all(readable):
    assert "no mistakes in 2,000 examples" in readable(no_mistakes(2000, title="test"))


def test_points_are_drawn_where_they_are(rng, readable):
    some, inputs = predictions(rng, 500, classes=2), rng.normal(size=(500, 2))
    figure = points(inputs, some, ["in$ide$", "outside"], count=7)
    texts = readable(figure)
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("feature 0", "feature 1")
    wrong = some.predicted != some.labels
    groups = [~wrong, wrong & (some.labels == 0), wrong & (some.labels == 1)]
    for collection, mask in zip(axes.collections, groups, strict=False):
        assert collection.get_offsets().tolist() == inputs[mask].tolist()
    assert axes.collections[-1].get_offsets().tolist() == inputs[worst(some, 7)].tolist()
    assert f"mistakes, truly in$ide$ ({groups[1].sum()})" in texts
    assert f"right ({groups[0].sum()})" in texts
    assert "largest losses (7)" in texts


def test_many_points_are_thinned_out_and_the_legend_says_so(rng, readable):
    some, inputs = predictions(rng, 30_000, classes=10), rng.normal(size=(30_000, 2))
    figure = points(inputs, some, FASHION)
    wrong = int((some.predicted != some.labels).sum())
    texts = readable(figure)
    right, mistakes, ringed = (each.get_offsets().tolist() for each in figure.axes[0].collections)
    assert f"right (5,000 of {30_000 - wrong:,})" in texts
    assert f"mistakes ({len(mistakes):,} of {wrong:,})" in texts
    assert len(right) == 5000 < len(mistakes) <= 5025
    assert all(place in mistakes for place in ringed)


def test_other_inputs_give_a_table(rng, readable, hostile):
    some = predictions(rng, 200)
    texts = readable(mistake_table(select(some, 20), hostile, title="table"))
    assert {"example", "true class", "predicted class", "loss (nats)"} <= set(texts)
    first = worst(some, 1)[0]
    assert str(first) in texts
    assert f"{some.losses[first]:.3g}" in texts
