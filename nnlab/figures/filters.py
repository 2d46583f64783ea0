"""The weights of the first layer of a network."""

from matplotlib.figure import Figure

from nnlab.drawing.filters import filters
from nnlab.errors import RunError
from nnlab.figures.entry import FigureEntry, Subject
from nnlab.nn.network import outline_layers


def _draw(subject: Subject) -> Figure:
    first = subject.run.network(subject.checkpoint).first_weight
    if first is None:
        raise RunError(without_weights(subject) or "")
    weight, input_shape = first
    return filters(weight, input_shape, title=f"{subject.config.name}, weights of the first layer")


def without_weights(subject: Subject) -> str | None:
    """Return the reason why there are no weights to draw, None if there are some."""
    layers = outline_layers(subject.config.network, subject.input_shape)
    if any(param.ndim > 1 for layer in layers for param in layer.params.values()):
        return None
    return f"no layer of {subject.run.name} has weights to draw"


FILTERS = FigureEntry(
    name="filters",
    section="insides",
    summary="Draw the weights of the first layer as images.",
    example="nnlab plot filters latest",
    needs=frozenset({"checkpoint"}),
    applies=without_weights,
    caption="The weights of the first layer that has some, on one scale.",
    description="The weights of the first layer, drawn as images.",
    question="What does the first layer respond to?",
    vector=False,
    draw=_draw,
)
