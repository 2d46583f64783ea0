"""Shapes, parameters and multiply-adds of a network, without allocating a weight."""

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

from nnlab.arrays import Shape
from nnlab.config import Experiment
from nnlab.data import open_source
from nnlab.nn.layers import Layer
from nnlab.nn.network import outline_layers

_BYTES = 4  # of a float32


@dataclass(frozen=True)
class LayerRow:
    """One row of a summary: output shape, parameters, and multiply-adds for one example.

    ``biases`` are the parameters that are added, ``weights`` all others, scales included.
    """

    layer: str
    output_shape: Shape
    weights: int
    biases: int
    multiply_adds: int

    @property
    def parameters(self) -> int:
        """Weights and biases together."""
        return self.weights + self.biases


@dataclass(frozen=True)
class NetworkSummary:
    """The network of a config: its layers' shapes and counts."""

    name: str
    input_shape: Shape
    class_names: tuple[str, ...]
    batch_size: int
    rows: tuple[LayerRow, ...]

    @cached_property
    def total_parameters(self) -> int:
        """The number of trained parameters."""
        return sum(row.parameters for row in self.rows)

    @cached_property
    def multiply_adds(self) -> int:
        """Multiply-adds of one example's inference."""
        return sum(row.multiply_adds for row in self.rows)

    @cached_property
    def parameter_bytes(self) -> int:
        """Memory of the parameters and of their gradient, float32."""
        return 2 * _BYTES * self.total_parameters

    @cached_property
    def activation_bytes(self) -> int:
        """Memory of a batch's input, of every layer's output, and of their gradients, float32."""
        values = prod(self.input_shape) + sum(prod(row.output_shape) for row in self.rows)
        return 2 * _BYTES * self.batch_size * values

    def as_json(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        return {
            "name": self.name,
            "input_shape": list(self.input_shape),
            "classes": list(self.class_names),
            "layers": [
                {**vars(row), "output_shape": list(row.output_shape), "parameters": row.parameters}
                for row in self.rows
            ],
            "total_parameters": self.total_parameters,
            "multiply_adds": self.multiply_adds,
            "batch_size": self.batch_size,
            "parameter_bytes": self.parameter_bytes,
            "activation_bytes": self.activation_bytes,
        }


def summarize(
    experiment: Experiment, *, input_shape: Shape | None = None, class_names: tuple[str, ...] | None = None
) -> NetworkSummary:
    """Return the shapes and counts of the network that ``experiment`` describes.

    ``input_shape`` and ``class_names`` are those of its data set unless given.
    """
    if input_shape is None:
        source = open_source(experiment.data)
        input_shape, class_names = source.input_shape, source.class_names
    layers = outline_layers(experiment.network, input_shape)
    rows = [_row(spec.type, layer) for spec, layer in zip(experiment.network, layers, strict=True)]
    return NetworkSummary(
        experiment.name, input_shape, class_names or (), experiment.training.batch_size, tuple(rows)
    )


def _row(name: str, layer: Layer) -> LayerRow:
    sizes = {key: param.size for key, param in layer.params.items()}
    biases = sum(size for key, size in sizes.items() if layer.role(key) == "bias")
    return LayerRow(name, layer.output_shape, sum(sizes.values()) - biases, biases, layer.multiply_adds)
