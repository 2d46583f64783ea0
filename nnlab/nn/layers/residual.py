"""Residual connection."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.branches import LayerSpec, build, check_shapes
from nnlab.nn.layers.chain import Chain
from nnlab.registry import LAYERS


@LAYERS.register("residual")
class Residual(Layer):
    """Layers in a row and a shortcut, ``y = body(x) + projection(x)``; without a projection ``body(x) + x``.

    Shapes: x (N, *input_shape), y of the shape in which body and projection agree. Gradient: the sum of
    the gradients through both. Parameters and state keep their names after ``body.0.``, ``body.1.``, ... and
    ``projection.``. Raises OptionError if the two shapes differ or a layer does not fit.
    He, Zhang, Ren and Sun (2015), arXiv:1512.03385. Derivation: docs/layers/residual.md.

    Options:
        body: The layers that the shortcut goes around.
        projection: A layer in the shortcut, where the body changes the shape; null: the input itself.
    """

    def __init__(
        self,
        input_shape: Shape,
        rng: Rng,
        *,
        body: Annotated[tuple[LayerSpec, ...], Field(min_length=1)],
        projection: LayerSpec | None = None,
    ) -> None:
        *streams, last = rng.spawn(len(body) + 1)
        self.body: list[Layer] = []
        shape = input_shape
        for i, (spec, stream) in enumerate(zip(body, streams, strict=True)):
            self.body.append(build(spec, shape, stream, f"body.{i}"))
            shape = self.body[-1].output_shape
        self.projection = build(projection, input_shape, last, "projection") if projection else None
        check_shapes(input_shape, shape, self.projection)
        self._chain = Chain(self.body)
        super().__init__(input_shape, output_shape=shape)
        self.parts = {f"body.{i}": layer for i, layer in enumerate(self.body)}
        if self.projection:
            self.parts["projection"] = self.projection
        for prefix, layer in self.parts.items():
            self.params |= {f"{prefix}.{name}": array for name, array in layer.params.items()}
            self.state |= {f"{prefix}.{name}": array for name, array in layer.state.items()}
            self.streams |= {f"{prefix}.{name}": stream for name, stream in layer.streams.items()}

    def bind(self, params: Mapping[str, Array]) -> None:
        super().bind(params)
        for prefix, layer in self.parts.items():
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
        parts = zip(self.parts, [*grads, last], strict=False)  # without a projection, ``last`` has no part
        return grad_x + shortcut, {f"{prefix}.{name}": g for prefix, named in parts for name, g in named.items()}

    @property
    def multiply_adds(self) -> int:
        return sum(layer.multiply_adds for layer in self.parts.values())
