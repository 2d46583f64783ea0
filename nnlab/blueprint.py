"""What a config describes, checked and counted without allocating a weight."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

from nnlab.arrays import Shape
from nnlab.config import Document, Experiment, read_document, validate
from nnlab.data import Source
from nnlab.errors import ConfigError, Problem
from nnlab.fitting import Fitting
from nnlab.layers import Layer
from nnlab.network import outline_layers
from nnlab.registry import DATASETS

_BYTES = 4  # of a float32
_TOLD = 50  # problems of one config; nobody reads more at once


@dataclass(frozen=True)
class LayerRow:
    """One line of a summary: counts of numbers, and multiply-adds for one example."""

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
class Blueprint:
    """The network of a config: its layers' shapes and counts."""

    name: str
    input_shape: Shape
    class_names: tuple[str, ...]
    batch_size: int
    rows: tuple[LayerRow, ...]

    @cached_property
    def total_parameters(self) -> int:
        """All trained numbers."""
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
        """Memory of a batch's input and of every layer's output and its gradient, float32."""
        values = prod(self.input_shape) + sum(prod(row.output_shape) for row in self.rows)
        return 2 * _BYTES * self.batch_size * values

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
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


def blueprint(experiment: Experiment) -> Blueprint:
    """Return the shapes and counts of the network that ``experiment`` describes."""
    source: Source = DATASETS.build(experiment.data)
    layers = outline_layers(experiment.network, source.input_shape)
    rows = [_row(spec.type, layer) for spec, layer in zip(experiment.network, layers, strict=True)]
    return Blueprint(
        experiment.name, source.input_shape, source.class_names, experiment.training.batch_size, tuple(rows)
    )


def _row(name: str, layer: Layer) -> LayerRow:
    sizes = {key: param.size for key, param in layer.params.items()}
    biases = sum(size for key, size in sizes.items() if key.rpartition(".")[2] in {"bias", "shift"})
    return LayerRow(name, layer.output_shape, sum(sizes.values()) - biases, biases, layer.multiply_adds)


def load_config(path: str | Path, overrides: str | Sequence[str] = ()) -> Experiment:
    """Return the experiment that the YAML file at ``path`` describes, ``overrides`` (KEY=VALUE) applied.

    Raises as ``read_experiment`` does.
    """
    overrides = (overrides,) if isinstance(overrides, str) else tuple(overrides)
    return read_experiment(read_document(Path(path), overrides))


def read_experiment(document: Document) -> Experiment:
    """Return the experiment that ``document`` describes.

    Raises ConfigError with every problem at once, each with its place: unknown, missing and duplicate keys,
    values of the wrong type, layers that do not fit their input. Raises DataError if there is none, but the
    user's own data cannot be read.
    """
    reading = validate(document, Experiment)
    fitting = Fitting(reading)
    problems = dict.fromkeys([*reading.problems, *fitting.check()])
    if problems or reading.value is None:
        order = sorted(problems, key=lambda problem: (problem.source, problem.line, problem.column))
        more = [Problem("and more problems like these", document.root.place.source)] if len(order) > _TOLD else []
        raise ConfigError([*order[:_TOLD], *more])
    if fitting.unread:
        raise fitting.unread
    return reading.value
