"""What the layers of a network make of one example."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from nnlab.arrays import Array
from nnlab.drawing import style
from nnlab.drawing.images import drawable

_LABEL = 1.35  # inches, for the names at the left
_MAPS = 4.95  # inches, for the maps
_TILE = 0.55  # inches, at most
_SPACE = 0.13  # inches between layers
_LEAST = 0.3  # inches, for two lines of text
_IMAGE = 0.9  # inches
_TALLEST = 8.9  # inches of maps on a page
_CELLS = 4  # units of a dense layer side by side, in the place of one map
_NAMES = 0.14  # inches, for the names below values
_SMALL = 6  # points, of names and scales


@dataclass(frozen=True)
class Stage:
    """What comes out of a layer for one example: ``values`` of its output shape, and the layer's name.

    ``names`` are what the values stand for, such as classes; empty if they have no names.
    """

    name: str
    values: Array
    names: tuple[str, ...] = ()


@style.styled()
def activations(
    raw: NDArray[Any],
    stages: Sequence[Stage],
    *,
    columns: int = 16,
    rows: int = 2,
    title: str = "",
    note: str = "",
) -> list[Figure]:
    """Return the example and below it what each layer makes of it, on as many pages as that takes.

    Shapes: raw (H, W), (H, W, C) or (D,). Feature maps stand side by side, ``columns`` in a row and at most
    ``rows`` of these, single values as squares; the text says of how many. Each layer has one colour scale, from
    its least to its largest value, which stands beside it.
    """
    image = raw if raw.ndim > 1 else None
    strips = [] if image is not None else [_Strip(Stage("input", raw), columns, rows)]
    strips += [_Strip(stage, columns, rows) for stage in stages]
    pages: list[list[_Strip]] = [[]]
    room = _TALLEST - (_IMAGE + _SPACE if image is not None else 0)
    for strip in strips:
        if pages[-1] and room < strip.height:
            pages.append([])
            room = _TALLEST
        pages[-1].append(strip)
        room -= strip.height
    heading = "; ".join(filter(None, [note, "each layer has one colour scale"]))
    return [
        _page(image if number == 0 else None, page, title, heading, number=number, count=len(pages))
        for number, page in enumerate(pages)
    ]


class _Strip:
    """A layer's maps side by side: the ``mosaic``, its size in inches, and the text beside it."""

    def __init__(self, stage: Stage, columns: int, rows: int) -> None:
        values = stage.values.astype(np.float64)
        maps = np.moveaxis(values, -1, 0) if values.ndim == 3 else values.reshape(-1, *values.shape[-2:])
        if values.ndim == 1:
            maps = values.reshape(-1, 1, 1)
            columns = columns if len(values) <= columns else _CELLS * columns
        shown = maps[: columns * rows if values.ndim > 1 else 2 * columns]
        finite = values[np.isfinite(values)]
        self.low, self.high = float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf))
        self.across = min(columns, len(shown))
        self.mosaic = _mosaic(shown, self.across)
        tile = min(_TILE, _MAPS / columns if len(shown) > columns // 2 else 2 * _MAPS / columns)
        inch = tile / max(maps.shape[1:]) if values.ndim > 1 else tile
        self.width = min(_MAPS, inch * self.mosaic.shape[1])
        self.tall = self.width * self.mosaic.shape[0] / self.mosaic.shape[1]
        self.names = _fitting(stage.names, len(shown), self.width) if values.ndim == 1 else []
        self.height = max(self.tall, _LEAST) + _SPACE + _NAMES * bool(self.names)
        shape = "x".join(map(str, stage.values.shape))
        left_out = f", first {len(shown)}" if len(shown) < len(maps) else ""
        name = style.fitted(stage.name, 72 * _LABEL - 8, style.TICK)
        self.text = f"{style.plain(name)}\n{shape}{left_out}"


def _fitting(names: Sequence[str], count: int, width: float) -> list[str]:
    """Return ``names`` cut to fit below ``count`` values in a row of ``width`` inches; none if they cannot."""
    if len(names) != count:
        return []
    room = 72 * width / count - 2
    fitted = style.distinct(names, room, _SMALL)
    return fitted if all(style.width_of(name, _SMALL) <= room for name in fitted) else []


def _mosaic(maps: Array, columns: int) -> Array:
    """Return maps (T, H, W) side by side, with gaps of NaN between those that are more than a single value."""
    height, width = maps.shape[1:]
    gap = max(1, max(height, width) // 14) if maps[0].size > 1 else 0
    rows = ceil(len(maps) / columns)
    mosaic = np.full((rows * (height + gap), columns * (width + gap)), np.nan)
    for i, each in enumerate(maps):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        mosaic[top : top + height, left : left + width] = each
    return mosaic[: rows * (height + gap) - gap, : columns * (width + gap) - gap]


def _page(
    image: NDArray[Any] | None, strips: Sequence[_Strip], title: str, note: str, *, number: int, count: int
) -> Figure:
    """Return one page: the ``image``, if it is the first, and some layers."""
    height = sum(strip.height for strip in strips) + (_IMAGE + _SPACE if image is not None else 0)
    numbered = f"{title} ({number + 1} of {count})" if count > 1 else title
    figure = style.sheet(style.PAGE, height + 0.1, numbered, note)
    top = height + 0.05
    if image is not None:
        images, low, high, treatment = drawable(image[np.newaxis])
        width = min(_IMAGE * images.shape[2] / images.shape[1], _MAPS)
        _write(
            figure,
            top - _IMAGE / 2,
            "\n".join(filter(None, ["input", "x".join(map(str, image.shape)), treatment])),
        )
        axes = figure.add_axes(_box(figure, _LABEL, top - _IMAGE, width, _IMAGE))
        axes.imshow(images[0], cmap="gray", vmin=low, vmax=high)
        axes.set_axis_off()
        top -= _IMAGE + _SPACE
    for strip in strips:
        _draw(figure, strip, top)
        top -= strip.height
    return figure


def _draw(figure: Figure, strip: _Strip, top: float) -> None:
    """Draw a layer below ``top`` inches, with its name at the left and its scale at the right."""
    middle = top - (strip.height - _SPACE - _NAMES * bool(strip.names)) / 2
    _write(figure, middle, strip.text)
    axes = figure.add_axes(_box(figure, _LABEL, middle - strip.tall / 2, strip.width, strip.tall))
    if strip.low > strip.high:
        axes.set_axis_off()
        _write(figure, middle, "not finite", x=6.43)
        return
    scale = Normalize(strip.low, strip.high if strip.high > strip.low else strip.low + 1)
    axes.imshow(strip.mosaic, cmap="viridis", norm=scale, aspect="auto")
    axes.set_axis_off()
    rows, columns = strip.mosaic.shape
    for column, name in enumerate(strip.names):
        axes.text(column, rows - 0.3, style.plain(name), fontsize=_SMALL, ha="center", va="top")
    axes.add_patch(
        Rectangle((-0.5, -0.5), columns, rows, fill=False, edgecolor="0.7", linewidth=0.3, clip_on=False)
    )
    if strip.low == strip.high:
        _write(figure, middle, f"all {strip.low:.3g}".replace("-", "\N{MINUS SIGN}"), x=6.43)
        return
    tall = max(_LEAST, min(strip.tall, 0.6)) - 0.06
    bar = figure.add_axes(_box(figure, 6.43, middle - tall / 2, 0.07, tall))
    figure.colorbar(ScalarMappable(scale, "viridis"), cax=bar)
    labels = [f"{value:.3g}".replace("-", "\N{MINUS SIGN}") for value in (strip.low, strip.high)]
    bar.set_yticks([strip.low, strip.high], labels, fontsize=_SMALL)
    bar.tick_params(length=2, pad=1)


def _write(figure: Figure, y: float, text: str, x: float = 0.08) -> None:
    figure.text(x / style.PAGE, y / figure.get_figheight(), text, fontsize=style.TICK, va="center")


def _box(
    figure: Figure, left: float, bottom: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """Return a place given in inches as parts of the figure."""
    wide, tall = figure.get_size_inches()
    return left / wide, bottom / tall, width / wide, height / tall
