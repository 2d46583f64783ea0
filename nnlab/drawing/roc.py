"""ROC curves: recall against fall-out as the threshold falls."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from nnlab.drawing import style
from nnlab.drawing.class_curves import ClassCurve, class_curves


@style.styled()
def roc(curves: Sequence[ClassCurve], class_names: Sequence[str], *, mean_area: float, title: str = "") -> Figure:
    """Return the ROC curve of each class against the rest, above the diagonal of random scores.

    Shapes: x of a curve is the false positive rate, y the true positive rate (P,), 0-1. ``mean_area`` (0-1) is the
    mean of the areas, each class counting the same. Fawcett (2006), doi:10.1016/j.patrec.2005.10.010.
    """
    figure, axes = class_curves(
        curves,
        class_names,
        axes_names=("false positive rate (%)", "true positive rate (%)"),
        title=title,
        note=f"mean area under the curves {mean_area:.4f}; dotted: random scores",
    )
    axes.plot([0, 100], [0, 100], color="0.4", linestyle=":", linewidth=0.9, zorder=0)
    return figure
