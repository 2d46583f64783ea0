"""The misclassified examples that a figure shows, as plain arrays."""

from dataclasses import dataclass

from matplotlib.figure import Figure

from nnlab.arrays import Array, Labels
from nnlab.drawing import style


@dataclass(frozen=True)
class Mistakes:
    """Some of the ``count`` misclassified among ``examples`` examples, the largest loss first.

    Shapes: indices (S,) of the examples, their true classes ``labels`` (S,), the ``predicted`` classes (S,), the
    probabilities of both (S, 2), 0-1, and losses (S,) in nats, called ``loss_name``.
    """

    indices: Labels
    labels: Labels
    predicted: Labels
    probabilities: Array
    losses: Array
    count: int
    examples: int
    loss_name: str = "loss"

    @property
    def note(self) -> str:
        """Which mistakes these are, for the head of a figure."""
        shown = f"{len(self.indices):,} of {self.count:,} mistakes in {self.examples:,} examples"
        return f"largest {self.loss_name} first, {shown}"


@style.styled()
def no_mistakes(examples: int, *, title: str = "") -> Figure:
    """Return a figure that states that all ``examples`` were classified correctly."""
    figure = style.sheet(style.COLUMN, 0.6, title)
    figure.text(0.5, 0.35, f"no mistakes in {examples:,} examples", ha="center", va="center")
    return figure
