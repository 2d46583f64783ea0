"""A run with its config, records, data, checkpoints, networks and evaluations."""

from functools import cached_property
from typing import Any

from nnlab import seeding
from nnlab.arrays import Shape
from nnlab.config import Experiment, load_config
from nnlab.data import Dataset, Source, load_dataset
from nnlab.data.batches import Batches
from nnlab.errors import DataError
from nnlab.evaluation.evaluation import Evaluation, SplitName, evaluate, load_network, recall
from nnlab.nn.losses import Loss
from nnlab.nn.network import Network
from nnlab.registry import DATASETS, LOSSES
from nnlab.runs import Checkpoint, Run
from nnlab.runs.checkpoints import Which
from nnlab.runs.curve import Curve, curve_of
from nnlab.runs.recorded import Summary, read_record


class TrainedRun:
    """A run with its config, records, data, checkpoints, networks and evaluations, each read and built once."""

    def __init__(self, run: Run, *, dataset: Dataset | None = None) -> None:
        self.run = run
        self._checkpoints: dict[Which, Checkpoint] = {}
        self._networks: dict[Which, Network] = {}
        self._evaluations: dict[tuple[SplitName, Which], Evaluation] = {}
        if dataset is not None:
            self.__dict__["dataset"] = dataset

    @property
    def name(self) -> str:
        """The directory's name."""
        return self.run.name

    @cached_property
    def config(self) -> Experiment:
        """The resolved config; raises ConfigError if it cannot be read."""
        return load_config(self.run.config)

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The records of the metrics log; raises RunError if it is damaged."""
        return self.run.records()

    @cached_property
    def summary(self) -> Summary | None:
        """The summary, None if the run has not ended; raises RunError if it is damaged."""
        path = self.run.path / "summary.json"
        return read_record(path, Summary) if path.is_file() else None

    @cached_property
    def steps_per_epoch(self) -> int:
        """Steps in an epoch; raises DataError if that takes the data and they are missing."""
        training = self.config.training
        rng = seeding.stream(self.config.seed, "batches")
        return Batches(
            len(self.dataset.train),
            rng,
            batch_size=training.batch_size,
            replacement=training.replacement,
            drop_last=training.drop_last,
        ).steps_per_epoch

    @property
    def diverged(self) -> bool:
        """Whether the status is diverged or the last loss is a hundred times the first.

        Raises RunError if the summary cannot be read.
        """
        if self.summary is not None and self.summary.status == "diverged":
            return True
        losses = self.curve("train").loss
        return len(losses) > 0 and not losses[-1] <= 100 * max(losses[0], 1)

    def curve(self, split: str) -> Curve:
        """Return the records of a split over steps."""
        return curve_of(self.records, split)

    @cached_property
    def dataset(self) -> Dataset:
        """The data; raises DataError if they are missing."""
        return load_dataset(self.config.data, self.config.seed)

    @property
    def has_data(self) -> bool:
        """Whether the data can be loaded."""
        try:
            return self.dataset is not None
        except DataError:
            return False

    @cached_property
    def _source(self) -> Source:
        source: Source = DATASETS.build(self.config.data)
        return source

    @property
    def input_shape(self) -> Shape:
        """Shape of one example."""
        return self._source.input_shape

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self._source.class_names

    def checkpoint(self, which: Which) -> Checkpoint:
        """Return a checkpoint, read and verified once; raises RunError if it cannot be used."""
        if which not in self._checkpoints:
            self._checkpoints[which] = self.run.load(which)
        return self._checkpoints[which]

    def network(self, which: Which) -> Network:
        """Return the network of a checkpoint, built once."""
        if which not in self._networks:
            self._networks[which] = load_network(self.config, self.checkpoint(which))
        return self._networks[which]

    @cached_property
    def loss(self) -> Loss:
        """The loss."""
        loss: Loss = LOSSES.build(self.config.loss)
        return loss

    def evaluation(self, split: SplitName = "test", checkpoint: Which = "best", *, cause: str) -> Evaluation:
        """Return the stored evaluation of this checkpoint, else evaluate, for ``cause``."""
        key = (split, checkpoint)
        if key not in self._evaluations:
            stored = recall(self.run, split=split, dataset=self.dataset)
            if not isinstance(stored, Evaluation) or stored.checkpoint != checkpoint:
                stored = evaluate(self.run, split=split, checkpoint=checkpoint, cause=cause, dataset=self.dataset)
            self._evaluations[key] = stored
        return self._evaluations[key]
