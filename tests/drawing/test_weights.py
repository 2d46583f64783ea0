"""Histograms hold every finite value once."""

import numpy as np
import pytest

from nnlab.drawing.weights import Spread, weights


def spread(rng, name="0 conv2d 5x5x1x16", count=400):
    gradient = rng.normal(size=count).astype(np.float32)
    gradient[: count // 4] = 0
    return Spread(name, 0.1 * rng.normal(size=count).astype(np.float32), gradient)


def test_shares_sum_to_all_values(rng, readable):
    one = spread(rng)
    (figure,) = weights([one], title="mnist")
    texts = readable(figure)
    assert {"share (%)", "weight", "gradient of the loss (nats per unit of weight)"} <= set(texts)
    assert f"0 conv2d 5x5x1x16: 400 values, sd {one.weight.std():.2g}" in texts
    assert f"gradient: 400 values, sd {one.gradient.std():.2g}, 25.0 % are 0" in texts
    for axes, values in zip(figure.axes, (one.weight, one.gradient), strict=True):
        shares, edges, _ = axes.patches[0].get_data()
        assert shares.sum() == pytest.approx(100)
        assert (edges[0], edges[-1]) == pytest.approx((values.min(), values.max()))
        assert axes.get_yscale() == "log"


def test_many_layers_take_several_pages(rng, readable):
    pages = weights([spread(rng, f"{i} conv2d") for i in range(17)], title="deep")
    assert len(pages) == 3
    told = [text for page in pages for text in readable(page)]
    assert sum("conv2d: 400 values" in text for text in told) == 17
    assert "deep (3 of 3)" in told


@pytest.mark.parametrize(
    "values", [[np.nan] * 3, [1e9, np.inf, -1e9], [0.0, 0.0], [3.0], [1e-9, 1e-9 + 1e-16], [1e30, -1e30]]
)
def test_values_of_any_size(readable, hostile, values):
    some = [Spread(name, np.array(values), np.array(values)) for name in hostile[:6]]
    (figure,) = weights(some, title="$\\frac{1}{2}$")
    texts = readable(figure)
    lost = np.count_nonzero(~np.isfinite(values))
    assert sum(f"not finite: {lost}" in text for text in texts) == (12 if lost else 0)
