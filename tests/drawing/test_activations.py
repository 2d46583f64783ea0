"""Feature maps are shown with the values they have, each layer on one scale."""

import numpy as np
import pytest

from nnlab.drawing.activations import Stage, activations


def images(figure):
    return [axes.images[0] for axes in figure.axes if axes.images]


def test_maps_are_drawn_as_they_are_on_one_scale(rng, readable):
    raw = rng.integers(256, size=(6, 6, 1)).astype(np.uint8)
    maps, scores = rng.normal(size=(4, 4, 3)).astype(np.float32), rng.normal(size=5).astype(np.float32)
    (figure,) = activations(raw, [Stage("0 conv2d", maps), Stage("1 dense", scores)], title="mnist", note="seven")
    texts = readable(figure)
    assert {"input 6x6x1", "0 conv2d 4x4x3", "1 dense 5"} <= set(texts)
    assert any("each layer has one colour scale" in text and "seven" in text for text in texts)
    image, conv, dense = images(figure)
    assert image.get_array().tolist() == raw[..., 0].tolist()
    drawn = np.ma.filled(conv.get_array(), np.nan)
    for channel in range(3):
        assert drawn[:, 5 * channel : 5 * channel + 4].tolist() == maps[..., channel].tolist()
    assert np.isnan(drawn[:, 4]).all()
    assert conv.get_clim() == (maps.min(), maps.max())
    assert dense.get_array().tolist() == [scores.tolist()]
    assert f"{maps.max():.3g}" in texts


def test_what_is_left_out_is_told_and_rows_decide(rng, readable):
    stage = Stage("3 conv2d", rng.normal(size=(7, 7, 64)))
    raw = np.zeros((7, 7), np.uint8)
    (few,), (all_,) = activations(raw, [stage]), activations(raw, [stage], columns=8, rows=10)
    assert "3 conv2d 7x7x64, first 32" in readable(few)
    assert "3 conv2d 7x7x64" in readable(all_)


def test_many_layers_take_several_pages(rng, readable):
    stages = [Stage(f"{i} conv2d", rng.normal(size=(8, 8, 32))) for i in range(40)]
    pages = activations(np.zeros((8, 8, 3), np.uint8), stages, title="deep")
    told = [text for page in pages for text in readable(page)]
    assert [text for text in told if text.startswith(f"deep ({len(pages)} of {len(pages)})")]
    assert sorted(text for text in told if "conv2d" in text) == sorted(f"{i} conv2d 8x8x32" for i in range(40))


@pytest.mark.parametrize("shape", [(2,), (5000,), (9, 4), (30, 5, 2), (5, 30, 2), (1, 1, 600), (1, 1, 1), (1,)])
def test_any_shape(rng, readable, hostile, shape):
    stages = [Stage(name, rng.normal(size=shape)) for name in hostile]
    for raw in (rng.random(3).astype(np.float32), rng.random((5, 40, 2)).astype(np.float32)):
        for page in activations(raw, stages, title="$\\frac{1}{2}$", note=hostile[7]):
            readable(page)


@pytest.mark.parametrize(
    ("values", "told"),
    [([np.nan, np.nan], "not finite"), ([-2.5, -2.5], "all \N{MINUS SIGN}2.5"), ([0, np.inf], "all 0")],
)
def test_values_without_a_scale(readable, values, told):
    (figure,) = activations(np.zeros(2, np.float32), [Stage("0 relu", np.array(values))])
    assert told in readable(figure)


def test_the_names_of_the_scores_stand_below_them_and_long_ones_are_told_apart(rng, readable):
    scores = rng.normal(size=3).astype(np.float32)
    raw = rng.random((6, 6)).astype(np.float32)
    names = ("cat", "a very long name of a class", "a very long name of another class")
    (figure,) = activations(raw, [Stage("0 dense", scores, names)])
    texts = readable(figure)
    assert "cat" in texts
    below = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert len(below) == len(set(below)) == 3
    (figure,) = activations(raw, [Stage("0 dense", scores)])
    assert not [text for axes in figure.axes for text in axes.texts]
