"""A run as everything that evaluates, draws, compares or reports it sees it."""

import logging
import math
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nnlab.arrays import Shape
from nnlab.config import Experiment
from nnlab.data import Dataset, Source, load_dataset, open_source
from nnlab.data.normalization import Affine
from nnlab.errors import OtherDataError, RunError, printable
from nnlab.evaluation.answers import Answers, answers, raw_inputs
from nnlab.evaluation.evaluation import Evaluation, SplitName, folder_of, store, stored
from nnlab.evaluation.metrics import measure
from nnlab.evaluation.predictions import predict_split
from nnlab.nn.kernels import threads
from nnlab.nn.losses import Loss
from nnlab.nn.network import Network, outline_layers
from nnlab.runs import Checkpoint, Run, check_writable
from nnlab.runs.changes import require_unedited
from nnlab.runs.checkpoint_arrays import fingerprint, restore_weights
from nnlab.runs.checkpoints import Which
from nnlab.runs.curve import Curve, curve_of
from nnlab.runs.fitted_normalization import read_normalization
from nnlab.runs.ledger import Ledger, LedgerEntry, enter, read_ledger
from nnlab.runs.overview import Overview, overview
from nnlab.runs.records import Environment, Evaluated, Summary, read_record
from nnlab.runs.run_config import load_run_config
from nnlab.summary.memory import require_memory_for_weights

log = logging.getLogger(__name__)

_SAME_LOSS = 1e-4  # relative difference of a loss that another machine computes

_DIVERGED = 100
"""How many times the first loss (or 1 nat, if that is more) the last one is in a run that counts as diverged."""


class TrainedRun:
    """A run with its config, records, data, checkpoints, networks and evaluations.

    Each of them is read, verified and built when it is first asked for, and at most once. ``dataset`` has the data
    of the run if they are loaded already. With ``other_data`` the data may differ from those that the run was
    trained on; evaluations then say so, and are stored apart.
    """

    def __init__(self, run: Run, *, dataset: Dataset | None = None, other_data: bool = False) -> None:
        self.run = run
        self._given = dataset
        self._other_data = other_data
        self._checkpoints: dict[Which, Checkpoint] = {}
        self._networks: dict[str, Network] = {}
        self._evaluations: dict[tuple[SplitName, Which], Evaluation] = {}

    @property
    def name(self) -> str:
        """The name of the run's directory."""
        return self.run.name

    @cached_property
    def config(self) -> Experiment:
        """The resolved config.

        Raises ConfigError, with every problem, if the file is not a config, and RunError if it is missing.
        """
        return load_run_config(self.run)

    @cached_property
    def overview(self) -> Overview:
        """The run at a glance; a broken one has a reason."""
        return overview(self.run, config=self.__dict__.get("config"))  # if it was read already

    @cached_property
    def environment(self) -> Environment | None:
        """What environment.json says; None if it is missing or damaged."""
        try:
            return read_record(self.run.path / "environment.json", Environment)
        except RunError:
            return None

    @cached_property
    def summary(self) -> Summary | None:
        """What summary.json says; None if training has not ended. Raises RunError if the file is damaged."""
        path = self.run.path / "summary.json"
        return read_record(path, Summary) if path.is_file() else None

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The records of metrics.jsonl; raises RunError if they cannot be read."""
        return self.run.records()

    @property
    def ledger(self) -> Ledger:
        """The test ledger as it is now; raises RunError if it is damaged."""
        return read_ledger(self.run.path)

    @cached_property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch; raises DataError if the run does not say and its data are missing."""
        if self.summary and self.summary.steps_per_epoch:
            return self.summary.steps_per_epoch
        training = self.config.training
        count = self.example_counts.get("train") or len(self.dataset.train)
        down = count // training.batch_size
        return down if training.drop_last and not training.replacement else -(-count // training.batch_size)

    @cached_property
    def example_counts(self) -> dict[str, int]:
        """The number of examples of each split, as far as the run says; empty for runs before version 0.2."""
        described = self.environment and self.environment.dataset
        return dict(described.examples) if described else {}

    @cached_property
    def diverged(self) -> bool:
        """Whether training diverged, or ended with a hundred times the loss of its beginning.

        Raises RunError if summary or records cannot be read.
        """
        if self.summary and self.summary.status == "diverged":
            return True
        losses = self.curve("train").loss
        return len(losses) > 0 and not losses[-1] <= _DIVERGED * max(losses[0], 1)

    def curve(self, split: str) -> Curve:
        """Return the records of a split over steps; raises RunError if they cannot be read."""
        return curve_of(self.records, split)

    @cached_property
    def input_shape(self) -> Shape:
        """The shape of an example, as the run says, else as its data set has it."""
        described = self.environment and self.environment.dataset
        return described.input_shape if described else self._source.input_shape

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, as the run says, else as its data set has them."""
        described = self.environment and self.environment.dataset
        return described.class_names if described else self._source.class_names

    @cached_property
    def _source(self) -> Source:
        return open_source(self.config.data)

    @cached_property
    def dataset(self) -> Dataset:
        """The data of the run, with the normalization that was fitted when training began.

        Raises DataError if they are missing, and OtherDataError if they are not those of the run and other data
        are not allowed, or do not fit its network.
        """
        dataset = self._given or load_dataset(self.config.data, self.config.seed)
        recorded = self.environment.data if self.environment else {}
        self._digests = dataset.digests()
        differing = [split for split, digest in self._digests.items() if recorded.get(split, digest) != digest]
        if differing and not self._other_data:
            raise OtherDataError(self._refusal(differing, recorded))
        if fitted := read_normalization(self.run):
            dataset = replace(dataset, normalization=fitted)
        elif "train" in differing and self.config.data.normalize.type != "none":
            raise OtherDataError(
                f"{self.run.path} does not hold the normalization that it was trained with, which cannot be "
                "fitted to other training examples"
            )
        if differing:
            self._check_fit(dataset)
        self._differing = frozenset(differing)
        return dataset

    def _refusal(self, differing: list[str], recorded: dict[str, str]) -> str:
        """Return the message on splits whose digests differ from those ``recorded`` in the run."""
        splits = ", ".join(
            f"{name} (here {self._digests[name][:8]}, was {recorded[name][:8]})" for name in differing
        )
        return (
            f"the examples are not those of {self.run.path.absolute()}: {splits}; put these back, or evaluate on "
            f"the others with nnlab eval {printable(self.name)} --other-data"
        )

    def _check_fit(self, dataset: Dataset) -> None:
        """Raise OtherDataError if the network of the run does not take the examples of ``dataset``."""
        if dataset.input_shape != self.input_shape:
            raise OtherDataError(
                f"the other data have inputs of the shape {list(dataset.input_shape)}, the network of the run "
                f"takes {list(self.input_shape)}"
            )
        if dataset.class_names != self.class_names:
            raise OtherDataError(
                f"the classes of the other data, {_listed(dataset.class_names)}, are not those of the run, "
                f"{_listed(self.class_names)}"
            )

    def checkpoint(self, which: Which) -> Checkpoint:
        """Return the last or the best checkpoint, verified; without a best one the last serves.

        Raises RunError if it cannot be used.
        """
        if which not in self._checkpoints:
            self._checkpoints[which] = self.run.load(which)
        return self._checkpoints[which]

    def network(self, which: Which) -> Network:
        """Return the network of a checkpoint.

        Raises RunError if the checkpoint is of another network, or the config was edited since the run began.
        """
        require_unedited(self.run, self.config)
        checkpoint = self.checkpoint(which)
        key = fingerprint(checkpoint)
        if key not in self._networks:
            network = Network(outline_layers(self.config.network, self.input_shape))
            restore_weights(network, checkpoint)
            self._networks[key] = network
        return self._networks[key]

    @property
    def loss(self) -> Loss:
        """The loss of the run, whose balanced class weights are not counted: ``config.fitted_loss`` does so."""
        return self.config.loss

    def evaluation(self, split: SplitName = "test", checkpoint: Which = "best", *, cause: str) -> Evaluation:
        """Return how a checkpoint does on a split: as stored if it is of the same network and data, else measured.

        A measurement is made and stored as ``evaluate`` does, for ``cause``.
        """
        return self.stored_evaluation(split, checkpoint) or self.evaluate(split, checkpoint, cause=cause)

    def stored_evaluation(self, split: SplitName = "test", checkpoint: Which = "best") -> Evaluation | None:
        """Return the stored evaluation of a checkpoint on a split; None if there is none of that network and data.

        If the data are missing, those of the run are meant. Raises RunError if the checkpoint cannot be used.
        """
        if (split, checkpoint) in self._evaluations:
            return self._evaluations[split, checkpoint]
        require_unedited(self.run, self.config)
        saved = self.checkpoint(checkpoint)
        folders = dict.fromkeys((self._folder(split, checkpoint), folder_of(self.run, split, last=False)))
        for folder in folders:
            found = stored(folder, self.class_names)
            if found is None:
                continue
            record, predictions, metrics = found
            same_network = record.fingerprint in {None, fingerprint(saved)} and record.step == saved.step
            if same_network and self._is_of_the_run(record.run) and self._is_of_the_data(split, record.data):
                evaluation = Evaluation(self, predictions, metrics, split, checkpoint, saved.step)
                self._evaluations[split, checkpoint] = evaluation
                return evaluation
        return None

    def evaluate(self, split: SplitName = "test", checkpoint: Which = "best", *, cause: str) -> Evaluation:
        """Evaluate a checkpoint on a split and store predictions and metrics in the run.

        An evaluation on test data is entered into the run's ledger first, with its ``cause``. Raises RunError if
        the run or checkpoint cannot be used, DataError if the data are missing or others, and SystemFault, before
        they are read, if the run cannot be written.
        """
        check_writable(self.run.path)
        self.run.folder("evaluation", *([] if split == "test" else [split]))
        require_unedited(self.run, self.config)
        require_memory_for_weights(self.config, self.input_shape)
        saved = self.checkpoint(checkpoint)
        with threads.compute(self.config.compute.threads):
            loss = self.config.fitted_loss(self.dataset)
            predictions = predict_split(self.network(checkpoint), loss, self.dataset, split)
        metrics = measure(predictions, self.dataset.class_names)
        data = self._digests[split]
        other = data if split in self._differing else None
        line = None
        if split == "test":
            facts = {
                "cause": cause,
                "checkpoint": checkpoint,
                "step": saved.step,
                "other_data": other and other[:12],
            }
            line = enter(self.run.path, LedgerEntry.model_validate({**facts, **metrics.headline})).checks[-1]
        evaluation = Evaluation(self, predictions, metrics, split, checkpoint, saved.step, other)
        folder = self._folder(split, checkpoint, other)
        _warn_of_another_result(evaluation, folder, fingerprint(saved), data)
        store(evaluation, folder, fingerprint=fingerprint(saved), data=data, ledger=line)
        self._evaluations[split, checkpoint] = evaluation
        return evaluation

    @cached_property
    def normalization(self) -> Affine:
        """The normalization that was fitted when training began, which the run holds; the data are not needed.

        Raises RunError if it is damaged, and for a run of an earlier version, which does not hold it, what
        ``dataset`` raises.
        """
        if fitted := read_normalization(self.run):
            return fitted
        if self.config.data.normalize.type in {"none", "scale"}:  # not fitted to anything
            return self.config.data.normalize.fit(np.zeros((1, *self.input_shape), np.float32))
        return self.dataset.normalization

    def predict(self, images: ArrayLike, checkpoint: Which = "best") -> Answers:
        """Return which classes the network of a checkpoint takes ``images`` for.

        Shapes: images (N, *input_shape) or one example, raw values as in the data of the run: pixels are 0 to 255
        if they were there. They are prepared as the run's own examples are in an evaluation. Nothing is written,
        and the data of the run are not needed.

        Raises RunError if the run or checkpoint cannot be used, UsageError if the shape is not that of the inputs,
        DataError if the values are not finite numbers.
        """
        require_memory_for_weights(self.config, self.input_shape)
        inputs = raw_inputs(images, self.input_shape)
        with threads.compute(self.config.compute.threads):
            return answers(
                self.network(checkpoint),
                self.loss,
                self.normalization.apply,
                inputs,
                self.class_names,
                flips=self.config.data.test_time_flips,
            )

    def _folder(self, split: SplitName, checkpoint: Which, other_data: str | None = None) -> Path:
        last = checkpoint == "last" and self._last_is_not_best
        return folder_of(self.run, split, last=last, other_data=other_data)

    @cached_property
    def _last_is_not_best(self) -> bool:
        """Whether the last checkpoint is another network than the best one; so too if the best one is damaged."""
        try:
            best = self.checkpoint("best")
        except RunError:
            return True
        return fingerprint(best) != fingerprint(self.checkpoint("last"))

    def _is_of_the_run(self, began: str | None) -> bool:
        """Return whether ``began`` is when the run began; None, of an evaluation that does not say, is."""
        recorded = self.environment.began if self.environment else None
        return None in {began, recorded} or began == recorded

    def _is_of_the_data(self, split: SplitName, digest: str | None) -> bool:
        """Return whether ``digest`` is that of the run's split; None, of an evaluation that does not say, is."""
        recorded = self.environment.data.get(split) if self.environment else None
        return None in {digest, recorded} or digest == recorded


def _warn_of_another_result(evaluation: Evaluation, folder: Path, network: str, data: str) -> None:
    """Log a warning if the evaluation stored in ``folder``, of the same network and data, has another result."""
    try:
        before = read_record(folder / "metrics.json", Evaluated)
    except RunError:
        return
    if (before.fingerprint, before.data) != (network, data):
        return
    now = evaluation.metrics
    loss = math.nan if before.loss is None else before.loss
    same_loss = not math.isfinite(now.loss) or math.isclose(loss, now.loss, rel_tol=_SAME_LOSS, abs_tol=1e-6)
    if before.accuracy != now.accuracy or not same_loss:
        log.warning(
            "warning: %s stated an accuracy of %.4f and a loss of %.4f for the same network and data; it is now "
            "%.4f and %.4f; nnlab verify %s checks the run",
            printable(str(folder / "metrics.json")),
            before.accuracy,
            loss,
            now.accuracy,
            now.loss,
            printable(evaluation.trained.name),
        )


def _listed(names: tuple[str, ...]) -> str:
    """Return the first of some class names."""
    return ", ".join(map(printable, names[:5])) + f" and {len(names) - 5} more" * (len(names) > 5)


def evaluate(
    run: Run,
    *,
    split: SplitName = "test",
    checkpoint: Which = "best",
    cause: str = "nnlab.evaluate",
    dataset: Dataset | None = None,
    other_data: bool = False,
) -> Evaluation:
    """Evaluate a run's network on ``split`` and store the predictions and metrics in its directory.

    An evaluation on test data is entered into the run's ledger first, with its ``cause``. ``dataset`` has the
    run's data if they are loaded already. With ``other_data`` the data may differ from those that the run was
    trained on; the results are then stored apart from the run's own.

    The best checkpoint is the one with the best evaluation during training; without evaluations it is the last.
    Raises RunError if the run or checkpoint cannot be used, DataError if the data are missing or others, and
    SystemFault, before they are read, if the run cannot be written.
    """
    return TrainedRun(run, dataset=dataset, other_data=other_data).evaluate(split, checkpoint, cause=cause)


def predict(run: Run, images: ArrayLike, *, checkpoint: Which = "best") -> Answers:
    """Return which classes the network of ``run`` takes raw ``images`` for, as ``TrainedRun.predict`` does."""
    return TrainedRun(run).predict(images, checkpoint)


def load_network(config: Experiment, saved: Checkpoint, input_shape: Shape) -> Network:
    """Return the network of ``config`` as it was saved; raises RunError if it is another network."""
    network = Network(outline_layers(config.network, input_shape))
    restore_weights(network, saved)
    return network
