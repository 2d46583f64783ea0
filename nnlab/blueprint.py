"""What a config describes, checked and counted without allocating a weight."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from nnlab.arrays import Shape
from nnlab.config import DataSpec, Document, Experiment, Reading, Training, read_document, validate, validate_entry
from nnlab.config.messages import subject, words
from nnlab.config.nodes import Mapping
from nnlab.config.nodes import Sequence as Items
from nnlab.config.spots import Entries, dotted
from nnlab.config.spots import Path as Steps
from nnlab.data import Source
from nnlab.data.augmentation import build_augmentations
from nnlab.errors import ConfigError, DataError, OptionError, Problem
from nnlab.layers import Layer
from nnlab.losses import Loss
from nnlab.network import outline_layer, outline_layers
from nnlab.registry import DATASETS, INITIALIZERS, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, Spec, SpecOf

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
    fitting = _Fitting(reading)
    problems = dict.fromkeys([*reading.problems, *fitting.check()])
    if problems or reading.value is None:
        order = sorted(problems, key=lambda problem: (problem.source, problem.line, problem.column))
        more = [Problem("and more problems like these", document.root.place.source)] if len(order) > _TOLD else []
        raise ConfigError([*order[:_TOLD], *more])
    if fitting.unread:
        raise fitting.unread
    return reading.value


class _Fitting:
    """What of a config does not fit together, as far as its entries are valid by themselves.

    A shape that depends on something wrong is not known (None), and what it meets is not judged.
    """

    def __init__(self, reading: Reading[Experiment]) -> None:
        self.document = reading.document
        self.left_out = reading.left_out
        self.problems: list[Problem] = []
        self.unread: DataError | None = None

    def check(self) -> list[Problem]:
        """Return a problem for each thing that does not fit."""
        data = self._entry("data")
        facts = self._facts(self._attempt(("data",), DATASETS.build, data))
        blamed, shape = self._follow(facts[0] if facts else None)
        if facts:
            self._attempt(("data",), build_augmentations, data, facts[0])
        loss: Loss | None = self._attempt(("loss",), LOSSES.build, self._entry("loss"))
        if loss and facts and shape and not any(spot.path == ("loss",) for spot in self.left_out):
            self._attempt(("network", blamed), loss.check, shape, len(facts[1]))
        self._attempt(("optimizer",), OPTIMIZERS.build, self._entry("optimizer"), np.zeros(1), np.ones(1, bool))
        self._attempt(("schedule",), SCHEDULES.build, self._entry("schedule"))
        self._check_evaluation(data, self._entry("training"))
        return self.problems

    def _entry(self, key: str) -> Any | None:
        """Return what stands under ``key``, or its default; None if there is neither or it is not valid."""
        field, entry = Experiment.model_fields[key], self.document.root.entries.get(key)
        if entry is None:
            return None if field.is_required() else field.get_default(call_default_factory=True)
        return validate_entry(field.rebuild_annotation(), entry.node)

    def _attempt(self, path: Steps, make: Any, *args: Any) -> Any | None:
        """Return ``make(*args)``, or None after an OptionError, which becomes a problem at ``path``."""
        if args[0] is None:
            return None
        try:
            return make(*args)
        except OptionError as error:
            missed = {str(spot.path[-1]) for spot in self.left_out if spot.path[:-1] == path}
            if not missed & words(str(error)):
                self.problems.append(_located(self.document, path, error))
        except DataError as error:
            self.unread = error
        return None

    def _facts(self, source: Source | None) -> tuple[Shape, tuple[str, ...]] | None:
        """Return the shape and the classes of the data; many data sets have them whatever their options."""
        name = getattr(self.document.at("data", "type")[0], "value", None)
        known: Any = DATASETS[name] if name in DATASETS.names() else source
        if not hasattr(known, "class_names"):
            options = {spot.path[1] for spot in self.left_out if spot.path[0] == "data"}
            known = source if options <= set(DataSpec.model_fields) else None
        return (known.input_shape, known.class_names) if known else None

    def _follow(self, shape: Shape | None) -> tuple[int, Shape | None]:
        """Return which layer decides how many values the network ends in, and its last shape."""
        nodes, _ = self.document.at("network")
        shapes = [shape]
        for index, node in enumerate(nodes.items if isinstance(nodes, Items) else ()):
            spec = None if self._shape_is_open(index) else validate_entry(Annotated[Spec, SpecOf(LAYERS)], node)
            if shapes[-1] is None:
                shapes.append((spec.units,) if spec is not None and spec.type == "dense" else None)
            else:
                layer = self._attempt(("network", index), outline_layer, spec, shapes[-1])
                shapes.append(layer.output_shape if layer else None)
        return _deciding(shapes), shapes[-1] if shapes[1:] else None

    def _shape_is_open(self, index: int) -> bool:
        """Return whether something was left out of a layer on which its shape may depend."""
        return any(
            spot.path[:2] == ("network", index) and spot.kind not in {float, bool, Entries(INITIALIZERS)}
            for spot in self.left_out
        )

    def _check_evaluation(self, data: DataSpec | None, training: Training | None) -> None:
        """Take note of what asks for validation data that are not there."""
        missed = {spot.path for spot in self.left_out}
        if data is None or training is None or missed & {("data", "validation"), ("training", "evaluate_on")}:
            return
        if data.validation or training.evaluate_on == "test":
            return
        for key in ("early_stopping", "evaluate_every"):
            if getattr(training, key) is not None:
                message = f"training.{key}: there is no validation data to evaluate on"
                place = self.document.key("training", key)
                self.problems.append(place.problem(message, "data.validation: 1000 holds some out"))


def _deciding(shapes: Sequence[Shape | None]) -> int:
    """Return which layer is the last to change how many channels there are."""
    *before, end = shapes
    same = [len(end or ()) == 1 and (shape or ())[-1:] == end for shape in before]
    return max((i for i in range(len(before)) if not same[i]), default=0)


def _located(document: Document, path: Steps, error: OptionError) -> Problem:
    """Return ``error`` as a problem at its option, or at the type of the component at ``path``."""
    parts = error.option.split(".") if error.option else []
    steps = [int(part) if part.isdecimal() else part for part in parts]
    node, _ = document.at(*path)
    target, place = document.at(*path, *steps)
    if target is node or isinstance(target, Mapping):
        place = subject(document, *path, *(steps if target is not node else []))
    return place.problem(f"{dotted((*path, *steps))}: {error}", error.hint)
