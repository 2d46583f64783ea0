"""A network as a diagram: its layers as boxes in the order in which they work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, Patch, Rectangle
from matplotlib.path import Path

from nnlab.drawing import style

_BOX, _GAP, _SUM = 0.31, 0.13, 0.15  # inches: a box, the arrow below it, the circle in which a way around ends
_TALLEST = 8.2  # inches of a column
_NARROWEST, _WIDEST, _GUTTER = 2.05, 3.1, 0.3  # inches of a column, and between columns
_SPLIT = 0.06  # inches between branches
_LANE, _PROJECTED = 0.16, 0.36  # a way around: inches without layers; part of the column with one
_MARGIN, _LEGEND = 0.12, 0.25  # inches
_SIZE = 6.5  # points
_KINDS = {"trained": "#BFE3F5", "changes the shape": "#C5E8DA", "leaves the shape": "#F9E3B4", "": "0.92"}


@dataclass(frozen=True)
class Block:
    """A layer: its name, its options, the first of most weight, the shape of what it returns, and its parameters.

    ``kind`` decides the colour: trained, changes the shape or leaves the shape; what is no layer has none.
    A residual connection has a ``body``, and perhaps a ``projection`` on the way around it; a concatenation has
    ``branches``, of blocks that have neither.
    """

    name: str
    options: tuple[str, ...]
    shape: str
    parameters: int
    kind: str = ""
    body: tuple["Block", ...] = ()
    projection: "Block | None" = None
    branches: tuple[tuple["Block", ...], ...] = ()

    @property
    def height(self) -> float:
        """Inches, with the arrow below."""
        if self.branches:
            return _BOX + 2 * _GAP + self.longest
        return sum(block.height for block in self.body) + _SUM + 2 * _GAP if self.body else _BOX + _GAP

    @property
    def longest(self) -> float:
        """Inches of the longest branch, with the arrow below."""
        return max(sum(block.height for block in branch) for branch in self.branches)

    @property
    def level(self) -> int:
        """How many residual connections are within one another here."""
        return 1 + max(block.level for block in self.body) if self.body else 0


@style.styled()
def architecture(blocks: Sequence[Block], *, title: str = "", note: str = "") -> Figure:
    """Return the layers from top to bottom, in columns from left to right if there are many.

    A residual connection is drawn with its way around, branches side by side. What does not fit on a page is left
    out, as a note says.
    """
    columns, left_out = _arranged(blocks)
    width = min(_WIDEST, (style.PAGE - 2 * _MARGIN + _GUTTER) / len(columns) - _GUTTER)
    across = len(columns) * (width + _GUTTER) - _GUTTER + 2 * _MARGIN
    height = max(sum(block.height for block in column) for column in columns) - _GAP
    kinds = {block.kind for block in _layers(blocks)} - {""}
    below = _MARGIN + (_LEGEND if kinds else 0)
    heading = "; ".join(filter(None, [note, f"layers that do not fit, left out: {left_out}" if left_out else ""]))
    figure = style.sheet(max(style.COLUMN, across), height + below + _MARGIN, title, heading)
    wide = figure.get_figwidth()
    axes = figure.add_axes((0, 0, 1, (height + below + _MARGIN) / figure.get_figheight()))
    axes.set(xlim=(0, wide), ylim=(-below, height + _MARGIN))
    axes.set_axis_off()
    drawing = _Drawing(axes, width, blocks)
    left, outlet = (wide - across) / 2 + _MARGIN, None
    for index, column in enumerate(columns):
        bottom = drawing.stack(column, left, height, outlet)
        if index + 1 < len(columns):
            outlet = drawing.turn(left, bottom, height)
        left += width + _GUTTER
    patches = [Patch(facecolor=_KINDS[kind], edgecolor="0.4", linewidth=0.5, label=kind) for kind in _KINDS]
    shown = [patch for patch in patches if patch.get_label() in kinds]
    if shown:
        axes.legend(handles=shown, loc="lower center", ncols=len(shown), borderaxespad=0.1, columnspacing=1.2)
    return figure


def _layers(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks that are boxes, those of residual connections and branches too."""
    for block in blocks:
        yield from _layers(block.body) if block.body else [block]
        for branch in block.branches:
            yield from _layers(branch)
        if block.projection:
            yield block.projection


def _arranged(blocks: Sequence[Block]) -> tuple[list[list[Block]], int]:
    """Return no more columns than needed, about equally tall, and how many blocks do not fit."""
    most = int((style.PAGE - 2 * _MARGIN + _GUTTER) / (_NARROWEST + _GUTTER))
    total = sum(block.height for block in blocks)
    for count in range(max(1, ceil(total / _TALLEST)), most + 1):
        limit = total / count
        while limit <= _TALLEST:
            columns = _filled(blocks, limit)
            if (
                len(columns) <= count
                and max(sum(each.height for each in column) for column in columns) <= _TALLEST
            ):
                return columns, 0
            limit += 0.1
    kept = _filled(blocks, _TALLEST)[:most]
    return kept, len(blocks) - sum(map(len, kept))


def _filled(blocks: Sequence[Block], limit: float) -> list[list[Block]]:
    """Return ``blocks`` in columns, each as full as ``limit`` inches allow."""
    columns: list[list[Block]] = [[]]
    for block in blocks:
        if columns[-1] and sum(each.height for each in columns[-1]) + block.height > limit + 1e-9:
            columns.append([])
        columns[-1].append(block)
    return columns


class _Drawing:
    """Axes in inches, on which boxes stand in columns ``width`` wide; at their right are lanes for ways around."""

    def __init__(self, axes: Axes, width: float, blocks: Sequence[Block]) -> None:
        self._axes, self._width = axes, width
        projected = {block.level for block in _residuals(blocks) if block.projection}
        levels = range(1, 1 + max(block.level for block in blocks))
        self._lanes = [_PROJECTED * width if level in projected else _LANE for level in levels]
        self._main = width - sum(self._lanes)

    def stack(self, blocks: Sequence[Block], left: float, top: float, outlet: float | None) -> float:
        """Draw ``blocks`` from ``top`` downwards, fed from ``outlet``, and return where the last ends."""
        for block in blocks:
            if block.body:
                outlet = self._residual(block, left, top, outlet)
            elif block.branches:
                outlet = self._concatenation(block, left, top, outlet)
            else:
                if outlet is not None:
                    self._arrow((left + self._main / 2, outlet), (left + self._main / 2, top))
                self._box(block, left, top, self._main)
                outlet = top - _BOX
            top = outlet - _GAP
        return top + _GAP

    def turn(self, left: float, bottom: float, top: float) -> float:
        """Lead from the end of a column to the head of the next one and return where the line ends."""
        middle, step = left + self._main / 2, self._width + _GUTTER
        gutter, reach = left + self._width + _GUTTER / 2, _MARGIN * 0.7
        points = [(middle, bottom), (middle, bottom - reach), (gutter, bottom - reach), (gutter, top + reach)]
        self._line(*points, (middle + step, top + reach))
        return top + reach

    def _residual(self, block: Block, left: float, top: float, outlet: float | None) -> float:
        """Draw a body, the way around it, and the circle in which both are added; return where that ends."""
        *inner, own = self._lanes[: block.level]
        middle, lane = left + self._main / 2, left + self._main + sum(inner) + own / 2
        start = top - 0.3 * _GAP
        end = self.stack(block.body, left, top - _GAP, top if outlet is None else outlet)
        name = style.plain(style.fitted(block.name, 36 * self._main - 12, _SIZE))
        self._axes.text(left, top - _GAP / 2, name, fontsize=_SIZE, va="center")
        radius = _SUM / 2
        centre = end - _GAP - radius
        self._arrow((middle, end), (middle, centre + radius))
        self._arrow((middle, start), (lane, start), (lane, centre), (middle + radius, centre))
        self._axes.add_patch(Circle((middle, centre), radius, facecolor="white", edgecolor="black", linewidth=0.7))
        for across, down in ((radius / 2, 0), (0, radius / 2)):
            self._line((middle - across, centre - down), (middle + across, centre + down))
        if block.projection:
            wide = own - 0.08
            self._box(block.projection, lane - wide / 2, (start + centre + _BOX) / 2, wide)
        return centre - radius

    def _concatenation(self, block: Block, left: float, top: float, outlet: float | None) -> float:
        """Draw branches side by side and the box in which they are joined; return where that ends."""
        step = self._main / len(block.branches)
        width, middle = step - _SPLIT, left + self._main / 2
        start, joined = top - 0.3 * _GAP, top - _GAP - block.longest
        centres = [left + step * (index + 0.5) for index in range(len(block.branches))]
        self._line((middle, top if outlet is None else outlet), (middle, start))
        self._line((centres[0], start), (centres[-1], start))
        for centre, branch in zip(centres, block.branches, strict=True):
            end, below = start, top - _GAP
            for each in branch:
                self._arrow((centre, end), (centre, below))
                self._box(each, centre - width / 2, below, width)
                end, below = below - _BOX, below - each.height
            self._arrow((centre, end), (centre, joined))
        self._box(block, left, joined, self._main)
        return joined - _BOX

    def _box(self, block: Block, left: float, top: float, width: float) -> None:
        box = Rectangle(
            (left, top - _BOX), width, _BOX, facecolor=_KINDS[block.kind], edgecolor="0.4", linewidth=0.6
        )
        box.set_zorder(3)
        self._axes.add_patch(box)
        room = 72 * width - 5
        count = [f"{block.parameters:,} parameters"] if block.parameters else []
        named = _shortened([block.name, *block.options], room, first=" ")
        lines = (named, _shortened([block.shape, *count], room))
        self._axes.text(
            left + width / 2,
            top - _BOX / 2,
            "\n".join(map(style.plain, lines)),
            ha="center",
            va="center",
            fontsize=_SIZE,
            linespacing=1.15,
            zorder=4,
        )

    def _arrow(self, *points: tuple[float, float]) -> None:
        arrow = FancyArrowPatch(
            path=Path(points), arrowstyle="-|>", mutation_scale=6, linewidth=0.7, color="black", joinstyle="miter"
        )
        self._axes.add_patch(arrow)

    def _line(self, *points: tuple[float, float]) -> None:
        self._axes.plot(*zip(*points, strict=True), color="black", linewidth=0.7, zorder=5, solid_capstyle="butt")


def _shortened(parts: Sequence[str], room: float, first: str = ", ") -> str:
    """Return as many ``parts`` as fit into ``room`` points, with ``first`` after the first of them."""
    for count in range(len(parts), 0, -1):
        text = first.join([parts[0], *filter(None, [", ".join(parts[1:count])])])
        if style.width_of(style.shown(text), _SIZE) <= room:
            return text
    return style.fitted(parts[0], room, _SIZE)


def _residuals(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the residual connections, those within others too."""
    for block in blocks:
        if block.body:
            yield block
            yield from _residuals(block.body)
