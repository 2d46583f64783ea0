"""The state of a training run: everything that a step changes and a checkpoint holds."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from math import prod
from typing import Literal

from nnlab import seeding
from nnlab.config import Experiment
from nnlab.config.consistency import check_batches, check_shards
from nnlab.config.resolution import resolved
from nnlab.data import Dataset, load_dataset
from nnlab.data.batches import Batches, prepared
from nnlab.errors import OptionError, RunError, UsageError
from nnlab.nn.losses import Loss
from nnlab.nn.network import Network, build_network
from nnlab.nn.optimizers import Optimizer
from nnlab.nn.schedules import Clock, Schedule
from nnlab.nn.shards import shard_count
from nnlab.registry import OPTIMIZERS
from nnlab.runs import Checkpoint
from nnlab.runs.changes import changes_since, settings
from nnlab.runs.checkpoint_arrays import fill, restore_weights, weights
from nnlab.training.backpropagation import Backpropagation
from nnlab.training.progress import Monitor, Window
from nnlab.training.step import StepRecord, train_step

_LEAST_AHEAD = 2**17  # numbers in a batch; for fewer, handing it from thread to thread costs what it saves


@dataclass
class TrainingState:
    """A training run between two steps: its settings, what a step changes, and how far it is."""

    config: Experiment
    dataset: Dataset
    network: Network
    optimizer: Optimizer
    batches: Batches
    clock: Clock
    monitor: Monitor
    loss: Loss
    window: Window = field(default_factory=Window)
    step: int = 0
    seconds: float = 0.0
    best: Checkpoint | None = None

    @property
    def schedule(self) -> Schedule:
        """How the learning rate changes over the steps."""
        return self.config.schedule

    @property
    def finished(self) -> bool:
        """Whether all steps are done or early stopping has ended the run."""
        rule = self.config.training.early_stopping
        return self.step >= self.clock.total_steps or (rule is not None and self.monitor.stale >= rule.patience)

    @property
    def total_steps(self) -> int:
        """The number of steps of the whole run."""
        return int(self.clock.total_steps)

    @property
    def evaluated_on(self) -> Literal["validation", "test"] | None:
        """The split to evaluate on during training; None if no examples are held out for it."""
        on = self.config.training.evaluate_on
        return on if on == "test" or self.config.data.validation else None

    @property
    def evaluate_every(self) -> int:
        """Steps between two evaluations; an epoch unless the config says otherwise."""
        return self.config.training.evaluate_every or self.clock.steps_per_epoch

    @property
    def shards(self) -> int:
        """In how many shards a batch is computed; as its shapes have it unless the config says otherwise."""
        training = self.config.training
        return training.shards or shard_count(training.batch_size, self.network.layers)

    @property
    def checkpoint_every(self) -> int:
        """Steps between two checkpoints; those between two evaluations unless the config says otherwise."""
        return self.config.training.checkpoint_every or self.evaluate_every

    def steps(self) -> Generator[StepRecord, None, None]:
        """Take the steps that are left, yielding what each did; raises DivergedError as ``train_step`` does."""
        steps = range(self.step + 1, self.total_steps + 1)
        ahead = self.dataset.is_costly and self.batches.size * prod(self.dataset.input_shape) >= _LEAST_AHEAD
        backpropagate = Backpropagation(self.network, self.loss, shards=self.shards, seed=self.config.seed)
        with (
            closing(prepared(self.batches, self.dataset.batch, steps, ahead=ahead)) as batches,
            backpropagate.replicas(self.config),
        ):
            for step, batch in zip(steps, batches, strict=True):
                yield train_step(
                    self.network,
                    backpropagate,
                    self.optimizer,
                    batch,
                    step=step,
                    factor=self.schedule.factor(step - 1, self.clock),
                    clip_norm=self.config.training.clip_norm,
                )

    def resolve_config(self) -> None:
        """Replace null in the config by what is used; done when a run begins, never in one that has begun."""
        every = self.evaluate_every if self.evaluated_on else None
        self.config = resolved(
            self.config, evaluate_every=every, checkpoint_every=self.checkpoint_every, shards=self.shards
        )

    def checkpoint(self, metrics_bytes: int) -> Checkpoint:
        """Return everything that the coming steps depend on; save it before the next step changes it."""
        optimizer = {f"optimizer/{name}": array for name, array in self.optimizer.state.items()}
        facts = {
            "config": settings(self.config),
            "streams": {name: seeding.saved(stream) for name, stream in self.network.streams.items()},
            "batches": self.batches.cursor,
            "monitor": vars(self.monitor),
            "window": vars(self.window),
            "seconds": self.seconds,
            "metrics_bytes": metrics_bytes,
        }
        return Checkpoint(self.step, {**weights(self.network), **optimizer}, facts)

    def restore(self, last: Checkpoint, best: Checkpoint | None) -> None:
        """Continue from a checkpoint of the same config; raises RunError if it is of another."""
        if changes := changes_since(self.config, last):
            keys = ", ".join(change.what for change in changes)
            raise RunError(f"the config was changed since the run began: {keys}")
        self.take_over(last, best)

    def take_over(self, last: Checkpoint, best: Checkpoint | None) -> None:
        """Continue from a checkpoint, whatever its config; raises RunError if its arrays do not fit."""
        restore_weights(self.network, last)
        fill(self.optimizer.state, last.group("optimizer"))
        for name, stream in self.network.streams.items():
            seeding.restore(stream, last.facts["streams"][name])
        self.batches.restore(last.facts["batches"])
        self.monitor = Monitor(**last.facts["monitor"])
        self.window = Window(**last.facts["window"])
        self.step, self.seconds, self.best = last.step, last.facts["seconds"], best


def prepare(config: Experiment) -> TrainingState:
    """Return the state of a training run of ``config`` before its first step.

    Raises DataError if the data are missing or cannot be used, UsageError if there are fewer training examples
    than a batch or a layer needs.
    """
    dataset = load_dataset(config.data, config.seed)
    training = config.training
    network = build_network(config.network, dataset.input_shape, config.seed, frozen=config.freeze)
    optimizer: Optimizer = OPTIMIZERS.build(config.optimizer, network.weights, network.decayed)
    if config.freeze:
        optimizer.restrict(network.trained)
    examples = len(dataset.train.labels)
    if training.evaluate_on == "test" and not len(dataset.test):
        raise UsageError(
            "training.evaluate_on: the data set has no test examples; data.test: 0.2 holds out a fifth"
        )
    if training.batch_size > examples and training.drop_last and not training.replacement:
        raise UsageError(
            f"training.batch_size ({training.batch_size:,}) is more than the {examples:,} training examples; "
            "drop_last: false trains on all of them in one batch"
        )
    batches = batches_of(config, examples)
    total = training.steps or (training.epochs or 0) * batches.steps_per_epoch
    try:
        check_batches(training, network.layers, examples)
    except OptionError as error:
        raise UsageError(f"training.batch_size is {training.batch_size:,}: {error}; {error.hint}") from error
    try:
        check_shards(training, network.layers)
    except OptionError as error:
        raise UsageError(f"training.shards: {error}; {error.hint}") from error
    patience = training.early_stopping
    return TrainingState(
        config,
        dataset,
        network,
        optimizer,
        batches,
        Clock(total_steps=total, steps_per_epoch=batches.steps_per_epoch),
        Monitor(training.monitor, patience.min_delta if patience else 0.0),
        config.fitted_loss(dataset),
    )


def batches_of(config: Experiment, examples: int) -> Batches:
    """Return the batches that a training run of ``config`` on ``examples`` examples draws, from the first."""
    training = config.training
    return Batches(
        examples,
        seeding.stream(config.seed, "batches"),
        batch_size=training.batch_size,
        replacement=training.replacement,
        drop_last=training.drop_last,
    )
