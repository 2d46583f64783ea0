"""The most frequent confusions are shown with examples of theirs and no others."""

import numpy as np
import pytest

from nnlab.drawing.pairs import pairs as draw
from nnlab.evaluation import Predictions, measure
from nnlab.figures.pairs import select


def pairs(inputs, some, names, title=""):
    """Draw the most frequent confusions of some predictions."""
    return draw(select(some, measure(some, names).confusion, inputs), names, title=title)


def predictions(labels, predicted, classes):
    losses = np.arange(len(labels), dtype=np.float32)
    return Predictions(np.array(labels), np.array(predicted), np.full((len(labels), classes), 1 / classes), losses)


def test_the_most_frequent_first_and_the_largest_loss_first(rng, readable):
    labels = [0] * 5 + [1] * 12 + [2] * 3 + [0] * 2
    predicted = [0] * 4 + [2] + [0] * 10 + [1] * 2 + [1] * 3 + [2] * 2
    inputs = rng.integers(256, size=(len(labels), 6, 6, 1)).astype(np.uint8)
    figure = pairs(inputs, predictions(labels, predicted, 3), ("cat", "dog", "frog"), title="test")
    texts = readable(figure)
    assert {"dog → cat 10 of 12", "cat → frog 3 of 7", "frog → dog 3 of 3"} <= set(texts)
    shown = [axes.images[0].get_array().tolist() for axes in figure.axes]
    expected = [14, 13, 12, 11, 10, 9, 8, 7, 21, 20, 4, 19, 18, 17]
    assert [axes.get_title() for axes in figure.axes] == [str(number) for number in expected]
    assert shown == [inputs[i, ..., 0].tolist() for i in expected]


@pytest.mark.parametrize("shape", [(4, 4), (30, 6, 3), (6, 30, 1), (8, 8, 5)])
def test_hostile_names_and_any_shape(rng, readable, hostile, shape):
    labels = rng.integers(10, size=400)
    some = predictions(labels, (labels + rng.integers(1, 10, size=400)) % 10, 10)
    inputs = rng.random((400, *shape)).astype(np.float32)
    figure = pairs(inputs, some, hostile, title="$\\frac{1}{2}$")
    readable(figure)
    assert len({axes.images[0].get_clim() for axes in figure.axes}) == 1
