"""Summary of a network: shapes, parameters, multiply-adds and kernels, without allocating a weight."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

from nnlab.arrays import Shape
from nnlab.config import Experiment
from nnlab.data import open_source
from nnlab.nn.kernels import convolution
from nnlab.nn.layers import Conv2d, Layer
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


@dataclass(frozen=True)
class KernelChoice:
    """The algorithms that compute one convolution.

    ``place`` is its position in the config's ``network``, such as ``3`` or ``2.body.0``. ``forward`` and
    ``backward`` are algorithms as nnlab.nn.kernels.convolution names them. ``saving`` is the number of
    multiplications in the formula divided by that of the forward algorithm.
    """

    place: str
    input_shape: Shape
    weight_shape: Shape
    forward: str
    backward: str
    saving: float

    def as_json(self) -> dict[str, Any]:
        """Return the fields as plain data."""
        shapes = {name: list(getattr(self, name)) for name in ("input_shape", "weight_shape")}
        return {**vars(self), **shapes}


def kernel_choices(experiment: Experiment, *, input_shape: Shape | None = None) -> list[KernelChoice]:
    """Return the algorithms for each convolution in the network of ``experiment``.

    ``input_shape`` is that of its data set unless given.
    """
    layers = outline_layers(experiment.network, input_shape or open_source(experiment.data).input_shape)
    places = {str(index): layer for index, layer in enumerate(layers)}
    return [_choice(place, layer) for place, layer in _convolutions(places)]


def _convolutions(layers: Mapping[str, Layer]) -> Iterator[tuple[str, Conv2d]]:
    """Yield each convolution among ``layers`` and their parts, with its place, in the order of the config."""
    for place, layer in layers.items():
        if isinstance(layer, Conv2d):
            yield place, layer
        yield from _convolutions({f"{place}.{name}": part for name, part in layer.parts.items()})


def _choice(place: str, layer: Conv2d) -> KernelChoice:
    weight = layer.params["weight"].shape
    shape = layer.windows, *weight[2:]
    forward, backward = convolution.choice(*shape), convolution.choice_backward(*shape)
    if place == "0":  # the inputs of the network need no gradient
        backward = f"{'taps' if forward == 'taps' else 'patches'}, weight only"
    return KernelChoice(place, layer.input_shape, weight, forward, backward, convolution.saving(*shape))
