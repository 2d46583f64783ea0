"""Mistakes among examples that cannot be drawn."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from nnlab.arrays import Labels
from nnlab.drawing import style
from nnlab.evaluation import Predictions

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
def mistake_table(
    predictions: Predictions, shown: Labels, class_names: Sequence[str], *, title: str = "", note: str = ""
) -> Figure:
    """Return a table of the examples ``shown`` (S,): number, both classes with their probabilities, loss."""
    names = style.distinct(class_names, _NAME_ROOM, style.TICK)
    height = _ROW * (len(shown) + 2)
    figure = style.page(style.PAGE, height, title, note)
    top = _ROW * (len(shown) + 1)
    for heading, x, align in _COLUMNS:
        figure.text(x / style.PAGE, top / figure.get_figheight(), heading, ha=align, va="center", weight="bold")
    for row, example in enumerate(shown, start=1):
        true, predicted = int(predictions.labels[example]), int(predictions.predicted[example])
        probabilities = predictions.probabilities[example]
        cells = (
            str(example),
            style.plain(names[true]),
            style.percent(float(probabilities[true])),
            style.plain(names[predicted]),
            style.percent(float(probabilities[predicted])),
            f"{predictions.losses[example]:.3g}",
        )
        y = (top - row * _ROW) / figure.get_figheight()
        for cell, (_, x, align) in zip(cells, _COLUMNS, strict=True):
            figure.text(x / style.PAGE, y, cell, ha=align, va="center", fontsize=style.TICK)
    return figure
