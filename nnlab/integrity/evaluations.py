"""Whether a stored evaluation follows from its predictions, and those from the network and the data of the run."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnlab.config import Experiment
from nnlab.data import Dataset
from nnlab.errors import RunError
from nnlab.evaluation import Metrics, Predictions, SplitName, calibrate, load_network, measure, predict_split
from nnlab.nn.kernels import threads
from nnlab.runs import Checkpoint
from nnlab.runs.checkpoint_arrays import fingerprint
from nnlab.runs.evidence import predictions_in, sha256
from nnlab.runs.ledger import NAME as LEDGER
from nnlab.runs.ledger import Ledger

TOLERANCE = 1e-3
"""The largest difference of probabilities and of relative losses that another BLAS may cause."""

_SAME_LOSS = 1e-5  # relative difference of a mean loss that is computed in another order

_NEWER = {"calibration", "cross_entropy"}  # values that evaluations of earlier versions lack


class Evaluator:
    """The checkpoints of a run, evaluated again on its data, each at most once on a split.

    With ``exact`` the environment is that of the training run, so that the bits must be the same.
    """

    def __init__(self, config: Experiment, dataset: Dataset, *, exact: bool) -> None:
        self.exact = exact
        self._config, self._dataset = config, dataset
        self._known: dict[tuple[str, str], Predictions] = {}

    def predictions(self, saved: Checkpoint, split: str) -> Predictions:
        """Return what the network of ``saved`` predicts; raises RunError if it is of another network."""
        key = (fingerprint(saved), split)
        if key not in self._known:
            network = load_network(self._config, saved, self._dataset.input_shape)
            with threads.compute(self._config.compute.threads):
                loss = self._config.fitted_loss(self._dataset)
                self._known[key] = predict_split(network, loss, self._dataset, split)
        return self._known[key]

    def metrics(self, saved: Checkpoint, split: str) -> Metrics:
        """Return the metrics of the network of ``saved`` on a split."""
        return measure(self.predictions(saved, split), self._dataset.class_names)

    def check_measurement(
        self, saved: Checkpoint, split: str, what: str, loss: float | None, accuracy: float
    ) -> None:
        """Raise RunError unless the network of ``saved`` has this loss and accuracy."""
        now = self.metrics(saved, split)
        loss_slack, slack = (_SAME_LOSS, 0.0) if self.exact else (TOLERANCE, max(TOLERANCE, 2 / now.count))
        same_loss = loss is None or math.isclose(loss, now.loss, rel_tol=loss_slack, abs_tol=1e-6)
        if not same_loss or abs(accuracy - now.accuracy) > slack:
            raise RunError(
                f"{what} an accuracy of {accuracy:.4f} and a loss of {loss or math.nan:.4f}, but the network has "
                f"{now.accuracy:.4f} and {now.loss:.4f} on the {split} examples"
            )

    def check_predictions(self, saved: Checkpoint, split: str, stored: Predictions) -> str:
        """Return how ``stored`` compares with the predictions now; raises RunError if they are others."""
        now = self.predictions(saved, split)
        if stored.labels.shape != now.labels.shape or (stored.labels != now.labels).any():
            raise RunError(f"its labels are not those of the {split} examples")
        arrays = [(getattr(stored, key), getattr(now, key)) for key in ("predicted", "probabilities", "losses")]
        if all(a.shape == b.shape and np.array_equal(a, b, equal_nan=True) for a, b in arrays):
            return "evaluated again: the same"
        wrong = int((stored.predicted != now.predicted).sum())
        apart = _largest(stored.probabilities, now.probabilities)
        if self.exact or apart > TOLERANCE or _largest_loss(stored.losses, now.losses) > TOLERANCE:
            raise RunError(
                f"evaluated again, the network predicts something else: {wrong:,} of {len(now.labels):,} classes "
                f"differ, and probabilities by up to {apart:.2g}"
            )
        return f"evaluated again in another environment: probabilities differ by up to {apart:.1g}"


def _largest(a: Any, b: Any) -> float:
    """Return the largest difference of two arrays; infinite if their shapes differ or only one is NaN."""
    if a.shape != b.shape:
        return math.inf
    apart = np.abs(a.astype(np.float64) - b)
    apart[np.isnan(a) & np.isnan(b)] = 0
    return float(np.nan_to_num(apart, nan=math.inf).max(initial=0))


def _largest_loss(a: Any, b: Any) -> float:
    """Return the largest difference of two arrays of losses, relative to losses above 1."""
    scale = np.maximum(1, np.abs(b)) if a.shape == b.shape else 1
    return _largest(a / scale, b / scale)


def with_normalization(dataset: Dataset, fitted: Any) -> Dataset:
    """Return ``dataset`` with the normalization that a run holds, if it holds one."""
    return dataset if fitted is None else replace(dataset, normalization=fitted)


def check_record(folder: Path, recorded: dict[str, Any], predictions: Predictions) -> Metrics:
    """Return the metrics of ``predictions``; raises RunError unless the file metrics.json says the same."""
    try:
        metrics = measure(predictions, [row["class"] for row in recorded["per_class"]])
        measured = {**metrics.as_json(), "calibration": calibrate(predictions).as_json()}
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"it does not match predictions.npz: {error}") from error
    if "predictions" not in recorded:  # of an earlier version
        measured = {key: value for key, value in measured.items() if key in recorded or key not in _NEWER}
    differing = sorted(key for key, value in measured.items() if recorded.get(key) != value)
    if "predictions" in recorded and recorded["predictions"] != sha256(predictions_in(folder)):
        differing.append("predictions (the digest of the file)")
    if differing:
        verb = "does" if len(differing) == 1 else "do"
        raise RunError(f"{', '.join(differing)} {verb} not match predictions.npz")
    return metrics


def check_place(folder: str, recorded: dict[str, Any]) -> SplitName:
    """Return the split of an evaluation; raises RunError unless its folder is that of what metrics.json names.

    ``folder`` is relative to the run.
    """
    split = recorded.get("split", "test")
    other = recorded.get("other_data")
    parts = ["evaluation"]
    if other:
        parts.append(f"other-{str(other)[:8]}")
    if split != "test":
        parts.append(str(split))
    places = {"/".join(parts)} | ({"/".join([*parts, "last"])} if recorded.get("checkpoint") == "last" else set())
    of_an_earlier_version = "predictions" not in recorded and folder == "evaluation"
    if split not in {"train", "validation", "test"} or not (folder in places or of_an_earlier_version):
        raise RunError(
            f"it says {split} split, {recorded.get('checkpoint')} checkpoint, which is not what {folder} is for"
        )
    name: SplitName = split
    return name


def check_data(split: str, recorded: dict[str, Any], known: str | None) -> None:
    """Raise RunError if an evaluation is of other data than those of digest ``known``, and does not say so."""
    other = recorded.get("other_data")
    if other is not None and (other != recorded.get("data") or other == known):
        raise RunError("it says that it is of other data, but not of which")
    if other is None and known and recorded.get("data", known) != known:
        raise RunError(f"it is of other data than the {split} examples of the run, and does not say so")


def check_ledger(recorded: dict[str, Any], metrics: Metrics, ledger: Ledger) -> None:
    """Raise RunError if an evaluation on test data is not in the ledger, or is there with another result."""
    other = recorded.get("other_data")
    short = str(other)[:12] if other else None
    entries = [each for each in ledger.entries if (each.step, each.other_data) == (recorded.get("step"), short)]
    if not entries and "predictions" in recorded:
        raise RunError(f"{LEDGER} does not list it")
    if entries and not any(abs(each.accuracy - metrics.accuracy) < TOLERANCE for each in entries):
        raise RunError(f"its accuracy is {metrics.accuracy:.4f}, but {LEDGER} says {entries[-1].accuracy:.4f}")
