"""The reliability diagram: whether a network is right as often as it is sure."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nnlab.drawing import style
from nnlab.evaluation import Calibration, wilson


@style.styled()
def calibration(found: Calibration, *, title: str = "") -> Figure:
    """Return the accuracy over the confidence, bin by bin, with 95 % intervals (Wilson's), above the bins' counts.

    DeGroot and Fienberg (1983), doi:10.2307/2987588; Guo et al. (2017), arXiv:1706.04599.
    """
    note = f"expected calibration error {100 * found.error:.2f} %, in {len(found.counts)} bins"
    if found.unknown:
        note = f"examples whose confidence is not a number, left out: {found.unknown:,}"
    figure = style.page(4.4, 4.3, title, note)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    edges = np.linspace(0, 100, len(found.counts) + 1)
    filled = np.flatnonzero(found.counts)
    middles, width = (edges[:-1] + edges[1:])[filled] / 2, edges[1]
    accuracy = 100 * found.accuracy[filled]
    ends = [wilson(int(found.correct[b]), int(found.counts[b])) for b in filled]
    reach = np.abs(100 * np.array(ends).reshape(-1, 2).T - accuracy)
    upper.bar(middles, accuracy, 0.94 * width, color=style.SKY, label="accuracy of the bin")
    upper.plot([0, 100], [0, 100], color=style.VERMILION, linewidth=1, linestyle="--", label="as right as sure")
    if len(filled):
        points = {"fmt": "ko", "markersize": 2.5, "label": "at its mean confidence, with 95 % interval"}
        bars = {"elinewidth": 0.8, "capsize": 2, "clip_on": False}
        upper.errorbar(100 * found.confidence[filled], accuracy, yerr=reach, **points, **bars)
    upper.set(ylabel="accuracy (%)", xlim=(0, 100), ylim=(0, 100))
    lower.bar(middles, found.counts[filled], 0.94 * width, color="0.6")
    lower.set(xlabel="confidence: probability of the predicted class (%)", ylabel="examples")
    most = int(found.counts.max())
    if most > 20 * np.median(found.counts):
        lower.set_yscale("log")
        lower.set(ylim=(0.5, 2 * most), yticks=[10**power for power in range(len(str(most)))])
        lower.minorticks_off()
    else:
        lower.set_ylim(0, 1.2 * max(most, 1))
        lower.yaxis.set_major_locator(MaxNLocator(3, integer=True, min_n_ticks=1))
    lower.yaxis.set_major_formatter("{x:,.0f}")
    figure.legend(*upper.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
