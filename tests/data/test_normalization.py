import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnlab.data import normalization
from nnlab.data.normalization import Affine, Mean, MeanChannel, MeanImage, MinMax, Scale, Standard, Unchanged
from nnlab.registry import NORMALIZATIONS

SHAPES = [(7, 6, 5, 3), (9, 4, 4, 1), (40, 2), (1, 3, 3, 2)]


def formula(name, x, train):
    """Each normalization as its definition says, in float64 over whole arrays."""
    x, train = x.astype(np.float64), train.astype(np.float64)
    channels = tuple(range(train.ndim - 1))
    low, high = train.min(axis=channels), train.max(axis=channels)
    mean, std = train.mean(axis=channels), train.std(axis=channels)
    return {
        "none": lambda: x,
        "scale": lambda: x / 255,
        "min_max": lambda: np.where(high > low, (x - low) / np.where(high > low, high - low, 1), 0),
        "mean": lambda: x / 255 - (train / 255).mean(),
        "mean_image": lambda: x - train.mean(axis=0),
        "mean_channel": lambda: x - mean,
        "standard": lambda: np.where(std > 0, (x - mean) / np.where(std > 0, std, 1), 0),
    }[name]()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("name", NORMALIZATIONS.names())
def test_normalizations_are_what_they_say(name, dtype, shape):
    rng = np.random.default_rng(0)
    train, other = (rng.integers(3, 250, size=shape).astype(dtype) for _ in range(2))
    fitted = NORMALIZATIONS[name]().fit(train)
    for x in (train, other):
        y = fitted.apply(x)
        assert y.dtype == np.float32
        assert y.flags.c_contiguous
        if shape[0] > 1:
            np.testing.assert_allclose(y, formula(name, x, train), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("name", NORMALIZATIONS.names())
def test_inputs_are_never_altered(name):
    x = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
    before = x.copy()
    y = NORMALIZATIONS[name]().fit(x).apply(x)
    np.testing.assert_array_equal(x, before)
    assert not np.shares_memory(x, y)


def test_the_ends_of_min_max_and_the_moments_of_standard():
    x = np.random.default_rng(1).integers(20, 200, size=(300, 5, 4, 3), dtype=np.uint8)
    scaled = MinMax().fit(x).apply(x)
    np.testing.assert_allclose(scaled.min(axis=(0, 1, 2)), 0)
    np.testing.assert_allclose(scaled.max(axis=(0, 1, 2)), 1, rtol=1e-6)
    standard = Standard().fit(x).apply(x).astype(np.float64)
    np.testing.assert_allclose(standard.mean(axis=(0, 1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(standard.std(axis=(0, 1, 2)), 1, rtol=1e-6)


def test_statistics_of_pixels_are_exact_however_they_are_divided(monkeypatch):
    x = np.random.default_rng(2).integers(256, size=(500, 6, 6, 3), dtype=np.uint8)
    whole = [rule.fit(x) for rule in (Mean(), MeanImage(), MeanChannel())]
    monkeypatch.setattr(normalization, "_CHUNK", 1)
    by_one = [rule.fit(x) for rule in (Mean(), MeanImage(), MeanChannel())]
    for a, b in zip(whole, by_one, strict=True):
        np.testing.assert_array_equal(a.shift, b.shift)
    assert whole[0].shift == np.float32(x.sum(dtype=np.int64) / x.size)


@pytest.mark.parametrize("name", ["min_max", "standard"])
@pytest.mark.parametrize("value", [0, 7, 255, np.float32(0.1), np.float32(-1e20), np.float32(1e-30)])
def test_constant_features_become_zero(name, value):
    dtype = np.float32 if isinstance(value, np.float32) else np.uint8
    x = np.zeros((11, 2), dtype)
    x[:, 0] = value
    x[:, 1] = np.arange(11)
    y = NORMALIZATIONS[name]().fit(x).apply(x)
    np.testing.assert_array_equal(y[:, 0], 0)
    assert np.isfinite(y).all()
    assert np.ptp(y[:, 1]) > 0.9


@pytest.mark.parametrize(
    "rule", [Scale(divide=2.0), Mean(divide=2.0), MeanImage(divide=2.0), MeanChannel(divide=2.0)]
)
def test_divide(rule):
    x = np.array([[[[10]]], [[[20]]]], np.uint8)
    y = rule.fit(x).apply(x)
    assert (y[1] - y[0]).item() == 5


@given(x=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=4, max_side=5)))
def test_apply_is_the_affine_map(x):
    values = x[0].size
    shift, gain = np.arange(values, dtype=np.float32), np.linspace(1, 2, values, dtype=np.float32)
    expected = (x - shift.reshape(x.shape[1:])) * gain.reshape(x.shape[1:])
    np.testing.assert_array_equal(Affine(shift, gain).apply(x), expected)
    assert Affine(shift, gain).apply(x[:0]).shape == (0, *x.shape[1:])


@given(x=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=4, min_side=2, max_side=5)))
def test_invert_gives_the_raw_values_back(x):
    for name in NORMALIZATIONS.names():
        map_ = NORMALIZATIONS.build(NORMALIZATIONS.spec(name)(type=name)).fit(x)
        np.testing.assert_allclose(map_.invert(map_.apply(x)), x, atol=1e-3)


def test_raw_values_stay_as_they_are():
    x = np.arange(256, dtype=np.uint8).reshape(1, -1)
    np.testing.assert_array_equal(Unchanged().fit(x).apply(x), x.astype(np.float32))


@given(st.data())
def test_a_large_offset_does_not_swamp_the_deviation(data):
    offset = data.draw(st.sampled_from([0, 1e3, 1e5]))
    x = (offset + np.random.default_rng(0).standard_normal((400, 2))).astype(np.float32)
    y = Standard().fit(x).apply(x)
    np.testing.assert_allclose(y.std(axis=0), 1, rtol=1e-3)
