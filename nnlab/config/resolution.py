"""The values that are used where a config has null."""

from typing import Any

from nnlab.config.schema import Experiment
from nnlab.registry import LAYERS, OPTIMIZERS, Spec

CHOSEN = ("evaluate_every", "checkpoint_every", "shards")
"""Options of training whose null a run replaces by a value when it begins."""


def resolved(
    config: Experiment,
    *,
    evaluate_every: int | None = None,
    checkpoint_every: int | None = None,
    shards: int | None = None,
) -> Experiment:
    """Return ``config`` with the values that are used in place of null, as far as they are known.

    Options of optimizers and layers are those that ``null_means`` of their class names. ``evaluate_every`` and
    ``checkpoint_every`` depend on the number of examples, ``shards`` on shapes. Null remains where it means that
    something is left out.
    """
    training = config.training
    values = {"evaluate_every": evaluate_every, "checkpoint_every": checkpoint_every, "shards": shards}
    found = {name: value for name, value in values.items() if value and getattr(training, name) is None}
    return config.model_copy(
        update={
            "network": tuple(_resolved(spec) for spec in config.network),
            "optimizer": _resolved(config.optimizer),
            "training": training.model_copy(update=found),
        }
    )


def _resolved(value: Any) -> Any:
    """Return a component with its nulls replaced, those of the components inside it too."""
    if isinstance(value, tuple):
        return tuple(_resolved(item) for item in value)
    if not isinstance(value, Spec):
        return value
    options = {name: _resolved(getattr(value, name)) for name in type(value).model_fields}
    for name, source in null_means(value.type).items():
        if options.get(name) is None:
            options[name] = options[source]
    return value.model_copy(update=options)


def null_means(kind: str) -> dict[str, str]:
    """Return the options of a layer or optimizer whose null means the value of another option, and that option."""
    for registry in (LAYERS, OPTIMIZERS):
        if kind in registry.names():
            return dict(getattr(registry[kind], "null_means", {}))
    return {}
