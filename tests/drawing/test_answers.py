"""The figure of images with their predicted classes."""

import numpy as np

from nnlab.drawing.answers import MOST, answers


def test_every_image_has_its_name_and_its_classes(readable, hostile, rng):
    images = rng.integers(256, size=(MOST, 9, 7, 3)).astype(np.uint8)
    ranked = np.array([[i % len(hostile), (i + 1) % len(hostile), 0] for i in range(MOST)])
    shares = np.tile([0.99999, 0.5, 0.0], (MOST, 1))
    names = [hostile[i % len(hostile)] for i in range(MOST)]
    texts = readable(answers(images, ranked, shares, names, hostile, title="run", note="the first 25 of 99"))
    assert len(texts) == MOST + 1
    assert texts[0] == "run the first 25 of 99" or "run the first 25 of 99" in texts
    assert sum(">99.9 %" in text for text in texts) == MOST


def test_one_grey_image(readable):
    figure = answers(np.zeros((1, 2, 2, 1)), np.array([[1]]), np.array([[0.25]]), ["a.png"], ["x", "y"])
    assert readable(figure) == ["a.png y 25.0 %"]
