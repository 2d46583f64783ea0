"""Signed distance maps of the digits of matplotlib's fonts.

Only integers from the font files and single, correctly rounded operations are used, so the maps are the same
to the bit on every machine.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlab.arrays import Array

FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
    *("DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic"),
    *("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
    *("cmr10", "cmb10", "cmss10", "cmtt10", "cmti10", "cmmi10"),
)

SIZE = 64
"""Points along each side of a map."""

SPAN = 1.75
"""Length of a map's side, where a digit is 1 high: the rest is the margin for thick strokes."""

_MOVE, _LINE, _CURVE = 1, 2, 3  # matplotlib's codes of a path's vertices; all these outlines are quadratic
_PIECES = 6  # straight pieces that stand for one curve


def digit_distances() -> Array:
    """Return the signed distance to each digit's outline, positive inside, in heights of the digit.

    Shapes: (fonts, 10, SIZE, SIZE), rows from top to bottom, the digit's bounding box in the middle.
    """
    import matplotlib as mpl  # noqa: PLC0415 -- slow to import, and only needed to draw
    from matplotlib.ft2font import FT2Font, LoadFlags  # noqa: PLC0415 -- the same

    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    maps: Array = np.empty((len(FONTS), 10, SIZE, SIZE), np.float32)
    for i, name in enumerate(FONTS):
        font = FT2Font(str(folder / f"{name}.ttf"))
        for digit in range(10):
            font.load_char(ord(str(digit)), flags=LoadFlags.NO_SCALE)
            vertices, codes = font.get_path()
            maps[i, digit] = _signed_distance(np.array(list(_segments(vertices, codes))))
    return maps


def _segments(
    vertices: NDArray[np.float64], codes: NDArray[np.integer[Any]]
) -> Iterator[tuple[NDArray[np.float64], ...]]:
    """Yield the straight pieces (from, to) of an outline, in the order in which it is drawn."""
    start = here = vertices[0]
    steps = iter(zip(codes, vertices, strict=True))
    for code, point in steps:
        if code == _MOVE:
            start = here = point
        elif code == _CURVE:
            first, (_, last) = here, next(steps)
            for t in (np.arange(_PIECES) + 1) / _PIECES:
                there = (1 - t) * (1 - t) * first + 2 * t * (1 - t) * point + t * t * last
                yield here, there
                here = there
        else:
            there = point if code == _LINE else start
            yield here, there
            here = there


def _signed_distance(segments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the map (SIZE, SIZE) of an outline of ``segments`` (S, 2 ends, 2 coordinates).

    A point is inside if the outline winds around it, a winding number other than 0.
    """
    low, high = segments.min(axis=(0, 1)), segments.max(axis=(0, 1))
    segments = (segments - (low + high) / 2) / (high[1] - low[1])
    (x0, y0), (x1, y1) = segments[:, 0].T, segments[:, 1].T
    dx, dy = x1 - x0, y1 - y0
    ticks = (np.arange(SIZE) + 0.5) * (SPAN / SIZE) - SPAN / 2
    x = ticks[np.newaxis, :, np.newaxis] - x0
    y = -ticks[:, np.newaxis, np.newaxis] - y0

    length2 = dx * dx + dy * dy
    along = np.clip((x * dx + y * dy) / np.where(length2 > 0, length2, 1), 0, 1)
    gap_x, gap_y = x - along * dx, y - along * dy
    distance = np.sqrt((gap_x * gap_x + gap_y * gap_y).min(axis=2))

    left = x * dy < y * dx
    winding = ((y >= 0) & (y < dy) & left).sum(axis=2) - ((y < 0) & (y >= dy) & ~left).sum(axis=2)
    signed: NDArray[np.float64] = np.where(winding != 0, distance, -distance)
    return signed
