"""Examples of two features as points, before and after normalization."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from nnlab.arrays import Array, Labels
from nnlab.drawing import style

_MOST_POINTS = 4000


@style.styled()
def points(
    raw: Array, normalized: Array, labels: Labels, class_names: Sequence[str], *, title: str = ""
) -> Figure:
    """Return the examples as points in the colours of their classes, raw and normalized.

    Shapes: raw and normalized (N, 2), labels (N,). The first 4,000 are drawn, so that single points can be
    seen; a note says of how many. Classes from the seventh on share a colour.
    """
    drawn = min(len(labels), _MOST_POINTS)
    note = f"{drawn:,} of {len(labels):,} examples" if drawn < len(labels) else ""
    names = [style.plain(name) for name in style.distinct(class_names, 100, style.TICK)]
    most = len(style.PALETTE)
    if len(names) > most:
        names = [*names[: most - 1], f"the other {len(names) - most + 1} classes"]
    size = 4 if drawn > 500 else 16
    columns = style.columns(names, style.PAGE)
    figure = style.page(style.PAGE, 3.6 + 0.16 * -(-len(names) // columns), title, note)
    colours = np.minimum(labels[:drawn], len(names) - 1)
    for axes, each, when in zip(figure.subplots(1, 2), (raw, normalized), ("before", "after"), strict=True):
        axes.set(title=f"{when} normalization", xlabel="feature 0", ylabel="feature 1")
        for label, name in enumerate(names):
            x, y = each[:drawn][colours == label].T
            axes.scatter(x, y, s=size, color=style.PALETTE[label], linewidths=0, label=name, rasterized=True)
    handles = axes.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=columns, markerscale=2)
    return figure
