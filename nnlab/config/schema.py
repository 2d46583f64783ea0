"""What a config may say: frozen, typed models. A plain dict never travels past this package."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from nnlab.data.section import DataSpec
from nnlab.nn.losses import Loss, SoftmaxCrossEntropy
from nnlab.nn.schedules import Constant, Schedule
from nnlab.registry import DATASETS, LAYERS, OPTIMIZERS, DefaultType, Spec, SpecOf, describe_defaults
from nnlab.registry.options import NonNegative, Positive, PositiveInt


class ConfigSection(BaseModel):
    """A part of a config: frozen, no unknown keys, no silent conversions."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        defer_build=True,
        json_schema_extra=describe_defaults,
    )


class EarlyStopping(ConfigSection):
    """Stop when ``patience`` evaluations in a row have not improved the monitored value by ``min_delta``."""

    patience: PositiveInt
    min_delta: NonNegative = 0.0


class Training(ConfigSection):
    """How long, in which batches, and how often to evaluate, log and save.

    One of ``steps`` and ``epochs`` is given. ``evaluate_every``, ``log_every`` and ``checkpoint_every``
    count steps; the first is an epoch unless given, the last follows it. A training record is the mean over
    the ``log_every`` steps before it. ``monitor`` is what the best checkpoint and early stopping go by.
    """

    steps: PositiveInt | None = None
    epochs: PositiveInt | None = None
    batch_size: PositiveInt = 32
    replacement: bool = False
    drop_last: bool = True
    evaluate_every: PositiveInt | None = None
    evaluate_on: Literal["validation", "test"] = "validation"
    monitor: Literal["loss", "accuracy"] = "loss"
    log_every: PositiveInt = 1
    checkpoint_every: PositiveInt | None = None
    clip_norm: Positive | None = None
    early_stopping: EarlyStopping | None = None

    @model_validator(mode="after")
    def _one_length(self) -> "Training":
        if self.steps is not None and self.epochs is not None:
            raise PydanticCustomError(
                "option", "give steps or epochs, not both (null takes an inherited one away)"
            )
        if self.steps is None and self.epochs is None:
            raise PydanticCustomError("option", "give steps or epochs")
        return self


class Compute(ConfigSection):
    """``threads`` to compute with; all cores unless given. The results do not depend on it."""

    threads: PositiveInt | None = None


class Logging(ConfigSection):
    """Where records go besides metrics.jsonl. ``tensorboard``: to TensorBoard too, with figures at the end.

    The results do not depend on it.
    """

    tensorboard: bool = False


class Experiment(ConfigSection):
    """A whole experiment: with the code and the data, all that a run depends on."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    data: Annotated[DataSpec, SpecOf(DATASETS)]
    network: Annotated[tuple[Annotated[Spec, SpecOf(LAYERS)], ...], Field(min_length=1)]
    loss: Annotated[Loss, DefaultType("softmax_cross_entropy")] = SoftmaxCrossEntropy()
    optimizer: Annotated[Spec, SpecOf(OPTIMIZERS)]
    schedule: Annotated[Schedule, DefaultType("constant")] = Constant()
    training: Training
    compute: Compute = Compute()
    logging: Logging = Logging()


def file_schema() -> dict[str, Any]:
    """Return the JSON Schema of a config file: a whole experiment, or what changes in the one it ``extends``.

    A file may leave out the name, which is its own then.
    """
    whole = Experiment.model_json_schema()
    definitions = whole.pop("$defs")
    whole["required"].remove("name")
    keys: dict[str, Any] = {key: {} for key in whole["properties"]}
    extends = {"type": "string", "description": "The config, beside this file, that these settings are laid over."}
    changes = {
        "title": "Changes",
        "type": "object",
        "properties": {"extends": extends, **keys},
        "required": ["extends"],
        "additionalProperties": False,
    }
    return {"$defs": definitions, "anyOf": [whole, changes]}
