"""Figures of data: every value, class and sample stands where it belongs."""

import numpy as np
import pytest

from nnlab.drawing.augmented import augmented
from nnlab.drawing.class_counts import class_counts
from nnlab.drawing.points import points
from nnlab.drawing.samples import samples
from nnlab.drawing.values import values


def stairs(axes):
    return {patch.get_label(): patch.get_data() for patch in axes.patches}


def test_values_of_pixels_are_counted_in_bins_of_as_many_levels(readable):
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    figure = values(levels, levels / np.float32(255) - np.float32(0.5), title="all levels", note="1 example")
    texts = readable(figure)
    assert {"pixel value (0-255)", "normalized value", "share of the values (%)", "all levels 1 example"} <= set(
        texts
    )
    for axes in figure.axes:
        ((shares, _, _),) = stairs(axes).values()
        assert shares == pytest.approx(np.full(64, 100 / 64))
        assert axes.get_yscale() == "linear"


def test_colours_and_features_are_counted_apart(rng, readable):
    images = rng.integers(256, size=(5, 4, 4, 3), dtype=np.uint8)
    figure = values(images, images.astype(np.float32))
    assert {"red", "green", "blue"} <= set(readable(figure))
    drawn = stairs(figure.axes[0])
    for channel, name in enumerate(("red", "green", "blue")):
        shares, edges, _ = drawn[name]
        assert shares == pytest.approx(np.histogram(images[..., channel], edges)[0] / 80 * 100)
    features = rng.normal(size=(50, 2)).astype(np.float32)
    assert {"feature 0", "feature 1", "value"} <= set(readable(values(features, features)))


@pytest.mark.parametrize("shape", [(5, 4, 4, 1), (5, 4, 4), (5, 100), (5, 1), (5, 3, 3, 7)])
def test_other_values_are_counted_together(rng, readable, shape):
    inputs = rng.normal(size=shape).astype(np.float32)
    figure = values(inputs, inputs)
    readable(figure)
    ((shares, _, _),) = stairs(figure.axes[0]).values()
    assert shares.sum() == pytest.approx(100)


def test_a_value_that_is_most_of_all_makes_the_scale_logarithmic(readable):
    inputs = np.zeros((1, 100), np.float32)
    inputs[0, 0] = 1
    figure = values(inputs, inputs)
    readable(figure)
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "log"]


@pytest.mark.parametrize(
    "inputs", [np.full((3, 2), np.nan), np.array([[np.inf, 1], [np.nan, 1]]), np.ones((1, 2))]
)
def test_values_without_any_range_can_be_drawn(readable, inputs):
    readable(values(inputs, inputs))


def test_classes_are_counted_in_each_split(readable):
    labels = {"training": np.array([0, 0, 2, 2, 2]), "test": np.array([1])}
    figure = class_counts(labels, ("T-shirt", "trouser", "dress"), title="clothes")
    texts = readable(figure)
    assert {"training (5)", "test (1)", "T-shirt", "trouser", "dress", "examples", "clothes"} <= set(texts)
    assert [bar.get_width() for bar in figure.axes[0].patches] == [2, 0, 3]
    assert [bar.get_width() for bar in figure.axes[1].patches] == [0, 1, 0]


def test_many_classes_and_hostile_names(rng, readable, hostile):
    labels = {name: rng.integers(100, size=10**5) for name in ("training", "validation", "test")}
    assert any("the first 45 of 100 classes" in text for text in readable(class_counts(labels, list("ab") * 50)))
    readable(class_counts({"training": np.arange(10)}, hostile, title="$x$"))
    readable(samples(rng.random((10, 8, 8)), np.arange(10), hostile, title="$x$"))
    features = rng.random((10, 2))
    readable(points(features, features, np.arange(10), hostile, title="$x$"))
    readable(points(features, features, np.arange(10) % 7, hostile[:7]))


@pytest.mark.parametrize("shape", [(8, 8, 1), (8, 6), (6, 8, 3)])
def test_a_sheet_has_a_row_of_samples_for_each_class(rng, readable, shape):
    inputs = rng.integers(256, size=(60, *shape), dtype=np.uint8)
    labels = np.repeat([0, 1, 2], [40, 5, 15])
    figure = samples(inputs, labels, ("cat", "dog", "fox"), title="pets")
    assert {"cat", "dog", "fox", "pets"} <= set(readable(figure))
    sheet = figure.axes[0].images[0].get_array()
    height, width = shape[:2]
    channels = shape[2:] if shape[2:] == (3,) else ()
    for row, first, count in ((0, 0, 8), (1, 40, 5), (2, 45, 8)):
        for column in range(8):
            top, left = row * (height + 1), column * (width + 1)
            tile = sheet[top : top + height, left : left + width]
            expected = inputs[first + column].reshape(height, width, *channels) / 255 if column < count else 1
            assert np.asarray(tile) == pytest.approx(np.broadcast_to(expected, tile.shape))


def test_a_sheet_says_what_it_leaves_out(rng, readable):
    texts = readable(samples(rng.normal(size=(60, 8, 8, 2)), np.arange(60) % 30, [f"kind {i}" for i in range(30)]))
    assert any("the first 20 of 30 classes; channel 0 of 2; black is" in text for text in texts)


@pytest.mark.parametrize("shape", [(8, 8, 1), (6, 8, 3)])
def test_a_row_has_an_image_and_its_forms(rng, readable, shape):
    inputs = rng.integers(256, size=(3, *shape), dtype=np.uint8)
    forms = np.stack([inputs[:, ::-1], inputs // 2])
    texts = readable(augmented(inputs, forms, np.array([1, 0, 1]), ("cat", "dog"), title="pets", note="flip"))
    assert texts.count("dog") == 2
    assert {"stored", "step 1", "step 2", "cat", "pets flip"} <= set(texts)
    figure = augmented(inputs, forms, np.array([1, 0, 1]), ("cat", "dog"))
    sheet = np.asarray(figure.axes[0].images[0].get_array())
    height, width = shape[:2]
    for row in range(3):
        for column, image in enumerate((inputs[row], *forms[:, row])):
            left = column * (width + 1) + 2 * (column > 0)
            tile = sheet[row * (height + 1) :][:height, left : left + width]
            assert tile == pytest.approx(image.reshape(tile.shape) / 255)


def test_points_stand_at_their_features_in_the_colour_of_their_class(rng, readable):
    raw = rng.normal(size=(6000, 2))
    labels = (raw[:, 0] > 0).astype(np.int64)
    figure = points(raw, raw / 10, labels, ("left", "right"), title="ellipse")
    texts = readable(figure)
    assert {"before normalization", "after normalization", "feature 0", "feature 1", "left", "right"} <= set(texts)
    assert "ellipse 4,000 of 6,000 examples" in texts
    for axes, scale in zip(figure.axes, (1, 10), strict=True):
        for label, drawn in enumerate(axes.collections):
            assert np.asarray(drawn.get_offsets()) * scale == pytest.approx(raw[:4000][labels[:4000] == label])
    readable(points(raw[:3], raw[:3], labels[:3], ("left", "right")))


def test_many_classes_of_points_share_a_colour(rng, readable):
    raw = rng.normal(size=(100, 2))
    figure = points(raw, raw, np.arange(100) % 20, [f"class {i}" for i in range(20)])
    assert "the other 14 classes" in readable(figure)
    assert sum(len(drawn.get_offsets()) for drawn in figure.axes[0].collections) == 100
