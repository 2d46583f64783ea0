"""Layers made of other layers."""

from collections.abc import Mapping

from nnlab.arrays import Array, Named, Shape
from nnlab.nn.layers.base import Layer


class Composite(Layer):
    """A layer with other layers inside, its ``parts``.

    Parameters, state and streams of the parts are those of the layer, as ``part.name``.
    """

    def __init__(self, input_shape: Shape, output_shape: Shape, parts: Mapping[str, Layer]) -> None:
        super().__init__(input_shape, output_shape)
        self.parts = dict(parts)
        self.params = self._collected({part: layer.params for part, layer in self.parts.items()})
        self.state = self._collected({part: layer.state for part, layer in self.parts.items()})
        for part, layer in self.parts.items():
            self.streams |= {f"{part}.{name}": stream for name, stream in layer.streams.items()}

    def bind(self, params: Mapping[str, Array]) -> None:
        super().bind(params)
        for part, layer in self.parts.items():
            layer.bind({name: params[f"{part}.{name}"] for name in layer.params})

    @staticmethod
    def _collected(tables: Mapping[str, Named]) -> Named:
        """Return the arrays of all parts, given those of each, as ``part.name``."""
        return {f"{part}.{name}": array for part, table in tables.items() for name, array in table.items()}

    @property
    def multiply_adds(self) -> int:
        return sum(layer.multiply_adds for layer in self.parts.values())
