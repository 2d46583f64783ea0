import numpy as np
import pytest

from nnlab.data.outlines import FONTS, SIZE, SPAN, _signed_distance, digit_distances


@pytest.fixture(scope="module")
def distances():
    return digit_distances()


def test_distance_to_a_square_and_its_hole():
    """A square of side 1 has a hole of side 0.5, drawn the other way round: all distances are known."""
    corners = np.array([[0, 0], [0, 4], [4, 4], [4, 0]], float)
    hole = np.array([[1, 1], [3, 1], [3, 3], [1, 3]], float)
    segments = np.concatenate([np.stack([ring, np.roll(ring, -1, axis=0)], axis=1) for ring in (corners, hole)])
    ticks = (np.arange(SIZE) + 0.5) * (SPAN / SIZE) - SPAN / 2
    expected = np.empty((SIZE, SIZE))
    for i, y in enumerate(ticks):
        for j, x in enumerate(ticks):
            out_x, out_y = max(abs(x) - 0.5, 0), max(abs(y) - 0.5, 0)
            outer = -np.hypot(out_x, out_y) if out_x or out_y else 0.5 - max(abs(x), abs(y))
            in_x, in_y = max(abs(x) - 0.25, 0), max(abs(y) - 0.25, 0)
            inner = np.hypot(in_x, in_y) if in_x or in_y else max(abs(x), abs(y)) - 0.25
            expected[i, j] = min(outer, inner)
    np.testing.assert_allclose(_signed_distance(segments), expected, atol=1e-12)


def test_overlapping_parts_of_an_outline_are_inside():
    ring = np.array([[0, 0], [0, 4], [4, 4], [4, 0]], float)
    segments = np.stack([ring, np.roll(ring, -1, axis=0)], axis=1)
    twice = np.concatenate([segments, segments])
    np.testing.assert_array_equal(_signed_distance(twice) > 0, _signed_distance(segments) > 0)


def regions(mask):
    """Count the parts of ``mask`` that hang together, corners with a single way out aside, by flooding them."""
    left = {(int(i), int(j)) for i, j in np.argwhere(mask)}
    count = 0
    while left:
        size = 0
        front = [left.pop()]
        while front:
            size += 1
            i, j = front.pop()
            for point in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
                if point in left:
                    left.remove(point)
                    front.append(point)
        count += size > 4
    return count


@pytest.mark.slow
@pytest.mark.parametrize("font", FONTS)
def test_digits_have_the_holes_they_should_have(distances, font):
    holes = [regions(distances[FONTS.index(font), digit] < 0.0) - 1 for digit in range(10)]
    assert holes[0] >= 1
    assert holes[4] in (0, 1)
    assert [holes[i] for i in (1, 2, 3, 5, 6, 7, 8, 9)] == [0, 0, 0, 0, 1, 0, 2, 1]


def test_digits_fill_their_height_and_stay_off_the_edge(distances):
    inside = distances > 0
    heights = inside.any(axis=3).sum(axis=2) * SPAN / SIZE
    np.testing.assert_allclose(heights, 1, atol=0.06)
    edges = np.concatenate([distances[:, :, [0, -1], :].ravel(), distances[:, :, :, [0, -1]].ravel()])
    assert edges.max() < -0.1
