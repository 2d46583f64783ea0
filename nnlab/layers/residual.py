"""Residual connection."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.errors import OptionError
from nnlab.layers.base import Layer
from nnlab.layers.chain import Chain
from nnlab.layers.images import dimensions
from nnlab.registry import LAYERS, Spec, SpecOf

Entry = Annotated[Spec, SpecOf(LAYERS)]


@LAYERS.register("residual")
class Residual(Layer):
    """A row of layers and a way around it, ``y = body(x) + projection(x)``; without a projection ``body(x) + x``.

    Shapes: x (N, *input_shape), y as the body and the projection both make it. Gradient: the sum of those
    through the body and through the projection. Parameters and state keep their names after ``body.0.``,
    ``body.1.``, ... and ``projection.``. Raises OptionError if the two shapes differ or a layer does not fit.
    He, Zhang, Ren and Sun (2015), arXiv:1512.03385. Derivation: docs/layers/residual.md.
    """

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,
        *,
        body: Annotated[tuple[Entry, ...], Field(min_length=1)],
        projection: Entry | None = None,
    ) -> None:
        *streams, last = rng.spawn(len(body) + 1)
        self.body: list[Layer] = []
        shape = input_shape
        for i, (spec, stream) in enumerate(zip(body, streams, strict=True)):
            self.body.append(_build(spec, shape, stream, f"body.{i}"))
            shape = self.body[-1].output_shape
        self.projection = _build(projection, input_shape, last, "projection") if projection else None
        _check_shapes(input_shape, shape, self.projection)
        self._chain = Chain(self.body)
        super().__init__(input_shape, output_shape=shape)
        for prefix, layer in self._parts.items():
            self.params |= {f"{prefix}.{name}": array for name, array in layer.params.items()}
            self.state |= {f"{prefix}.{name}": array for name, array in layer.state.items()}
            self.streams |= {f"{prefix}.{name}": stream for name, stream in layer.streams.items()}

    @property
    def _parts(self) -> dict[str, Layer]:
        parts = {f"body.{i}": layer for i, layer in enumerate(self.body)}
        return parts | ({"projection": self.projection} if self.projection else {})

    def bind(self, params: Mapping[str, Array]) -> None:
        super().bind(params)
        for prefix, layer in self._parts.items():
            layer.bind({name: params[f"{prefix}.{name}"] for name in layer.params})

    def predict(self, x: Array) -> Array:
        return self._chain.predict(x) + (self.projection.predict(x) if self.projection else x)

    def forward(self, x: Array) -> tuple[Array, tuple[Any, Any]]:
        y, body_cache = self._chain.forward(x)
        shortcut, cache = self.projection.forward(x) if self.projection else (x, None)
        return y + shortcut, (body_cache, cache)

    def backward(self, grad_y: Array, cache: tuple[Any, Any]) -> tuple[Array, Named]:
        grad_x, grads = self._chain.backward(grad_y, cache[0])
        shortcut, last = self.projection.backward(grad_y, cache[1]) if self.projection else (grad_y, {})
        parts = zip(self._parts, [*grads, last], strict=False)  # the last may have no part
        return grad_x + shortcut, {f"{prefix}.{name}": g for prefix, named in parts for name, g in named.items()}

    @property
    def multiply_adds(self) -> int:
        return sum(layer.multiply_adds for layer in self._parts.values())


def _build(spec: Spec, shape: Shape, rng: Rng, place: str) -> Layer:
    """Build a layer of the block; an OptionError names its place, such as ``body.0.kernel``."""
    try:
        layer: Layer = LAYERS.build(spec, shape, rng)
    except OptionError as error:
        option = f"{place}.{error.option}" if error.option else place
        raise OptionError(str(error), option=option, hint=error.hint) from error
    return layer


def _check_shapes(start: Shape, end: Shape, projection: Layer | None) -> None:
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
