"""The layers inside a layer: how a config names them, and whether their shapes meet."""

from typing import Annotated

from nnlab.arrays import Rng, Shape
from nnlab.errors import OptionError
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.images import dimensions
from nnlab.registry import LAYERS, Spec, SpecOf

Entry = Annotated[Spec, SpecOf(LAYERS)]
"""One layer of a branch, as a config has it."""


def build(spec: Spec, shape: Shape, rng: Rng, place: str) -> Layer:
    """Build a layer of the block; an OptionError names its place, such as ``body.0.kernel``."""
    try:
        layer: Layer = LAYERS.build(spec, shape, rng)
    except OptionError as error:
        option = f"{place}.{error.option}" if error.option else place
        raise OptionError(str(error), option=option, hint=error.hint) from error
    return layer


def check_shapes(start: Shape, end: Shape, projection: Layer | None) -> None:
    """Raise OptionError unless a body from shape ``start`` to ``end`` and the way around it can be added."""
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
