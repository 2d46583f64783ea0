"""What a config describes, checked and counted without allocating a weight."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from nnlab.arrays import Shape
from nnlab.config import DataSpec, Document, Experiment, dotted, read_document, validate, validate_entry
from nnlab.config.nodes import Sequence as Items
from nnlab.data import Source
from nnlab.errors import ConfigError, OptionError, Problem
from nnlab.layers import Layer
from nnlab.losses import Loss
from nnlab.network import outline_layer
from nnlab.registry import DATASETS, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, Registry, Spec, SpecOf

_BYTES = 4  # of a float32


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
    shape = source.input_shape
    rows = []
    for spec in experiment.network:
        layer = outline_layer(spec, shape)
        shape = layer.output_shape
        rows.append(_row(spec.type, layer))
    return Blueprint(
        experiment.name, source.input_shape, source.class_names, experiment.training.batch_size, tuple(rows)
    )


def _row(name: str, layer: Layer) -> LayerRow:
    sizes = {key: param.size for key, param in layer.params.items()}
    biases = sum(size for key, size in sizes.items() if key.rpartition(".")[2] in {"bias", "shift"})
    return LayerRow(name, layer.output_shape, sum(sizes.values()) - biases, biases, layer.multiply_adds)


def load_config(path: str | Path, overrides: str | Sequence[str] = ()) -> Experiment:
    """Return the experiment that the YAML file at ``path`` describes, ``overrides`` (KEY=VALUE) applied.

    Raises ConfigError with every problem of the file at once, each with its place: unknown, missing and
    duplicate keys, values of the wrong type, layers that do not fit their input.
    """
    document = read_document(Path(path), (overrides,) if isinstance(overrides, str) else tuple(overrides))
    experiment, problems = validate(document, Experiment)
    problems = [*document.problems, *problems, *_misfits(document, experiment)]
    if problems or experiment is None:
        order = sorted(problems, key=lambda problem: (problem.source, problem.line, problem.column))
        raise ConfigError(dict.fromkeys(order))
    return experiment


def _misfits(document: Document, experiment: Experiment | None) -> list[Problem]:
    """Return what does not fit together, as far as the entries of ``document`` are valid by themselves."""
    problems: list[Problem] = []
    data = _entry(document, experiment, "data", DATASETS, DataSpec)
    source: Source | None = _attempt(document, problems, ("data",), DATASETS.build, data)
    shape = source.input_shape if source else None
    shape = _layer_misfits(document, problems, shape)
    loss_spec = _entry(document, experiment, "loss", LOSSES)
    loss: Loss | None = _attempt(document, problems, ("loss",), LOSSES.build, loss_spec)
    if loss and shape and source:
        try:
            loss.check(shape, len(source.class_names))
        except OptionError as error:
            nodes, _ = document.at("network")
            last = len(nodes.items) - 1 if isinstance(nodes, Items) else 0
            problems.append(_located(document, ("network", last), error))
    optimizer = _entry(document, experiment, "optimizer", OPTIMIZERS)
    _attempt(document, problems, ("optimizer",), OPTIMIZERS.build, optimizer, np.zeros(1), np.ones(1, bool))
    schedule = _entry(document, experiment, "schedule", SCHEDULES)
    _attempt(document, problems, ("schedule",), SCHEDULES.build, schedule)
    if experiment is not None:
        problems.extend(_unevaluated(document, experiment))
    return problems


def _layer_misfits(document: Document, problems: list[Problem], shape: Shape | None) -> Shape | None:
    """Append what is wrong with the layers' shapes to ``problems``; return the output shape, if known."""
    nodes, _ = document.at("network")
    for index, node in enumerate(nodes.items if isinstance(nodes, Items) else ()):
        spec = validate_entry(Annotated[Spec, SpecOf(LAYERS)], LAYERS, node)
        if spec is not None and shape is None and spec.type == "dense":
            shape = (1,)  # whatever comes in, what goes out is known
        layer = _attempt(document, problems, ("network", index), outline_layer, spec, shape) if shape else None
        shape = layer.output_shape if layer else None
    return shape


def _unevaluated(document: Document, experiment: Experiment) -> list[Problem]:
    """Return what asks for validation data that is not there."""
    training = experiment.training
    if experiment.data.validation or training.evaluate_on == "test":
        return []
    wanting = [key for key in ("early_stopping", "evaluate_every") if getattr(training, key) is not None]
    return [
        document.key("training", key).problem(
            f"training.{key}: there is no validation data to evaluate on", "data.validation: 1000 holds some out"
        )
        for key in wanting
    ]


def _entry(
    document: Document, experiment: Experiment | None, key: str, registry: Registry, base: type[Spec] = Spec
) -> Any:
    """Return the entry ``key``, also of a config that is not valid as a whole; None if it is not valid itself."""
    if experiment is not None:
        return getattr(experiment, key)
    if key not in document.root.entries:
        return None
    return validate_entry(Annotated[base, SpecOf(registry)], registry, document.root.entries[key].node)


def _attempt(
    document: Document, problems: list[Problem], path: tuple[str | int, ...], make: Any, *args: Any
) -> Any:
    """Return ``make(*args)``, or None after an OptionError, which becomes a problem at ``path``."""
    if args[0] is None:
        return None
    try:
        return make(*args)
    except OptionError as error:
        problems.append(_located(document, path, error))
        return None


def _located(document: Document, path: tuple[str | int, ...], error: OptionError) -> Problem:
    """Return ``error`` as a problem at its option, or at the type of the component at ``path``."""
    steps = [int(step) if step.isdecimal() else step for step in (error.option or "type").split(".")]
    node, place = document.at(*path)
    target, target_place = document.at(*path, *steps)
    place = target_place if target is not node else place
    name = dotted((*path, *steps)) if error.option else dotted(path)
    return place.problem(f"{name}: {error}", error.hint)
