"""Layers inside a layer: their entries in a config, their construction, and the check of their shapes."""

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
