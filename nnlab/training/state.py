"""A training under way: every object whose state a checkpoint holds."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Literal

from nnlab import seeding
from nnlab.config import Experiment
from nnlab.data import Dataset, load_dataset
from nnlab.data.batches import Batches
from nnlab.errors import RunError, UsageError
from nnlab.nn.network import build_network
from nnlab.nn.optimizers import Optimizer
from nnlab.nn.schedules import Clock, Schedule
from nnlab.registry import OPTIMIZERS
from nnlab.runs import Checkpoint
from nnlab.runs.arrays import fill, restore_weights, weights
from nnlab.runs.changes import changes_since, settings
from nnlab.training.loop import StepRecord, Trainee, fit


@dataclass
class Monitor:
    """Remembers the best evaluation so far, the newest, and for how many there was no better one.

    ``metric`` is ``accuracy`` or ``loss``; better means better by more than ``min_delta``.
    """

    metric: Literal["loss", "accuracy"]
    min_delta: float
    best: dict[str, float] | None = None
    last: dict[str, float] | None = None
    stale: int = 0

    def improves(self, step: int, evaluation: dict[str, float]) -> bool:
        """Take note of an evaluation after ``step`` and return whether it is the best so far."""
        self.last = {"step": step, **evaluation}
        sign = 1 if self.metric == "accuracy" else -1
        if self.best and sign * (evaluation[self.metric] - self.best[self.metric]) <= self.min_delta:
            self.stale += 1
            return False
        self.best, self.stale = self.last, 0
        return True


@dataclass
class Window:
    """Sums over the steps since the last training record."""

    loss: float = 0.0
    correct: int = 0
    examples: int = 0
    steps: int = 0

    def add(self, record: StepRecord, per_example: bool) -> None:
        """Add a step; its loss counts once an example, or as it is where it is a sum already."""
        self.loss += record.loss * record.examples if per_example else record.loss
        self.correct += record.correct
        self.examples += record.examples
        self.steps += 1

    def mean(self) -> dict[str, float]:
        """Return the mean loss and accuracy of an example, and start over."""
        means = {"loss": self.loss / self.examples, "accuracy": self.correct / self.examples}
        self.loss, self.correct, self.examples, self.steps = 0.0, 0, 0, 0
        return means


@dataclass
class Trial:
    """One training: its settings, what it changes, and how far it is."""

    config: Experiment
    dataset: Dataset
    trainee: Trainee
    schedule: Schedule
    clock: Clock
    monitor: Monitor
    window: Window = field(default_factory=Window)
    step: int = 0
    seconds: float = 0.0
    best: Checkpoint | None = None

    @property
    def finished(self) -> bool:
        """Whether all steps are done or early stopping has ended it."""
        rule = self.config.training.early_stopping
        return self.step >= self.clock.total_steps or (rule is not None and self.monitor.stale >= rule.patience)

    @property
    def evaluated_on(self) -> str | None:
        """The split to evaluate on during training; None: no examples were held out for it."""
        on = self.config.training.evaluate_on
        return on if on == "test" or self.config.data.validation else None

    def steps(self) -> Generator[StepRecord, None, None]:
        """Take the steps that are left, as ``fit`` does."""
        clip_norm = self.config.training.clip_norm
        return fit(self.trainee, self.dataset, self.schedule, self.clock, after=self.step, clip_norm=clip_norm)

    def checkpoint(self, metrics_bytes: int) -> Checkpoint:
        """Return everything that the coming steps depend on; they change it, so it is to be saved before them."""
        network = self.trainee.network
        arrays = {**weights(network), **{f"optimizer/{k}": v for k, v in self.trainee.optimizer.state.items()}}
        facts = {
            "config": settings(self.config),
            "streams": {name: seeding.saved(stream) for name, stream in network.streams.items()},
            "batches": self.trainee.batches.cursor,
            "monitor": vars(self.monitor),
            "window": vars(self.window),
            "seconds": self.seconds,
            "metrics_bytes": metrics_bytes,
        }
        return Checkpoint(self.step, arrays, facts)

    def restore(self, last: Checkpoint, best: Checkpoint | None) -> None:
        """Go on from a checkpoint of the same config; raises RunError if it is of another."""
        if changes := changes_since(self.config, last):
            keys = ", ".join(change.what for change in changes)
            raise RunError(f"the config was changed since the run began: {keys}")
        network = self.trainee.network
        restore_weights(network, last)
        fill(self.trainee.optimizer.state, last.group("optimizer"))
        for name, stream in network.streams.items():
            seeding.restore(stream, last.facts["streams"][name])
        self.trainee.batches.restore(last.facts["batches"])
        self.monitor = Monitor(**last.facts["monitor"])
        self.window = Window(**last.facts["window"])
        self.step, self.seconds, self.best = last.step, last.facts["seconds"], best


def prepare(config: Experiment) -> Trial:
    """Return a training of ``config`` before its first step; raises DataError if the data are not there."""
    dataset = load_dataset(config.data, config.seed)
    training = config.training
    network = build_network(config.network, dataset.input_shape, config.seed)
    optimizer: Optimizer = OPTIMIZERS.build(config.optimizer, network.weights, network.decayed)
    examples = len(dataset.train.labels)
    if training.batch_size > examples and training.drop_last and not training.replacement:
        raise UsageError(
            f"training.batch_size ({training.batch_size:,}) is more than the {examples:,} training examples; "
            "drop_last: false trains on all of them in one batch"
        )
    batches = batches_of(config, examples)
    total = training.steps or (training.epochs or 0) * batches.steps_per_epoch
    patience = training.early_stopping
    return Trial(
        config,
        dataset,
        Trainee(network, config.loss, optimizer, batches),
        config.schedule,
        Clock(total_steps=total, steps_per_epoch=batches.steps_per_epoch),
        Monitor(training.monitor, patience.min_delta if patience else 0.0),
    )


def batches_of(config: Experiment, examples: int) -> Batches:
    """Return the batches that a training of ``config`` on so many ``examples`` draws, from the first."""
    training = config.training
    return Batches(
        examples,
        seeding.stream(config.seed, "batches"),
        batch_size=training.batch_size,
        replacement=training.replacement,
        drop_last=training.drop_last,
    )
