"""Residual connection."""

from typing import Annotated, Any

from pydantic import Field

from nnlab.arrays import Array, Named, Rng, Shape
from nnlab.nn.layers.branches import LayerSpec, build, build_branch, check_shapes
from nnlab.nn.layers.chain import Chain
from nnlab.nn.layers.composite import Composite
from nnlab.registry import LAYERS


@LAYERS.register("residual")
class Residual(Composite):
    """Layers in a row and a shortcut, ``y = body(x) + projection(x)``; without a projection ``body(x) + x``.

    Shapes: x (N, *input_shape), y of the shape in which body and projection agree. Gradient: the sum of
    the gradients through both. Parameters and state keep their names after ``body.0.``, ``body.1.``, ... and
    ``projection.``. Raises OptionError if the two shapes differ or a layer does not fit.
    He, Zhang, Ren and Sun (2015), arXiv:1512.03385. Derivation: docs/layers/composite.md.

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
        self.body = build_branch(body, input_shape, streams, "body")
        shape = self.body[-1].output_shape
        self.projection = build(projection, input_shape, last, "projection") if projection else None
        check_shapes(input_shape, shape, self.projection)
        self._chain = Chain(self.body)
        parts = {f"body.{i}": layer for i, layer in enumerate(self.body)}
        if self.projection:
            parts["projection"] = self.projection
        super().__init__(input_shape, shape, parts)

    def predict(self, x: Array) -> Array:
        return self._chain.predict(x) + (self.projection.predict(x) if self.projection else x)

    def forward(self, x: Array) -> tuple[Array, tuple[Any, Any]]:
        y, body_cache = self._chain.forward(x)
        shortcut, cache = self.projection.forward(x) if self.projection else (x, None)
        return y + shortcut, (body_cache, cache)

    def backward(self, grad_y: Array, cache: tuple[Any, Any]) -> tuple[Array, Named]:
        grad_x, grads = self._chain.backward(grad_y, cache[0])
        shortcut, last = self.projection.backward(grad_y, cache[1]) if self.projection else (grad_y, {})
        named = dict(zip(self.parts, [*grads, last], strict=False))  # without a projection, ``last`` has no part
        return grad_x + shortcut, self._collected(named)
