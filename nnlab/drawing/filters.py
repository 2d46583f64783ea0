"""First-layer filters: what a network looks for in its input."""

from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from nnlab.arrays import Array, Shape
from nnlab.drawing import style

_MOST_FILTERS = 256
_MOST_ROWS = _MOST_COLUMNS = 16  # of filters and channels, where each channel has an image of its own
_TILE = 0.75  # inches, at most
_MARGIN = 0.7  # inches, for the numbers at the left
_BAR = 0.7  # inches, for the colour bar below


@style.styled()
def filters(weight: Array, input_shape: Shape = (), *, title: str = "") -> Figure:
    """Return the filters as a grid of images, all on one scale that is symmetric around 0.

    Shapes: weight (K, K, C, F) of a convolution; or (D, M) of a dense layer, whose units are drawn as
    images if ``input_shape`` is (H, W, C) or (H, W), else as a table of units and inputs.

    Three channels make one colour image per filter and one channel a grey one; of any other number, each
    channel has a grey image of its own. A note says how to read the colours and what was left out.
    """
    if weight.ndim == 2 and len(input_shape) in {2, 3}:
        weight = weight.reshape(*input_shape[:2], -1, weight.shape[1])
    if weight.ndim == 2:
        return _table(weight, title)
    if weight.shape[2] in {1, 3}:
        return _grid(weight, title)
    return _channel_grid(weight, title)


def _grid(weight: Array, title: str) -> Figure:
    """Draw weight (H, W, C, F), where C is 1 or 3, as an image per filter."""
    tiles = np.moveaxis(weight, 3, 0)[:_MOST_FILTERS]
    columns = ceil((1.6 * len(tiles)) ** 0.5)
    scale = _scale(weight)
    colour = weight.shape[2] == 3
    meaning = f"grey is 0, full colour is ±{scale:.2g}, the same for all filters" if colour else ""
    note = _note(meaning, _left_out("filters", len(tiles), weight.shape[3]), _not_finite(weight))
    mosaic = _mosaic(tiles, columns)
    figure, axes = _sheet(mosaic, weight, title, note)
    if colour:
        rgb = (0.5 + mosaic / (2 * scale)).clip(0, 1)
        axes.imshow(np.where(np.isfinite(mosaic), rgb, 1.0))
    else:
        _draw_grey(figure, axes, mosaic[..., 0], scale)
    _outline(axes, weight, len(tiles), columns)
    axes.set_ylabel("first filter of the row")
    firsts = range(0, len(tiles), columns)
    axes.set_yticks(_centres(weight, 0, len(firsts)), map(str, firsts))
    axes.set_xticks([])
    return figure


def _channel_grid(weight: Array, title: str) -> Figure:
    """Draw weight (H, W, C, F) as an image per filter, in a row, and channel, in a column."""
    shown = weight[:, :, :_MOST_COLUMNS, :_MOST_ROWS]
    height, width, channels, count = shown.shape
    left_out = (_left_out("filters", count, weight.shape[3]), _left_out("channels", channels, weight.shape[2]))
    mosaic = _mosaic(shown.transpose(3, 2, 0, 1).reshape(-1, height, width, 1), channels)
    figure, axes = _sheet(mosaic, weight, title, _note(*left_out, _not_finite(weight)))
    _draw_grey(figure, axes, mosaic[..., 0], _scale(weight))
    _outline(axes, weight, count * channels, channels)
    axes.set(xlabel="channel", ylabel="filter")
    axes.set_yticks(_centres(weight, 0, count), map(str, range(count)))
    axes.set_xticks(_centres(weight, 1, channels), map(str, range(channels)))
    return figure


def _table(weight: Array, title: str) -> Figure:
    """Draw weight (D, M) as a table of M units, in rows, and D inputs, in columns."""
    inputs, units = weight.shape
    width = min(style.PAGE - _MARGIN, max(style.COLUMN - _MARGIN, 0.4 * inputs))
    height = min(6.0, max(0.6, 0.4 * units))
    figure = style.page(width + _MARGIN, height + _BAR + 0.4, title, _note(_not_finite(weight)))
    axes = figure.add_subplot()
    _draw_grey(figure, axes, weight.T, _scale(weight))
    axes.set(xlabel="input", ylabel="unit", aspect="auto")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return figure


def _sheet(mosaic: Array, weight: Array, title: str, note: str) -> tuple[Figure, Axes]:
    """Return a figure with room for the ``mosaic`` of filters that ``weight`` holds, and its bare axes."""
    height, width = mosaic.shape[:2]
    inch = min(_TILE / max(weight.shape[:2]), (style.PAGE - _MARGIN) / width, 8 / height)
    page_width = max(style.COLUMN, inch * width + _MARGIN)
    figure = style.page(page_width, inch * height + (0.2 if weight.shape[2] == 3 else _BAR + 0.2), title, note)
    axes = figure.add_subplot()
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure, axes


def _draw_grey(figure: Figure, axes: Axes, values: Array, scale: float) -> None:
    """Draw ``values`` in grey, black at -scale and white at +scale, with a colour bar below."""
    image = axes.imshow(values, cmap="gray", vmin=-scale, vmax=scale)
    bar = figure.colorbar(image, ax=axes, orientation="horizontal", fraction=0.05, aspect=40, label="weight")
    bar.set_ticks([-scale, 0, scale], labels=[f"\N{MINUS SIGN}{scale:.2g}", "0", f"{scale:.2g}"])


def _outline(axes: Axes, weight: Array, count: int, columns: int) -> None:
    """Draw a thin line around each tile, because white weights end where white paper begins."""
    height, width = weight.shape[:2]
    corners = [
        (x - width / 2, y - height / 2)
        for y in _centres(weight, 0, ceil(count / columns))
        for x in _centres(weight, 1, columns)
    ]
    boxes = [Rectangle(corner, width, height) for corner in corners[:count]]
    axes.add_collection(PatchCollection(boxes, facecolor="none", edgecolor="0.6", linewidth=0.4, clip_on=False))


def _mosaic(tiles: Array, columns: int) -> Array:
    """Return tiles (T, H, W, C) side by side in rows of ``columns``, with gaps of NaN between them."""
    height, width = tiles.shape[1:3]
    down, right = height + _gap(tiles[0]), width + _gap(tiles[0])
    rows = ceil(len(tiles) / columns)
    mosaic = np.full((rows * down, columns * right, tiles.shape[3]), np.nan)
    for i, tile in enumerate(tiles):
        top, left = i // columns * down, i % columns * right
        mosaic[top : top + height, left : left + width] = tile
    return mosaic[: down * rows - _gap(tiles[0]), : right * columns - _gap(tiles[0])]


def _gap(tile: Array) -> int:
    """Return how many pixels stand between tiles of that shape (H, W, ...)."""
    longest: int = max(tile.shape[:2])
    return max(1, longest // 9)


def _centres(weight: Array, axis: int, count: int) -> Array:
    """Return the positions on an axis of the mosaic of the middles of ``count`` filters of ``weight``."""
    length: int = weight.shape[axis]
    return (length - 1) / 2 + (length + _gap(weight)) * np.arange(count, dtype=np.float64)


def _scale(weight: Array) -> float:
    """Return the largest magnitude in ``weight`` that is finite, 1 if there is none above 0."""
    return float(np.abs(weight[np.isfinite(weight)]).max(initial=0)) or 1.0


def _note(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _left_out(kind: str, shown: int, count: int) -> str:
    return f"the first {shown} of {count} {kind}" if shown < count else ""


def _not_finite(weight: Array) -> str:
    count = np.count_nonzero(~np.isfinite(weight))
    return f"weights that are not finite, left blank: {count:,} of {weight.size:,}" if count else ""
