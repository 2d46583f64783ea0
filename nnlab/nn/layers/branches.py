"""Layers inside a layer: their entries in a config, their construction, and the check of their shapes."""

from collections.abc import Sequence
from typing import Annotated

from nnlab.arrays import Rng, Shape
from nnlab.errors import OptionError
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.image_shapes import dimensions
from nnlab.registry import LAYERS, Spec, SpecOf

LayerSpec = Annotated[Spec, SpecOf(LAYERS)]
"""The entry of one layer in a config."""


def build(spec: Spec, shape: Shape, rng: Rng, place: str) -> Layer:
    """Build a layer of a branch; an OptionError names its option, such as ``body.0.kernel``."""
    try:
        layer: Layer = LAYERS.build(spec, shape, rng)
    except OptionError as error:
        option = f"{place}.{error.option}" if error.option else place
        raise OptionError(str(error), option=option, hint=error.hint) from error
    return layer


def build_branch(specs: Sequence[Spec], shape: Shape, streams: Sequence[Rng], place: str) -> list[Layer]:
    """Build layers in a row, the first for inputs (N, *shape); an OptionError names the place of its layer."""
    layers: list[Layer] = []
    for i, (spec, stream) in enumerate(zip(specs, streams, strict=True)):
        layers.append(build(spec, shape, stream, f"{place}.{i}"))
        shape = layers[-1].output_shape
    return layers


def check_shapes(start: Shape, end: Shape, projection: Layer | None) -> None:
    """Raise OptionError unless a body from shape ``start`` to ``end`` and its shortcut can be added."""
    shortcut = projection.output_shape if projection else start
    if shortcut == end:
        return
    if len(start) == len(end) == 3:
        stride = max(1, round(start[0] / max(1, end[0])))
        fitting = f"{{type: conv2d, filters: {end[2]}, kernel: 1, stride: {stride}}}"
    else:
        fitting = f"{{type: dense, units: {end[0]}}}" if len(end) == 1 else "one that ends in the body's shape"
    whose = "the projection's" if projection else "its input's"
    raise OptionError(
        f"the body's shape {dimensions(end)} is not {whose} {dimensions(shortcut)}, so they cannot be added",
        option="projection" if projection else None,
        hint=f"projection: {fitting}",
    )


def check_joinable(shapes: Sequence[Shape]) -> None:
    """Raise OptionError unless the outputs of branches, of these ``shapes``, can be joined along the last axis."""
    for i, shape in enumerate(shapes):
        if shape[:-1] != shapes[0][:-1]:
            same = "height and width" if len(shape) == len(shapes[0]) == 3 else "all axes but the last"
            raise OptionError(
                f"the branch's shape {dimensions(shape)} and the first one's {dimensions(shapes[0])} differ in "
                "more than their channels, so they cannot be joined",
                option=f"branches.{i}",
                hint=f"give both the same {same}, for example by padding: same and the same strides",
            )
