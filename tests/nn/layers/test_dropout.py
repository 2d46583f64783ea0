import numpy as np
import pytest

from nnlab import seeding
from nnlab.nn.layers import Dropout


def test_values_are_kept_and_grown_or_gone():
    layer = Dropout((1000,), np.random.default_rng(0), rate=0.2)
    x = np.ones((100, 1000), np.float32)
    y, mask = layer.forward(x)
    assert np.unique(y).tolist() == [0, 1.25]
    assert float((y == 0).mean()) == pytest.approx(0.2, abs=0.005)
    assert float(y.mean()) == pytest.approx(1, abs=0.01)
    np.testing.assert_array_equal(layer.backward(x, mask)[0], y)
    assert layer.predict(x) is x


def test_every_batch_has_a_mask_of_its_own_and_the_stream_brings_it_back():
    layer = Dropout((50,), np.random.default_rng(0), rate=0.5)
    x = np.ones((4, 50))
    position = seeding.saved(layer.streams["mask"])
    first, second = layer.forward(x)[0], layer.forward(x)[0]
    assert (first != second).any()
    seeding.restore(layer.streams["mask"], position)
    np.testing.assert_array_equal(layer.forward(x)[0], first)


def test_the_mask_does_not_depend_on_the_dtype():
    masks = [
        Dropout((50,), np.random.default_rng(0), rate=0.5).forward(np.ones((4, 50), dtype))[0] > 0
        for dtype in (np.float32, np.float64)
    ]
    np.testing.assert_array_equal(*masks)


def test_rate_0_keeps_everything(rng):
    x = rng.standard_normal((3, 5))
    np.testing.assert_array_equal(Dropout((5,), rng, rate=0.0).forward(x)[0], x)
