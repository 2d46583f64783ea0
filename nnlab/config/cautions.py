"""Warnings about configs that can be trained, but are most likely not meant so."""

import logging
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from nnlab.config.config_document import ConfigDocument
from nnlab.config.messages import subject
from nnlab.config.schema import Experiment
from nnlab.config.spots import Path as Steps
from nnlab.config.spots import dotted
from nnlab.errors import Problem
from nnlab.nn.layers import Layer
from nnlab.nn.schedules import Clock, LinearWarmup
from nnlab.registry import LAYERS, Spec

log = logging.getLogger(__name__)


def cautions(document: ConfigDocument, config: Experiment, examples: int | None) -> list[Problem]:
    """Return what is most likely a mistake in ``config``, which was read from ``document``.

    ``examples`` is the number of examples to train on, None if it is unknown.
    """
    found = [*_bounded_scores(document, config), *_affine_pairs(document, config.network, ("network",))]
    return [*found, *_long_warmup(document, config, examples)]


@cache
def warn(problem: Problem) -> None:
    """Log ``problem`` as a warning, once in a process."""
    log.warning("warning: %s", problem)


def _bounded_scores(document: ConfigDocument, config: Experiment) -> Iterator[Problem]:
    """Yield a last layer that limits the scores to which the loss applies its own function."""
    last, loss = config.network[-1], config.loss
    if loss.applies and (bounds := _layer(last).bounds):
        index = len(config.network) - 1
        message = (
            f"network[{index}]: {last.type} keeps all scores {bounds}, but {loss.type} takes scores of any size"
        )
        yield subject(document, "network", index).problem(message, "leave this layer out")


def _affine_pairs(document: ConfigDocument, specs: Sequence[Spec], path: Steps) -> Iterator[Problem]:
    """Yield each affine layer that follows another one, also inside other layers."""
    before: int | None = None
    for index, spec in enumerate(specs):
        for option in type(spec).model_fields:
            for place, inner in _rows(getattr(spec, option), (*path, index, option)):
                yield from _affine_pairs(document, inner, place)
        kind = _layer(spec)
        if kind.affine and before is not None:
            here, there = (dotted((*path, each)) for each in (index, before))
            message = (
                f"{here}: {spec.type} follows {specs[before].type} ({there}) without a nonlinearity between; "
                "the two compute what a single affine layer can"
            )
            yield subject(document, *path, index).problem(message, "put relu between them")
        if kind.affine:
            before = index
        elif not kind.reshapes:
            before = None


def _rows(value: Any, path: Steps) -> Iterator[tuple[Steps, Sequence[Spec]]]:
    """Yield each list of layers that the option ``value`` is or holds, with its place."""
    if not isinstance(value, tuple) or not value:
        return
    if all(isinstance(each, Spec) for each in value):
        yield path, value
    else:
        for index, each in enumerate(value):
            yield from _rows(each, (*path, index))


def _long_warmup(document: ConfigDocument, config: Experiment, examples: int | None) -> Iterator[Problem]:
    """Yield a warm-up that does not end before training does."""
    schedule, training = config.schedule, config.training
    if not isinstance(schedule, LinearWarmup):
        return
    epoch = None
    if examples is not None:
        whole = training.drop_last and not training.replacement
        epoch = max(1, examples // training.batch_size if whole else -(-examples // training.batch_size))
    if schedule.unit == "epochs" and training.epochs:
        epoch = 1  # both are counted in epochs
    total = training.steps or (epoch and (training.epochs or 0) * epoch)
    if not total or (epoch is None and schedule.unit == "epochs"):
        return
    if Clock(total, epoch or 1).steps(schedule.duration, schedule.unit) >= total:
        length = f"{training.steps:,} steps" if training.steps else f"{training.epochs} epochs"
        given = f"{schedule.duration:g} {schedule.unit}"
        message = f"schedule.duration: a warm-up of {given} never ends in a training run of {length}"
        yield document.at("schedule", "duration")[1].problem(message, "it stays below its full value")


def _layer(spec: Spec) -> type[Layer]:
    kind: type[Layer] = LAYERS[spec.type]
    return kind
