"""Precision-recall curves: precision against recall as the threshold falls."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from nnlab.drawing import style
from nnlab.drawing.class_curves import ClassCurve, class_curves


@style.styled()
def precision_recall(
    curves: Sequence[ClassCurve],
    class_names: Sequence[str],
    *,
    mean_area: float,
    shares: tuple[float, float],
    title: str = "",
) -> Figure:
    """Return the precision-recall curve of each class against the rest, as steps.

    Shapes: x of a curve is the recall, y the precision (P,), 0-1. ``mean_area`` (0-1) is the mean of the average
    precisions, each class counting the same. ``shares`` are the smallest and largest share of the examples that
    a class has: the precision of random scores, which a dotted line or band marks.
    """
    low, high = shares
    figure, axes = class_curves(
        curves,
        class_names,
        axes_names=("recall (%)", "precision (%)"),
        drawstyle="steps-pre",
        title=title,
        note=f"average precision, mean over the classes {mean_area:.4f}; dotted: random scores",
    )
    axes.axhspan(100 * low, 100 * high, color="0.4", alpha=0.1, linewidth=0, zorder=0)
    for share in dict.fromkeys(shares):
        axes.axhline(100 * share, color="0.4", linestyle=":", linewidth=0.9, zorder=0)
    return figure
