"""The reliability diagram: accuracy against confidence."""

from math import isnan

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from nnlab.arrays import Array
from nnlab.drawing import style


@style.styled()
def calibration(
    counts: NDArray[np.int64],
    accuracy: Array,
    confidence: Array,
    intervals: Array,
    *,
    error: float,
    unknown: int = 0,
    title: str = "",
) -> Figure:
    """Return the accuracy over the confidence, bin by bin, with its intervals, above the counts of the bins.

    Shapes: counts (B,) of examples in bins of equal width, accuracy and mean confidence (B,) in each, 0-1,
    intervals (B, 2), 0-1. ``error`` is the expected calibration error (0-1), NaN if it is not known; ``unknown``
    examples, whose confidence is not a number, are in no bin.

    DeGroot and Fienberg (1983), doi:10.2307/2987588; Guo et al. (2017), arXiv:1706.04599.
    """
    note = "" if isnan(error) else f"expected calibration error {100 * error:.2f} %, in {len(counts)} bins"
    if unknown:
        note = f"examples whose confidence is not a number, left out: {unknown:,}"
    figure = style.page(4.4, 4.3, title, note)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    edges = np.linspace(0, 100, len(counts) + 1)
    filled = np.flatnonzero(counts)
    middles, width = (edges[:-1] + edges[1:])[filled] / 2, edges[1]
    heights = 100 * accuracy[filled]
    reach = np.abs(100 * intervals[filled].T - heights)
    upper.bar(middles, heights, 0.94 * width, color=style.SKY, label="accuracy of the bin")
    upper.plot([0, 100], [0, 100], color=style.VERMILION, linewidth=1, linestyle="--", label="perfect calibration")
    if len(filled):
        points = {"fmt": "ko", "markersize": 2.5, "label": "at its mean confidence, with 95 % interval"}
        bars = {"elinewidth": 0.8, "capsize": 2, "clip_on": False}
        upper.errorbar(100 * confidence[filled], heights, yerr=reach, **points, **bars)
    upper.set(ylabel="accuracy (%)", xlim=(0, 100), ylim=(0, 100))
    lower.bar(middles, counts[filled], 0.94 * width, color="0.6")
    lower.set(xlabel="confidence: probability of the predicted class (%)", ylabel="examples")
    most = int(counts.max())
    if most > 20 * np.median(counts):
        lower.set_yscale("log")
        lower.set(ylim=(0.5, 2 * most), yticks=[10**power for power in range(len(str(most)))])
        lower.minorticks_off()
    else:
        lower.set_ylim(0, 1.2 * max(most, 1))
        lower.yaxis.set_major_locator(MaxNLocator(3, integer=True, min_n_ticks=1))
    lower.yaxis.set_major_formatter("{x:,.0f}")
    figure.legend(*upper.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
