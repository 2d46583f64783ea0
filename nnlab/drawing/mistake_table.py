"""Misclassified examples that are neither images nor points, as a table."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from nnlab.drawing import style
from nnlab.drawing.mistakes import Mistakes

_ROW = 0.17  # inches
_COLUMNS = (  # heading, left edge or right edge in inches, alignment
    ("example", 0.75, "right"),
    ("true class", 0.95, "left"),
    ("probability", 3.3, "right"),
    ("predicted class", 3.5, "left"),
    ("probability", 5.85, "right"),
    ("loss (nats)", 6.7, "right"),
)
_NAME_ROOM = 115.0  # points


@style.styled()
def mistake_table(mistakes: Mistakes, class_names: Sequence[str], *, title: str = "") -> Figure:
    """Return a row for each of the ``mistakes``: number, both classes with their probabilities, loss."""
    names = style.distinct(class_names, _NAME_ROOM, style.TICK)
    rows = len(mistakes.indices)
    figure = style.page(style.PAGE, _ROW * (rows + 2), title, mistakes.note)
    top = _ROW * (rows + 1)
    for heading, x, align in _COLUMNS:
        figure.text(x / style.PAGE, top / figure.get_figheight(), heading, ha=align, va="center", weight="bold")
    for row in range(rows):
        true, predicted = (float(each) for each in mistakes.probabilities[row])
        cells = (
            str(mistakes.indices[row]),
            style.plain(names[mistakes.labels[row]]),
            style.percent(true),
            style.plain(names[mistakes.predicted[row]]),
            style.percent(predicted),
            f"{mistakes.losses[row]:.3g}",
        )
        y = (top - (row + 1) * _ROW) / figure.get_figheight()
        for cell, (_, x, align) in zip(cells, _COLUMNS, strict=True):
            figure.text(x / style.PAGE, y, cell, ha=align, va="center", fontsize=style.TICK)
    return figure
