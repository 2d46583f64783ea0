"""The network of a config as a diagram."""

from dataclasses import replace
from typing import Any

from matplotlib.figure import Figure

from nnlab.drawing.architecture import Block, architecture
from nnlab.figures.entry import FigureEntry, Subject, dimensions
from nnlab.nn.layers import Concat, Layer, Residual
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
    name, options = place + spec.type, _options(spec)
    inside: Any = spec
    if isinstance(layer, Residual):
        body = tuple(_block("", *pair) for pair in zip(inside.body, layer.body, strict=True))
        projection = _block("", inside.projection, layer.projection) if layer.projection else None
        return Block(name, (), shape, size, kind, body, projection)
    if isinstance(layer, Concat):
        rows = zip(inside.branches, layer.branches, strict=True)
        branches = tuple(tuple(_flat(*pair) for pair in zip(*row, strict=True)) for row in rows)
        return Block(name, (), shape, size, kind, branches=branches)
    return Block(name, options, shape, size, kind)


def _flat(spec: Spec, layer: Layer) -> Block:
    """Return the block of a layer in a branch, where there is no room for the layers inside it."""
    return replace(_block("", spec, layer), body=(), projection=None, branches=())


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
