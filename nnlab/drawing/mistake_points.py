"""Misclassified examples of two features, as points among the others."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nnlab.arrays import Labels
from nnlab.drawing import style
from nnlab.drawing.mistakes import Mistakes

_MOST_POINTS = 5000


@style.styled()
def mistake_points(
    inputs: NDArray[Any],
    labels: Labels,
    wrong: NDArray[np.bool_],
    mistakes: Mistakes,
    class_names: Sequence[str],
    *,
    title: str = "",
) -> Figure:
    """Return all examples as points: mistakes in the colour of their true class, those in ``mistakes`` circled.

    Shapes: inputs (N, 2), labels (N,), wrong (N,). Of each colour the first 5,000 are drawn, and what is circled;
    the legend gives the total.
    """
    shown = mistakes.indices
    groups = [("right", ~wrong, "0.8"), *_mistakes(labels, wrong, class_names)]
    figure = style.page(5.0, 3.8 + 0.16 * len(groups), title, mistakes.note)
    axes = figure.add_subplot(xlabel="feature 0", ylabel="feature 1")
    for label, mask, colour in groups:
        indices = np.flatnonzero(mask)
        drawn = inputs[np.union1d(indices[:_MOST_POINTS], shown[mask[shown]])]
        extent = f"{len(indices):,}" if len(drawn) == len(indices) else f"{len(drawn):,} of {len(indices):,}"
        axes.scatter(
            drawn[:, 0], drawn[:, 1], s=6, color=colour, linewidths=0, label=f"{label} ({extent})", rasterized=True
        )
    circle = f"largest losses ({len(shown):,})"
    axes.scatter(
        inputs[shown, 0],
        inputs[shown, 1],
        s=24,
        facecolors="none",
        edgecolors="black",
        linewidths=0.7,
        label=circle,
    )
    figure.legend(loc="outside lower center")
    return figure


def _mistakes(
    labels: Labels, wrong: NDArray[np.bool_], class_names: Sequence[str]
) -> Iterator[tuple[str, NDArray[np.bool_], str]]:
    """Yield the mistakes of each true class: the name of the group, its members, its colour."""
    if len(class_names) > len(style.PALETTE):
        yield "mistakes", wrong, style.VERMILION
        return
    names = style.distinct(class_names, 110, style.TICK)
    for number, (name, colour) in enumerate(zip(names, style.PALETTE, strict=False)):
        yield f"mistakes, truly {style.plain(name)}", wrong & (labels == number), colour
