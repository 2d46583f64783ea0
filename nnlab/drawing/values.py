"""Histograms of what data are made of, before and after normalization."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlab.drawing import style

_BINS = 64
_COLOURS = {"red": style.VERMILION, "green": style.GREEN, "blue": style.BLUE}


@style.styled()
def values(raw: NDArray[Any], normalized: NDArray[Any], *, title: str = "", note: str = "") -> Figure:
    """Return how often each value stands in inputs, raw and normalized.

    Shapes: raw and normalized (N, ...). Three channels of images, and up to seven features, have a line each;
    otherwise all values are counted together. The scale of the shares is logarithmic if one value in four or
    more falls into the same bin. Values that are not finite are left out.
    """
    figure = style.page(style.PAGE, 2.6, title, note)
    panels = figure.subplots(1, 2)
    headings = ("pixel value (0-255)" if raw.dtype == np.uint8 else "value", "normalized value")
    tops = [_draw(axes, each) for axes, each in zip(panels, (raw, normalized), strict=True)]
    for axes, heading in zip(panels, headings, strict=True):
        axes.set_xlabel(heading)
        if max(tops) >= 25:
            style.logarithmic(axes)
    panels[0].set_ylabel("share of the values (%)")
    handles = panels[0].get_legend_handles_labels()
    if len(handles[0]) > 1:
        figure.legend(*handles, loc="outside lower center", ncols=len(handles[0]))
    return figure


def _draw(axes: Axes, inputs: NDArray[Any]) -> float:
    """Draw a histogram of each channel and return its highest bin."""
    names = _channels(inputs)
    columns = inputs.reshape(-1, len(names)).T
    top = 0.0
    for (name, colour), column in zip(names.items(), columns, strict=True):
        finite = column[np.isfinite(column)].astype(np.float64)
        low, high = float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf))
        if low > high:
            continue
        # Half a level of a pixel more on both sides: every bin has as many of 256 levels as the others.
        margin = (high - low) / 510 or 0.5
        counts, edges = np.histogram(finite, _BINS, range=(low - margin, high + margin))
        shares = 100 * counts / len(finite)
        top = max(top, float(shares.max()))
        axes.stairs(shares, edges, color=colour, label=name, fill=len(names) == 1)
    return top


def _channels(inputs: NDArray[Any]) -> dict[str, str]:
    """Return what to call the values of the last axis that are counted apart, and their colours."""
    if inputs.ndim == 4 and inputs.shape[3] == 3:
        return _COLOURS
    if inputs.ndim == 2 and 1 < inputs.shape[1] <= len(style.PALETTE):
        return {f"feature {i}": style.PALETTE[i] for i in range(inputs.shape[1])}
    return {"all values": style.BLUE}
