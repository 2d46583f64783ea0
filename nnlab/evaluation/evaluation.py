"""How a run's network does on one split of its data, and where that is stored."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from nnlab import files
from nnlab.config import Experiment
from nnlab.data import Dataset
from nnlab.errors import DataError, RunError, system_errors
from nnlab.evaluation.calibration import Calibration, calibrate
from nnlab.evaluation.metrics import Metrics, measure
from nnlab.evaluation.predictions import Predictions
from nnlab.nn.network import Network
from nnlab.runs import Run
from nnlab.runs.checkpoints import Which
from nnlab.runs.evidence import sha256
from nnlab.runs.predictions_file import read_predictions, write_predictions
from nnlab.runs.records import Environment, Evaluated, read_record

SplitName: TypeAlias = Literal["train", "validation", "test"]


class EvaluatedRun(Protocol):
    """What an evaluation asks of the run that was evaluated, which is a ``TrainedRun``."""

    @property
    def name(self) -> str:
        """The name of the run's directory."""

    @property
    def config(self) -> Experiment:
        """The resolved config."""

    @property
    def environment(self) -> Environment | None:
        """What environment.json says; None if it is missing or damaged."""

    @property
    def dataset(self) -> Dataset:
        """The data; raises DataError if they are missing."""

    def network(self, which: Which) -> Network:
        """Return the network of a checkpoint."""


@dataclass(frozen=True)
class Evaluation:
    """The predictions of a run's network for one split, and their metrics.

    ``checkpoint`` is the saved state that was evaluated and ``step`` the number of steps behind it. ``other_data``
    is the digest of the examples if they are not those of the run, else None.
    """

    trained: EvaluatedRun
    predictions: Predictions
    metrics: Metrics
    split: SplitName
    checkpoint: Which
    step: int
    other_data: str | None = None

    @property
    def config(self) -> Experiment:
        """The config of the run."""
        return self.trained.config

    @property
    def dataset(self) -> Dataset:
        """The data of the run; raises DataError if they are missing."""
        return self.trained.dataset

    @property
    def network(self) -> Network:
        """The network that was evaluated."""
        return self.trained.network(self.checkpoint)

    @property
    def calibration(self) -> Calibration:
        """How far the confidence of the predictions matches their accuracy."""
        return calibrate(self.predictions)

    def as_json(self) -> dict[str, Any]:
        """Return the metrics and what they were measured on, as plain data."""
        what = {"split": self.split, "checkpoint": self.checkpoint, "step": self.step}
        other = {"other_data": self.other_data} if self.other_data else {}
        return {**self.metrics.as_json(), "calibration": self.calibration.as_json(), **what, **other}


def folder_of(run: Run, split: SplitName, *, last: bool, other_data: str | None = None) -> Path:
    """Return the folder in which an evaluation is stored.

    Each split has a folder, and in it the last checkpoint one of its own if it is not the best one too. Results on
    other data than the run's are apart from all of them. Raises RunError if a folder on the way is a link.
    """
    parts = ["evaluation"]
    if other_data:
        parts.append(f"other-{other_data[:8]}")
    if split != "test":
        parts.append(split)
    if last:
        parts.append("last")
    return run.folder(*parts)


def store(evaluation: Evaluation, folder: Path, *, fingerprint: str, data: str, ledger: str | None) -> None:
    """Write predictions.npz and metrics.json to ``folder``, such that a reader finds the old pair or the new one.

    ``fingerprint`` identifies the network and ``data`` the examples; ``ledger`` is the check of the line of an
    evaluation on test data. Raises SystemFault if the machine refuses.
    """
    pending, place = folder / "predictions.npz.pending", folder / "predictions.npz"
    write_predictions(pending, vars(evaluation.predictions))
    digest = sha256(pending)
    identity = {"fingerprint": fingerprint, "data": data, "predictions": digest}
    if ledger is not None:
        identity["ledger"] = ledger
    if (environment := evaluation.trained.environment) and environment.began:
        identity["run"] = environment.began
    files.write_json(folder / "metrics.json", {**evaluation.as_json(), **identity})
    with system_errors("write", place):
        pending.replace(place)
        files.sync_directory(folder)


def stored(folder: Path, class_names: tuple[str, ...]) -> tuple[Evaluated, Predictions, Metrics] | None:
    """Return the evaluation in ``folder``, or None if there is none that is whole and consistent."""
    try:
        record = read_record(folder / "metrics.json", Evaluated)
        path = next((path for path in _places(folder) if record.predictions in {None, sha256(path)}), None)
        if path is None or not record.count:
            return None
        predictions = Predictions(**read_predictions(path, record.count, len(class_names)))
    except (RunError, DataError):
        return None
    metrics = measure(predictions, class_names)
    return (record, predictions, metrics) if metrics.accuracy == record.accuracy else None


def _places(folder: Path) -> list[Path]:
    """Return the files that may hold the predictions; the second one if a process was killed before a rename."""
    names = ("predictions.npz", "predictions.npz.pending")
    return [folder / name for name in names if (folder / name).is_file()]
