import numpy as np
import pytest

from nnlab.nn.kernels import winograd
from nnlab.nn.kernels.windows import Windows
from nnlab.nn.kernels.winograd import Tiling, transforms


@pytest.mark.parametrize(("outputs", "taps"), [(2, 3), (4, 3), (6, 3), (4, 5), (2, 5), (3, 2), (1, 4)])
def test_the_transforms_give_sliding_inner_products(rng, outputs, taps):
    t, size = transforms(outputs, taps, np.dtype(np.float64)), outputs + taps - 1
    d, g = rng.standard_normal(size), rng.standard_normal(taps)
    expected = [d[i : i + taps] @ g for i in range(outputs)]
    np.testing.assert_allclose(t.outputs.T @ ((t.taps @ g) * (t.inputs @ d)), expected, rtol=1e-10, atol=1e-12)


def test_four_products_do_for_two_outputs_of_three_taps():
    """Winograd's own example, F(2, 3)."""
    t = transforms(2, 3, np.dtype(np.float32))
    assert (t.outputs.shape, t.taps.shape, t.inputs.shape) == ((4, 2), (4, 3), (4, 4))
    assert t.inputs.dtype == np.float32


def test_points_that_are_not_all_different_are_no_good(monkeypatch):
    monkeypatch.setattr(winograd, "POINTS", (0, 1, 1))
    with pytest.raises(np.linalg.LinAlgError):
        winograd.transforms(2, 3, np.dtype(np.float64))


def test_tiles_cover_the_outputs_and_the_padding_that_they_need():
    windows = Windows((14, 13), (3, 3), (1, 1), (1, 0), (1, 0))
    square = Tiling(windows, (4, 4))
    assert (square.tile, square.points, square.rows.image, square.rows.counts) == ((6, 6), 36, (4, 3), (4, 3))
    assert square.covering.padded == (18, 14)
    rows = Tiling(windows, (1, 4))
    assert (rows.tile, rows.points, rows.rows.image, rows.rows.counts) == ((1, 6), 6, (16, 3), (14, 3))
    assert rows.covering.padded == (16, 14)
