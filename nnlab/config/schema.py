"""The schema of a config: frozen, typed models. No plain dict leaves this package."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from nnlab.data import Dataset
from nnlab.data.section import DataSpec
from nnlab.nn.losses import Loss, SoftmaxCrossEntropy
from nnlab.nn.schedules import ConstantRate, Schedule
from nnlab.registry import DATASETS, LAYERS, OPTIMIZERS, DefaultType, Spec, SpecOf, describe_defaults
from nnlab.registry.options import NonNegative, Positive, PositiveInt


class ConfigSection(BaseModel):
    """A section of a config: frozen, without unknown keys or silent conversions."""

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
    """Stop when ``patience`` evaluations in a row have not improved the monitored value by ``min_delta``.

    Options:
        patience: How many evaluations in a row may fail to improve before training stops.
        min_delta: By how much the monitored value has to improve to count for patience.
    """

    patience: PositiveInt
    min_delta: NonNegative = 0.0


class Training(ConfigSection):
    """The length of training, its batches, and the intervals of evaluation, logging and checkpoints.

    One of ``steps`` and ``epochs`` is given. ``evaluate_every``, ``log_every`` and ``checkpoint_every``
    are numbers of steps; the first defaults to an epoch, the last to the first. A training record is the mean
    over the preceding ``log_every`` steps. ``monitor`` determines the best checkpoint and early stopping.

    Options:
        steps: The length of training in steps, each of one batch; give this or epochs.
        epochs: The length of training in passes over the training examples; give this or steps.
        batch_size: The number of examples in a batch.
        replacement: Whether each batch is drawn from all examples, instead of passing over them in random order.
        drop_last: Whether the last batch of an epoch is left out if it is smaller than the others.
        evaluate_every: The number of steps between two evaluations; null: an epoch.
        evaluate_on: The split that is evaluated during training; each look at test is entered into the ledger.
        monitor: The value by which the best checkpoint is chosen and training stops early.
        log_every: The number of steps that a training record is the mean of.
        checkpoint_every: The number of steps between two checkpoints to resume from; null: as evaluate_every.
        shards: In how many parts a batch is cut, which processes can share; null: chosen by shapes.
        clip_norm: The largest length of a gradient; a longer one is scaled down to it; null: no limit.
        early_stopping: When training stops before its end; null: never.
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
    shards: Annotated[int, Field(ge=1, le=64)] | None = None
    clip_norm: Positive | None = None
    early_stopping: EarlyStopping | None = None

    @model_validator(mode="after")
    def _one_length(self) -> "Training":
        if self.steps is not None and self.epochs is not None:
            raise PydanticCustomError("option", "give steps or epochs, not both (null removes an inherited one)")
        if self.steps is None and self.epochs is None:
            raise PydanticCustomError("option", "give steps or epochs")
        return self


class Compute(ConfigSection):
    """``threads`` is the number of computing threads, by default all cores. The results do not depend on it.

    Options:
        threads: The number of computing threads; null: one for each core.
    """

    threads: PositiveInt | None = None


class Logging(ConfigSection):
    """Logs besides metrics.jsonl. ``tensorboard``: also log to TensorBoard, with figures at the end.

    The results do not depend on it.

    Options:
        tensorboard: Whether records and figures are also written for TensorBoard, which needs tensorboardX.
    """

    tensorboard: bool = False


class Experiment(ConfigSection):
    """A whole experiment: together with code and data, everything that a run depends on.

    Options:
        name: The name of the experiment, which is part of the names of its runs; by default that of the file.
        seed: Determines weights, batches, dropout, augmentation and held-out examples.
        data: The data set and what is done to its examples.
        network: The layers, from the input to the scores.
        init_from: A run whose weights the network begins with, where layers match; null: all are new.
        freeze: The numbers of layers that are not trained, from 0.
        loss: What training minimizes.
        optimizer: The rule that changes the parameters in each step.
        schedule: How the learning rate changes during training.
        training: The length of training, its batches and evaluations.
        compute: How the computation is done; results do not depend on it.
        logging: Logs besides the records of the run; results do not depend on it.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    data: Annotated[DataSpec, SpecOf(DATASETS)]
    network: Annotated[tuple[Annotated[Spec, SpecOf(LAYERS)], ...], Field(min_length=1)]
    init_from: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    freeze: tuple[Annotated[int, Field(ge=0)], ...] = ()
    loss: Annotated[Loss, DefaultType("softmax_cross_entropy")] = SoftmaxCrossEntropy()
    optimizer: Annotated[Spec, SpecOf(OPTIMIZERS)]
    schedule: Annotated[Schedule, DefaultType("constant")] = ConstantRate()
    training: Training
    compute: Compute = Compute()
    logging: Logging = Logging()

    @property
    def loss_name(self) -> str:
        """What the loss of an example is called; ``loss`` if it is a plain cross-entropy."""
        name = self.loss.quantity(getattr(self.network[-1], "units", None))
        return name if self.loss.class_weights is None else f"{name}, weighted by class"

    def fitted_loss(self, dataset: Dataset) -> Loss:
        """Return the loss, with class weights that are balanced by the training examples as numbers."""
        return self.loss.fitted(dataset.train.labels, len(dataset.class_names))


def file_schema() -> dict[str, Any]:
    """Return the JSON Schema of a config file: a whole experiment, or changes to the one it ``extends``.

    The name may be left out; the default is the name of the file.
    """
    whole = Experiment.model_json_schema()
    definitions = whole.pop("$defs")
    whole["required"].remove("name")
    keys: dict[str, Any] = {key: {} for key in whole["properties"]}
    extends = {
        "type": "string",
        "description": "The base config, relative to this file, that these settings change.",
    }
    dotted = {"type": "object", "description": "Values by dotted keys such as network.0.filters, set last."}
    changes = {
        "title": "Changes",
        "type": "object",
        "properties": {"extends": extends, "set": dotted, **keys},
        "required": ["extends"],
        "additionalProperties": False,
    }
    return {"$defs": definitions, "anyOf": [whole, changes]}
