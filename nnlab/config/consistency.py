"""Consistency of the parts of a config: shapes, options and data."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, TypeAlias

import numpy as np

from nnlab.arrays import Shape
from nnlab.config.config_document import ConfigDocument
from nnlab.config.messages import subject, words
from nnlab.config.nodes import Mapping
from nnlab.config.nodes import Sequence as Items
from nnlab.config.schema import Experiment, Training
from nnlab.config.spots import Entries, dotted
from nnlab.config.spots import Path as Steps
from nnlab.config.validation import Validated, validate_entry
from nnlab.data import Source
from nnlab.data.section import DataSpec, check_augmentations, check_held_out, held_out_test
from nnlab.errors import DataError, OptionError, Problem
from nnlab.nn.layers import Layer
from nnlab.nn.losses import Loss
from nnlab.nn.network import outline_layer
from nnlab.registry import DATASETS, INITIALIZERS, LAYERS, OPTIMIZERS, Spec, SpecOf

DataFacts: TypeAlias = tuple[Shape, tuple[str, ...]]
"""The shape of an example and the names of the classes."""


class Consistency:
    """Check that the entries of a config, as far as they are valid by themselves, fit together.

    A shape that depends on an invalid entry is unknown (None), and nothing is checked against it. With ``facts``
    of the data the data themselves are not looked at.
    """

    def __init__(self, validated: Validated[Experiment], facts: DataFacts | None = None) -> None:
        self._known = facts
        self.document = validated.document
        self.left_out = validated.left_out
        self.reported = validated.problems
        self.problems: list[Problem] = []
        self.unread: DataError | None = None
        self.examples: int | None = None

    def check(self) -> list[Problem]:
        """Return a problem for each inconsistency."""
        data = self._entry("data")
        source = None if self._known else self._attempt(("data",), DATASETS.build, data)
        facts = self._known or self._facts(source)
        blamed, shape, layers = self._follow(facts[0] if facts else None)
        if facts:
            self._attempt(("data",), check_augmentations, data, facts[0])
        loss: Loss | None = self._entry("loss")
        if loss and facts and shape and not any(spot.path == ("loss",) for spot in self.left_out):
            self._attempt(("network", blamed), loss.check, shape, len(facts[1]))
        if loss and facts:
            self._attempt(("loss",), loss.check_weights, len(facts[1]))
        self._attempt(("optimizer",), OPTIMIZERS.build, self._entry("optimizer"), np.zeros(1), np.ones(1, bool))
        self._check_end(loss)
        self._check_evaluation(data, source, self._entry("training"))
        self._check_batches(layers, source, data)
        if not any(spot.path[:1] in {("network",), ("freeze",)} for spot in self.left_out):
            self._attempt((), check_freeze, self._entry("freeze"), layers)
        return self.problems

    def _entry(self, key: str) -> Any | None:
        """Return the value of ``key``, or its default; None if there is neither or it is not valid."""
        field, entry = Experiment.model_fields[key], self.document.root.entries.get(key)
        if entry is None:
            return None if field.is_required() else field.get_default(call_default_factory=True)
        return validate_entry(field.rebuild_annotation(), entry.node)

    def _attempt(self, path: Steps, make: Any, *args: Any) -> Any | None:
        """Return ``make(*args)``; an OptionError becomes a problem at ``path``, and the result None."""
        if args[0] is None:
            return None
        try:
            return make(*args)
        except OptionError as error:
            missed = {str(spot.path[-1]) for spot in self.left_out if spot.path[:-1] == path}
            if not missed & words(str(error)):
                self.problems.append(located_problem(self.document, path, error))
        except DataError as error:
            self.unread = error
        return None

    def _facts(self, source: Source | None) -> DataFacts | None:
        """Return the shape and the classes of the data, which for many data sets do not depend on the options."""
        name = getattr(self.document.at("data", "type")[0], "value", None)
        known: Any = DATASETS[name] if name in DATASETS.names() else source
        if not hasattr(known, "class_names"):
            options = {spot.path[1] for spot in self.left_out if spot.path[0] == "data"}
            known = source if options <= set(DataSpec.model_fields) else None
        return (known.input_shape, known.class_names) if known else None

    def _follow(self, shape: Shape | None) -> tuple[int, Shape | None, list[Layer | None]]:
        """Return the index of the layer that determines the number of outputs, the output shape, and the layers.

        A layer that cannot be made is None.
        """
        nodes, _ = self.document.at("network")
        shapes = [shape]
        layers: list[Layer | None] = []
        for index, node in enumerate(nodes.items if isinstance(nodes, Items) else ()):
            spec = None if self._shape_is_open(index) else validate_entry(Annotated[Spec, SpecOf(LAYERS)], node)
            if shapes[-1] is None:
                layers.append(None)
                shapes.append((spec.units,) if spec is not None and spec.type == "dense" else None)
            else:
                layer = self._attempt(("network", index), outline_layer, spec, shapes[-1])
                layers.append(layer)
                shapes.append(layer.output_shape if layer else None)
        return _deciding(shapes), shapes[-1] if shapes[1:] else None, layers

    def _shape_is_open(self, index: int) -> bool:
        """Return whether an option on which a layer's shape may depend was left out."""
        return any(
            spot.path[:2] == ("network", index) and spot.kind not in {float, bool, Entries(INITIALIZERS)}
            for spot in self.left_out
        )

    def _check_end(self, loss: Loss | None) -> None:
        """Report a last layer whose function the loss applies itself, or that does not give what it takes."""
        nodes, _ = self.document.at("network")
        if loss is None or not isinstance(nodes, Items) or not nodes.items:
            return
        last = len(nodes.items) - 1
        spec = validate_entry(Annotated[Spec, SpecOf(LAYERS)], nodes.items[last])
        if spec is not None and spec.type == loss.applies:
            message = f"network[{last}]: the loss, {loss.type}, applies {spec.type} itself"
            self.problems.append(subject(self.document, "network", last).problem(message, "leave this layer out"))
        elif spec is None or self._is_mended("loss"):
            return
        elif loss.takes_probabilities and not LAYERS[spec.type].gives_probabilities:
            message = f"network[{last}]: {loss.type} takes probabilities, which {spec.type} does not give"
            hint = f"end the network in softmax, or use softmax_{loss.type}"
            self.problems.append(subject(self.document, "network", last).problem(message, hint))

    def _is_mended(self, key: str) -> bool:
        """Return whether the component at ``key`` has the name that was most likely meant, not the one given."""
        _, position = self.document.at(key, "type")
        return (position.line, position.column) in {(each.line, each.column) for each in self.reported}

    def _check_batches(self, layers: Sequence[Layer | None], source: Source | None, data: DataSpec | None) -> None:
        """Report training batches that are too small for a layer, as far as the number of examples is known."""
        if any(spot.path[:1] == ("data",) for spot in self.left_out):
            return
        counts = self._attempt(("data",), check_held_out, data, source) if source else None
        self.examples = counts.train if counts else None
        training = self._entry("training")
        if training is None or any(spot.path[:1] == ("training",) for spot in self.left_out):
            return
        self._attempt(("training",), check_batches, training, layers, self.examples)
        self._attempt(("training",), check_shards, training, layers)

    def _check_evaluation(self, data: DataSpec | None, source: Source | None, training: Training | None) -> None:
        """Report options that need validation or test data if there are none."""
        missed = {spot.path for spot in self.left_out}
        if data is None or training is None or missed & {("data", "validation"), ("training", "evaluate_on")}:
            return
        if training.evaluate_on == "test":
            if source and source.has_test is False and ("data", "test") not in missed and not held_out_test(data):
                message = "training.evaluate_on: the data set has no test examples"
                position = self.document.at("training", "evaluate_on")[1]
                self.problems.append(position.problem(message, "data.test: 0.2 holds out a fifth of the examples"))
            return
        if data.validation:
            return
        for key in ("early_stopping", "evaluate_every"):
            if getattr(training, key) is not None:
                message = f"training.{key}: there is no validation data to evaluate on"
                position = self.document.key("training", key)
                self.problems.append(position.problem(message, "data.validation: 1000 holds out 1000 examples"))


def check_batches(training: Training, layers: Iterable[Layer | None], examples: int | None) -> None:
    """Raise OptionError if a batch that training draws of ``examples`` has fewer than one of ``layers`` needs.

    ``examples`` is None if their number is unknown; then only the size of a whole batch is checked.
    """
    size = training.batch_size
    fewest = size if training.replacement or examples is None else min(size, examples)
    rest = 0
    if examples is not None and not training.replacement and not training.drop_last:
        epoch = -(-examples // size)
        rest = examples % size if training.steps is None or training.steps >= epoch else 0
    for index, layer in enumerate(layers):
        least = layer.least_batch if layer else 1
        if fewest < least:
            raise OptionError(
                f"network[{index}] needs at least {least} examples in a training batch, not {fewest}",
                option="batch_size",
                hint=f"batch_size: {max(32, least)}",
            )
        if 0 < rest < least:
            raise OptionError(
                f"network[{index}] needs at least {least} examples in a training batch, but of {examples:,} "
                f"examples in batches of {size:,} the last batch of an epoch has {rest}",
                option="batch_size",
                hint="drop_last: true leaves it out, or choose another batch_size",
            )


def check_freeze(freeze: Sequence[int], layers: Sequence[Layer | None]) -> None:
    """Raise OptionError unless the layers ``freeze`` can be kept while others are trained.

    Nothing is said of layers that are None, which are not known.
    """
    for place, index in enumerate(freeze):
        if index >= len(layers):
            last = len(layers) - 1
            raise OptionError(f"there is no network[{index}]: the last layer is {last}", option=f"freeze.{place}")
    if not freeze or None in layers:
        return
    trained = [index for index, layer in enumerate(layers) if layer and layer.params and index not in freeze]
    if not trained:
        raise OptionError(
            "every layer with parameters is frozen, so there is nothing to train",
            option="freeze",
            hint="leave out at least the last of them",
        )
    for place, index in enumerate(freeze):
        layer = layers[index]
        if layer and index > trained[0] and not layer.predicts_as_in_training:
            raise OptionError(
                f"network[{index}] ({LAYERS.name_of(layer)}) computes otherwise in training than at inference, so "
                f"it cannot be frozen above a layer that is trained, network[{trained[0]}]",
                option=f"freeze.{place}",
                hint="freeze the layers below it too, or leave it out",
            )


def check_shards(training: Training, layers: Iterable[Layer | None]) -> None:
    """Raise OptionError if a batch is to be computed in shards that one of ``layers`` needs as a whole."""
    if training.shards is None or training.shards == 1:
        return
    for index, layer in enumerate(layers):
        if layer and layer.mixes_examples:
            raise OptionError(
                f"network[{index}] computes with all examples of a batch, which cannot be cut into "
                f"{training.shards} shards",
                option="shards",
                hint="shards: 1, or null to let the shapes decide",
            )


def _deciding(shapes: Sequence[Shape | None]) -> int:
    """Return the index of the last layer that changes the number of channels."""
    *before, end = shapes
    same = [len(end or ()) == 1 and (shape or ())[-1:] == end for shape in before]
    return max((i for i in range(len(before)) if not same[i]), default=0)


def located_problem(document: ConfigDocument, path: Steps, error: OptionError) -> Problem:
    """Return ``error`` as a problem at its option, or at the type of the component at ``path``."""
    parts = error.option.split(".") if error.option else []
    steps = [int(part) if part.isdecimal() else part for part in parts]
    node, _ = document.at(*path)
    target, position = document.at(*path, *steps)
    if target is node or isinstance(target, Mapping):
        position = subject(document, *path, *(steps if target is not node else []))
    return position.problem(f"{dotted((*path, *steps))}: {error}", error.hint)
