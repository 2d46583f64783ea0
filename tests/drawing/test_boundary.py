"""The plane is coloured by probability, and the line is where the two most probable classes are equally so."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from nnlab.drawing import style
from nnlab.drawing.boundary import boundary

EXTENT = (-2.0, 2.0, -1.0, 3.0)


def plane(classes, size=41):
    """Probabilities of ``classes`` whose centres stand on a circle, softmax of minus the distances."""
    xs, ys = np.linspace(*EXTENT[:2], size), np.linspace(*EXTENT[2:], size)
    angles = 2 * np.pi * np.arange(classes) / classes
    x, y = np.meshgrid(xs, ys)
    far = np.hypot(x[..., None] - np.cos(angles), y[..., None] - 1 - np.sin(angles))
    odds = np.exp(-3 * far)
    return odds / odds.sum(axis=2, keepdims=True)


def draw(rng, classes, names, count=50):
    points = rng.normal(size=(count, 2)).astype(np.float32)
    labels = rng.integers(classes, size=count)
    return boundary(plane(classes), EXTENT, points, labels, names, title="ellipse"), points, labels


def test_two_classes_have_a_scale_and_one_line_where_they_are_equal(rng, readable):
    figure, points, labels = draw(rng, 2, ("inside", "outside"))
    texts = readable(figure)
    assert {"feature 0", "feature 1", "probability of outside (%)", "inside", "outside"} <= set(texts)
    axes = figure.axes[0]
    lines, *scatters = axes.collections
    # Centres at (1, 1) and (-1, 1) are equally far where feature 0 is 0.
    assert np.concatenate([path.vertices for path in lines.get_paths()])[:, 0] == pytest.approx(0, abs=1e-9)
    for label, drawn in enumerate(scatters):
        assert drawn.get_offsets().tolist() == points[labels == label].tolist()
    shades = np.asarray(axes.images[0].get_array())
    assert axes.images[0].get_extent() == list(EXTENT)
    assert shades[20, 20] == pytest.approx([1, 1, 1])
    strong = np.abs(shades[20, -1] - to_rgb(style.PALETTE[0])).sum()
    assert strong < np.abs(shades[20, 22] - to_rgb(style.PALETTE[0])).sum()


def test_of_several_classes_each_has_its_line(rng, readable):
    figure, *_ = draw(rng, 4, "abcd")
    assert any("the paler, the less certain" in text for text in readable(figure))
    assert len(figure.axes) == 1
    assert len(figure.axes[0].collections) == 4 + 4


@pytest.mark.parametrize("classes", [7, 8, 12])
def test_many_classes_share_a_grey(rng, readable, classes):
    figure, *_ = draw(rng, classes, [f"class {i}" for i in range(classes)])
    told = readable(figure)
    assert ("class 6" if classes == 7 else f"the other {classes - 6} classes") in told


def test_hostile_names_and_many_points(rng, readable, hostile):
    figure, *_ = draw(rng, 10, hostile, count=1500)
    assert any("points: 1,000 of 1,500 examples" in text for text in readable(figure))
    readable(draw(rng, 2, hostile[6:8])[0])


def test_where_one_class_fills_the_plane_there_is_no_line(rng, readable):
    certain = np.broadcast_to([0.9, 0.1], (5, 5, 2))
    figure = boundary(certain, EXTENT, np.zeros((3, 2)), np.zeros(3, np.int64), "ab")
    readable(figure)
    assert len(figure.axes[0].collections) == 2
