"""Filters are drawn with the values they have, on one scale."""

import numpy as np
import pytest

from nnlab.drawing.filters import filters


def tiles(figure, height, width):
    """Return the tiles of a mosaic, row by row, by cutting at its gaps."""
    mosaic = np.ma.filled(figure.axes[0].images[0].get_array(), np.nan)
    gap = max(1, max(height, width) // 9)
    return [
        mosaic[top : top + height, left : left + width]
        for top in range(0, mosaic.shape[0], height + gap)
        for left in range(0, mosaic.shape[1], width + gap)
    ]


@pytest.mark.parametrize(("kernel", "count"), [((5, 5), 16), ((3, 3), 64), ((1, 1), 7), ((3, 7), 10), ((5, 5), 1)])
def test_grey_filters_are_drawn_as_they_are(rng, readable, kernel, count):
    weight = rng.normal(size=(*kernel, 1, count)).astype(np.float32)
    figure = filters(weight, title="filters of network[0]")
    texts = readable(figure)
    assert {"filters of network[0]", "weight", "0"} <= set(texts)
    drawn = tiles(figure, *kernel)
    for f in range(count):
        assert drawn[f].tolist() == weight[:, :, 0, f].tolist()
    image = figure.axes[0].images[0]
    assert image.get_clim() == pytest.approx((-np.abs(weight).max(), np.abs(weight).max()))
    assert image.get_cmap().name == "gray"


def test_colour_filters_share_one_scale_around_grey(rng, readable):
    weight = rng.normal(size=(5, 5, 3, 32))
    figure = filters(weight)
    scale = np.abs(weight).max()
    assert f"grey is 0, full colour is ±{scale:.2g}, the same for all filters" in readable(figure)
    for f, tile in enumerate(tiles(figure, 5, 5)[:32]):
        assert tile == pytest.approx(0.5 + weight[..., f] / (2 * scale))


def test_rows_tell_which_filter_they_begin_with(rng, readable):
    axes = filters(rng.normal(size=(5, 5, 3, 32))).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "8", "16", "24"]
    assert axes.get_ylabel() == "first filter of the row"
    assert len(axes.collections[0].get_paths()) == 32


@pytest.mark.parametrize(("shape", "channels"), [((28, 28, 1), 1), ((28, 28), 1), ((8, 6, 3), 3)])
def test_units_of_a_dense_layer_are_drawn_as_images(rng, readable, shape, channels):
    weight = rng.normal(size=(np.prod(shape), 10))
    figure = filters(weight, shape)
    readable(figure)
    drawn = tiles(figure, *shape[:2])
    expected = weight.T.reshape(10, *shape)
    if channels == 3:
        expected = 0.5 + expected / (2 * np.abs(weight).max())
    for unit in range(10):
        assert drawn[unit] == pytest.approx(expected[unit].reshape(drawn[unit].shape))


@pytest.mark.parametrize(("inputs", "units"), [(2, 3), (784, 100), (1, 1), (13, 1), (2, 300)])
def test_units_with_other_inputs_are_a_table(rng, readable, inputs, units):
    weight = rng.normal(size=(inputs, units))
    figure = filters(weight, (inputs,), title="ellipse")
    assert {"input", "unit", "weight"} <= set(readable(figure))
    assert figure.axes[0].images[0].get_array().tolist() == weight.T.tolist()


@pytest.mark.parametrize(("channels", "count"), [(2, 4), (16, 16), (4, 1)])
def test_other_channels_have_images_of_their_own(rng, readable, channels, count):
    weight = rng.normal(size=(3, 3, channels, count))
    figure = filters(weight)
    assert {"channel", "filter", "weight"} <= set(readable(figure))
    drawn = tiles(figure, 3, 3)
    for f in range(count):
        for c in range(channels):
            assert drawn[f * channels + c].tolist() == weight[:, :, c, f].tolist()


def test_what_is_left_out_is_said(rng, readable):
    texts = readable(filters(rng.normal(size=(3, 3, 32, 64))))
    assert "the first 16 of 64 filters; the first 16 of 32 channels" in texts
    texts = readable(filters(rng.normal(size=(7, 7, 3, 512))))
    assert any("the first 256 of 512 filters" in text for text in texts)
    assert not any("the first" in text for text in readable(filters(rng.normal(size=(3, 3, 1, 256)))))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_weights_that_are_not_finite_are_blank_and_counted(rng, readable, channels):
    weight = rng.normal(size=(3, 3, channels, 4))
    weight[0, 0, 0, 0], weight[1, 1, 0, 1] = np.nan, -np.inf
    figure = filters(weight)
    assert any(f"left blank: 2 of {weight.size}" in text for text in readable(figure))
    blank = tiles(figure, 3, 3)[0][0, 0]
    assert np.isnan(blank) if channels != 3 else blank[0] == 1


@pytest.mark.parametrize("value", [0, np.nan])
def test_weights_without_any_size_can_be_drawn(readable, value):
    readable(filters(np.full((3, 3, 1, 4), value)))
    readable(filters(np.full((3, 3, 3, 4), value)))
