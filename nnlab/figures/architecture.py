"""The network of a config as a diagram."""

from typing import Any

from matplotlib.figure import Figure

from nnlab.drawing.architecture import Block, architecture
from nnlab.figures.entry import FigureEntry, Subject, dimensions
from nnlab.nn.layers import Layer, Residual
from nnlab.nn.network import outline_layers
from nnlab.registry import Spec
from nnlab.summary import summarize


def _draw(subject: Subject) -> Figure:
    config, shape = subject.config, subject.input_shape
    layers = outline_layers(config.network, shape)
    blocks = [_block(f"{i} ", *pair) for i, pair in enumerate(zip(config.network, layers, strict=True))]
    count = len(subject.class_names)
    first = Block("input:", (config.data.type,), dimensions(shape), 0)
    last = Block("loss:", (config.loss.type,), f"{count} class{'es' * (count > 1)}", 0)
    total = sum(param.size for layer in layers for param in layer.params.values())
    return architecture([first, *blocks, last], title=config.name, note=f"{total:,} parameters")


def _block(place: str, spec: Spec, layer: Layer) -> Block:
    """Return the block of ``layer``, which ``spec`` describes; ``place`` comes before its name."""
    size = sum(param.size for param in layer.params.values())
    unchanged = "leaves the shape" if layer.output_shape == layer.input_shape else "changes the shape"
    kind, shape = "trained" if size else unchanged, dimensions(layer.output_shape)
    if not isinstance(layer, Residual):
        return Block(place + spec.type, _options(spec), shape, size, kind)
    options: Any = spec
    body = tuple(_block("", *pair) for pair in zip(options.body, layer.body, strict=True))
    projection = _block("", options.projection, layer.projection) if layer.projection else None
    return Block(place + spec.type, (), shape, size, kind, body, projection)


def _options(spec: Spec) -> tuple[str, ...]:
    """Return the numbers in ``spec`` that differ from the defaults, such as ``filters 16`` and ``kernel 5``."""
    shown = []
    for name, field in type(spec).model_fields.items():
        value = getattr(spec, name)
        if value == field.default or isinstance(value, bool):
            continue
        if isinstance(value, int | float):
            shown.append(f"{name} {value:g}")
        elif isinstance(value, tuple) and all(isinstance(each, int) for each in value):
            shown.append(f"{name} {value[0] if len(set(value)) == 1 else dimensions(value)}")
    return tuple(shown)


def _description(subject: Subject) -> str:
    plan = summarize(subject.config, input_shape=subject.input_shape, class_names=subject.class_names)
    layers = f"{len(plan.rows):,} layers with {plan.total_parameters:,} parameters"
    return f"A diagram of {layers}; the table below lists each with its shape."


ARCHITECTURE = FigureEntry(
    name="architecture",
    section="network",
    summary="Draw the layers of a network in their order, with shapes and parameters.",
    details="The figure of a config goes into the present folder, that of a run into the run.",
    example="nnlab plot architecture configs/mnist.yaml",
    caption="The network, from its input to its loss.",
    description=_description,
    question="Why this network?",
    draw=_draw,
)
