"""Evaluate the network of a run on a split of its data, and read what an earlier evaluation found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from nnlab import files
from nnlab.config import Experiment, load_config
from nnlab.data import Dataset, load_dataset
from nnlab.errors import DataError, RunError
from nnlab.evaluation.calibration import Calibration, calibrate
from nnlab.evaluation.metrics import Metrics, measure
from nnlab.evaluation.predictions import Predictions, predict_split
from nnlab.memory import require_memory_for_weights
from nnlab.nn.kernels import threads
from nnlab.nn.network import Network, outline_layers
from nnlab.runs import Checkpoint, Run, check_writable
from nnlab.runs.arrays import restore_weights
from nnlab.runs.checkpoints import Which
from nnlab.runs.ledger import LedgerEntry, enter
from nnlab.runs.predictions import read_predictions, write_predictions
from nnlab.runs.records import Evaluated, read_record
from nnlab.summary import summarize

SplitName: TypeAlias = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Outcome:
    """How a run's network did on one split."""

    config: Experiment
    predictions: Predictions
    metrics: Metrics
    split: SplitName
    checkpoint: Which
    step: int

    @property
    def calibration(self) -> Calibration:
        """How far the confidence of the predictions is what it promises."""
        return calibrate(self.predictions)

    def as_json(self) -> dict[str, Any]:
        """Return the metrics and what they were measured on, as plain data."""
        what = {"split": self.split, "checkpoint": self.checkpoint, "step": self.step}
        return {**self.metrics.as_json(), "calibration": self.calibration.as_json(), **what}


@dataclass(frozen=True)
class Evaluation(Outcome):
    """An outcome with the network and the data that it came of."""

    network: Network
    dataset: Dataset


def evaluate(
    run: Run,
    *,
    split: SplitName = "test",
    checkpoint: Which = "best",
    cause: str = "nnlab.evaluate",
    dataset: Dataset | None = None,
) -> Evaluation:
    """Evaluate a run's network on ``split`` and keep the predictions and metrics in its directory.

    They are in ``evaluation/`` for the test split and in a folder of it for the others. An evaluation on test data
    is entered into the run's ledger first, with its ``cause``. ``dataset`` has the run's data, if they were loaded
    already.

    The best checkpoint is the one with the best evaluation during training; without evaluations it is the
    last. Raises RunError if the run or checkpoint cannot be used, DataError if the data are missing, and
    SystemFault, before they are read, if the run cannot be written.
    """
    config, folder = load_config(run.config), _folder(run, split)
    check_writable(run.path)
    require_memory_for_weights(config)
    saved = run.load(checkpoint)
    with threads.compute(config.compute.threads):
        dataset = dataset or load_dataset(config.data, config.seed)
        network = load_network(config, saved)
        predictions = predict_split(network, config.loss, dataset, split)
    metrics = measure(predictions, dataset.class_names)
    if split == "test":
        enter(run.path, LedgerEntry(cause=cause, checkpoint=checkpoint, step=saved.step, **metrics.told))
    write_predictions(folder / "predictions.npz", vars(predictions))
    evaluation = Evaluation(config, predictions, metrics, split, checkpoint, saved.step, network, dataset)
    files.write_json(folder / "metrics.json", evaluation.as_json())
    return evaluation


def recall(run: Run, *, split: SplitName = "test", dataset: Dataset | None = None) -> Outcome | None:
    """Return what ``evaluate`` found last; None unless that is whole, and of a checkpoint as it is now.

    With ``dataset`` it is an Evaluation, or None if of other data. Raises RunError if the run cannot be used.
    """
    config, folder = load_config(run.config), _folder(run, split)
    names = summarize(config).class_names
    try:
        told = read_record(folder / "metrics.json", Evaluated)
        predictions = Predictions(**read_predictions(folder / "predictions.npz", told.count, len(names)))
    except (RunError, DataError):
        return None
    saved = run.checkpoints.load(told.checkpoint)
    if not told.count or told.step != saved.step:
        return None
    metrics = measure(predictions, names)
    if metrics.accuracy != told.accuracy:
        return None
    outcome = Outcome(config, predictions, metrics, split, told.checkpoint, told.step)
    if dataset is None:
        return outcome
    if not np.array_equal(predictions.labels, dataset.split(split).labels):
        return None
    return Evaluation(**vars(outcome), network=load_network(config, saved), dataset=dataset)


def _folder(run: Run, split: SplitName) -> Path:
    return run.evaluation if split == "test" else run.folder("evaluation", split)


def load_network(config: Experiment, saved: Checkpoint) -> Network:
    """Return the network of ``config`` as it was saved; raises RunError if it is another network."""
    network = Network(outline_layers(config.network, summarize(config).input_shape))
    restore_weights(network, saved)
    return network
