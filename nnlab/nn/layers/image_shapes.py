"""Windows over the images that a layer takes: shapes, padding, and errors for windows that do not fit."""

from collections.abc import Iterable
from math import ceil
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from nnlab.arrays import Shape
from nnlab.errors import OptionError
from nnlab.nn.kernels.windows import Pair, Windows
from nnlab.registry.options import Offsets


def _form(value: Any) -> str:
    return "name" if isinstance(value, str) else "pair"


Padding = Annotated[
    Annotated[Offsets, Tag("pair")] | Annotated[Literal["same"], Tag("name")], Discriminator(_form)
]
"""Rows and columns added on either side, or ``same``: enough for ``ceil(H / stride)`` rows of windows."""


def image_shape(input_shape: Shape) -> tuple[int, int, int]:
    """Return (H, W, C); raises OptionError if the input is not images."""
    if len(input_shape) != 3:
        raise OptionError(
            f"it needs images (height, width, channels), but its input has the shape {dimensions(input_shape)}",
            hint="put it before the layers that flatten, such as flatten, dense and global_avgpool",
        )
    height, width, channels = input_shape
    return height, width, channels


def windows_over(
    input_shape: Shape,
    size: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair = (1, 1),
    *,
    what: str,
    option: str,
) -> Windows:
    """Return the windows of ``size`` over the input; raises OptionError if none fits.

    The message calls the windows ``what`` and names ``option`` as the one at fault.
    """
    *image, channels = image_shape(input_shape)
    dilation = _pair(d if k > 1 else 1 for k, d in zip(size, dilation, strict=True))
    covered = Windows(_pair(image), size, stride, (0, 0), (0, 0), dilation).spread
    if padding == "same":
        total = [max(0, (ceil(h / s) - 1) * s + k - h) for h, k, s in zip(image, covered, stride, strict=True)]
        before, after = _pair(p // 2 for p in total), _pair(p - p // 2 for p in total)
    else:
        before = after = padding
    windows = Windows(_pair(image), size, stride, before, after, dilation)
    if min(windows.counts) < 1:
        least = _pair(max(0, ceil((k - h) / 2)) for h, k in zip(image, covered, strict=True))
        border = f" with padding {_brief(before)}" if windows.bordered else ""
        gaps = f", which covers {covered[0]}x{covered[1]} with dilation {_brief(dilation)},"
        raise OptionError(
            f"a {size[0]}x{size[1]} {what}{gaps if covered != size else ''} does not fit the "
            f"{image[0]}x{image[1]}x{channels} input{border}",
            option=option,
            hint=f"padding: {_brief(least)} is the least that fits",
        )
    return windows


def check_padding(size: Pair, padding: Pair) -> None:
    """Raise OptionError if some windows of ``size`` would hold nothing but padding."""
    if any(p >= k for p, k in zip(padding, size, strict=True)):
        raise OptionError(
            f"padding {_brief(padding)} must be less than the size {_brief(size)}, or some windows are empty",
            option="padding",
        )


def dimensions(shape: Shape) -> str:
    """Return the shape as messages write it, e.g. ``28x28x1``."""
    return "x".join(str(length) for length in shape)


def _pair(values: Iterable[int]) -> Pair:
    vertical, horizontal = values
    return vertical, horizontal


def _brief(pair: Pair) -> str:
    """Return the pair as a config writes it."""
    return str(pair[0]) if pair[0] == pair[1] else f"[{pair[0]}, {pair[1]}]"
