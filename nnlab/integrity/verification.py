"""Verify a run: check each file against its digests or against the other files."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nnlab import files
from nnlab.config import Experiment, as_yaml, load_config
from nnlab.data import Dataset, available, load_dataset
from nnlab.data.lookup import expanded
from nnlab.data.npz import NpzFile
from nnlab.errors import NnlabError, RunError
from nnlab.evaluation import Predictions, load_network, measure
from nnlab.integrity.findings import Finding, State, Verification
from nnlab.integrity.settling import IN_USE, settled
from nnlab.registry import DATASETS
from nnlab.runs import Checkpoint, Run, ledger, normalization, read_checkpoint
from nnlab.runs.changes import changes_since
from nnlab.runs.metrics import scan
from nnlab.runs.normalization import read_normalization
from nnlab.runs.predictions import ARRAYS
from nnlab.runs.records import Environment, Measurement, Summary, read_record

_OWN = {"config.yaml", "environment.json", "metrics.jsonl", "summary.json", ".lock", ".lock.holder", ".lock.turn"}
_OTHERS = {
    "figures": "can be drawn again",
    "tensorboard": "TensorBoard's copy of the records in metrics.jsonl",
}
_PREFIXES = {"last": "step", "previous": "step", "best": "best"}


class _EndedSummary(Summary):
    """The summary of a training run that ended, with its newest evaluation."""

    last: Measurement | None


def verify(run: Run) -> Verification:
    """Check every file of ``run`` against its digests or, without digests, against the other files.

    Nothing is written, and no data are downloaded. Beside a process that writes the run, what changed is checked
    again. Raises RunError if a folder of the run is a link.
    """
    return settled(run.path, lambda: _Verifier(run).result())


class _Verifier:
    """The findings on one run so far, and the contents that later checks compare with."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._findings: list[Finding] = []
        self._config: Experiment | None = None
        self._environment: Environment | None = None
        self._records: list[dict[str, Any]] = []
        self._log_size = 0
        self._index_before: dict[str, Any] | None = None
        self._saved: dict[str, Checkpoint] = {}
        self._unread: dict[str, RunError] = {}
        self._predictions: Predictions | None = None
        self._finished = False

    def result(self) -> Verification:
        """Run all checks and return the findings."""
        self._read_checkpoints()
        self._check("config.yaml", self._check_config)
        self._check("environment.json", self._check_environment)
        if (self._run.path / normalization.NAME).exists():
            self._check(normalization.NAME, self._check_normalization)
        self._check("metrics.jsonl", self._check_metrics)
        for name in (*self._saved, *self._unread):
            self._check(f"checkpoints/{name}", partial(self._check_checkpoint, name))
        self._check("checkpoints/index.json", self._check_index)
        self._check("summary.json", self._check_summary)
        if (self._run.path / ledger.NAME).exists():
            self._check(ledger.NAME, self._check_ledger)
        for folder in sorted({path.parent for path in self._run.evaluation.rglob("*.*")}):
            place = folder.relative_to(self._run.path).as_posix()
            self._check(f"{place}/predictions.npz", partial(self._check_predictions, folder))
            self._check(f"{place}/metrics.json", partial(self._check_evaluation, folder))
        self._check("the data", self._check_data)
        self._list_others()
        return Verification(tuple(self._findings), tuple(self._usable()))

    def _read_checkpoints(self) -> None:
        self._index_before = self._index_now()
        for path in sorted(self._run.folder("checkpoints").glob("*.safetensors")):
            try:
                self._saved[path.name] = read_checkpoint(path)
            except RunError as error:
                if not isinstance(error.__cause__, FileNotFoundError):  # else a save removed it
                    self._unread[path.name] = error

    def _index_now(self) -> dict[str, Any] | None:
        try:
            return files.read_json(self._run.path / "checkpoints" / "index.json")
        except RunError:
            return None

    def _check(self, file: str, check: Callable[[], tuple[State, str]]) -> None:
        """Record the finding of ``check`` on a file; an error it raises means damage."""
        try:
            state, note = check()
        except NnlabError as error:
            first, *_ = str(error).replace(f"{self._run.path}/", "").splitlines()
            state, note = "damaged", first
        self._findings.append(Finding(file, state, note))

    def _check_config(self) -> tuple[State, str]:
        self._config = load_config(self._run.config)
        if changed := {str(each) for saved in self._saved.values() for each in changes_since(self._config, saved)}:
            raise RunError(f"edited since training: {'; '.join(sorted(changed))}")
        if files.read_whole(self._run.config) == as_yaml(self._config).encode():
            return "intact", "nnlab train with it repeats the run"
        if any("config" in saved.facts for saved in self._saved.values()):
            return "intact", "not as this version of nnlab writes it, but the settings are those of training"
        raise RunError(
            "not as this version of nnlab writes it, and no checkpoint records the settings of training"
        )

    def _check_environment(self) -> tuple[State, str]:
        path = self._run.path / "environment.json"
        if not path.exists() and not self._run.begun:
            return "missing", "training has not begun"
        self._environment = facts = read_record(path, Environment)
        note = f"NumPy {facts.versions.get('numpy', 'unknown')} on {facts.cpu}"
        resumed = files.read_json(path).get("resumed")
        return "intact", f"{note}; resumed inexactly: {len(resumed)}" if resumed else note

    def _check_normalization(self) -> tuple[State, str]:
        read_normalization(self._run)
        return "intact", "every value matches its digest"

    def _check_metrics(self) -> tuple[State, str]:
        if not self._run.metrics.exists() and not self._run.begun:
            return "missing", "training has not begun"
        reading = scan(self._run.metrics)
        self._records, self._log_size = reading.records, reading.size
        last = f"to step {reading.records[-1]['step']:,}" if reading.records else "so far"
        if reading.damage:
            raise RunError(f"line {reading.damage}; {len(reading.records):,} records before it are intact")
        if any(b["step"] < a["step"] for a, b in zip(reading.records, reading.records[1:], strict=False)):
            raise RunError("the steps of its records decrease")
        needed = max((saved.facts.get("metrics_bytes", 0) for saved in self._saved.values()), default=0)
        if reading.size < needed:
            raise RunError(
                f"it lacks {needed - reading.size:,} bytes that were there when the newest checkpoint was saved"
            )
        torn = f"; {reading.torn} bytes of an incomplete record after them" if reading.torn else ""
        return "intact", f"{len(reading.records):,} records {last}{torn}"

    def _check_checkpoint(self, name: str) -> tuple[State, str]:
        if name in self._unread:
            raise self._unread[name]
        saved = self._saved[name]
        if not all(np.isfinite(array).all() for array in saved.arrays.values()):
            raise RunError("it contains values that are not finite")
        if self._config is not None:
            load_network(self._config, saved)
        arrays, size = len(saved.arrays), sum(array.nbytes for array in saved.arrays.values())
        return "intact", f"step {saved.step:,}: {arrays} arrays, {size:,} bytes, digests match"

    def _check_index(self) -> tuple[State, str]:
        path = self._run.path / "checkpoints" / "index.json"
        if not path.exists():
            return "missing", "it can be rebuilt" if self._saved else "there is no checkpoint"
        named = files.read_json(path)
        if named != self._index_before:
            return "not checked", IN_USE
        for which, name in named.items():
            if name not in self._saved or not name.startswith(_PREFIXES.get(which, "none")):
                raise RunError(f"{which} is {name!r}, which is not an intact checkpoint")
        return "intact", ", ".join(f"{which} of step {self._saved[name].step:,}" for which, name in named.items())

    def _check_summary(self) -> tuple[State, str]:
        path = self._run.path / "summary.json"
        if not path.exists():
            return "missing", "it is written when training ends"
        facts = read_record(path, _EndedSummary)
        self._finished = facts.finished
        if not self._saved and not self._unread:
            raise RunError(f"it describes training of {facts.steps:,} steps, but there is no checkpoint")
        if any(finding.file == "metrics.jsonl" and finding.state == "damaged" for finding in self._findings):
            return "not checked", "there is no intact metrics.jsonl to compare it with"
        records = [each for each in self._records if each["split"] == facts.evaluated_on]
        known = {(each["step"], each["loss"], each["accuracy"]) for each in records}
        for which, measured in (("best", facts.best), ("last", facts.last)):
            if measured and (measured.step, measured.loss, measured.accuracy) not in known:
                raise RunError(f"its {which} evaluation, of step {measured.step:,}, is not in metrics.jsonl")
        return "intact", f"{facts.status} after {facts.steps:,} steps"

    def _check_ledger(self) -> tuple[State, str]:
        looks = ledger.read_ledger(self._run.path)
        if not looks.entries:
            raise RunError("it is empty")
        return "intact", f"the test data were {looks}"

    def _check_predictions(self, folder: Path) -> tuple[State, str]:
        self._predictions = None
        arrays = NpzFile(folder / "predictions.npz")
        self._predictions = Predictions(*(arrays.values(key) for key in ARRAYS))
        return "intact", f"labels, probabilities and losses of {len(self._predictions.labels):,} examples"

    def _check_evaluation(self, folder: Path) -> tuple[State, str]:
        predictions, recorded = self._predictions, files.read_json(folder / "metrics.json")
        if predictions is None:
            return "not checked", "there is no intact predictions.npz to compare it with"
        try:
            measured = measure(predictions, [row["class"] for row in recorded["per_class"]]).as_json()
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise RunError(f"it does not match predictions.npz: {error}") from error
        differing = sorted(key for key, value in measured.items() if recorded.get(key) != value)
        if differing:
            raise RunError(
                f"{', '.join(differing)} {'does' if len(differing) == 1 else 'do'} not match predictions.npz"
            )
        if self._saved and recorded.get("step") not in {saved.step for saved in self._saved.values()}:
            return "not checked", f"of step {recorded.get('step')}, whose checkpoint is no longer kept"
        return (
            "intact",
            f"accuracy {measured['accuracy']:.4f} on {measured['count']:,} examples, as in predictions.npz",
        )

    def _check_data(self) -> tuple[State, str]:
        if self._config is None or self._environment is None:
            return "not checked", "config.yaml or environment.json is damaged or missing"
        spec, kind = self._config.data, self._config.data.type
        if DATASETS[kind].published is not None:
            root = expanded(spec.root, "data.root") if spec.root else None
            if not any(holding.files for holding in available(root) if holding.name == kind):
                return "not checked", f"{kind} is not on this machine"
        dataset: Dataset = load_dataset(spec, self._config.seed)
        if dataset.digests() != self._environment.data:
            raise RunError(f"{kind} differs from the data the run was trained on")
        return "intact", f"{kind} is the data the run was trained on"

    def _list_others(self) -> None:
        """List the files that no check covers."""
        covered = _OWN | {finding.file for finding in self._findings}
        for path in sorted(self._run.path.rglob("*")):
            name = path.relative_to(self._run.path).as_posix()
            if name in covered or (path.is_dir() and not path.is_symlink()):
                continue
            note = _OTHERS.get(name.split("/")[0], "not written by nnlab")
            if path.name.startswith(".") and path.suffix == ".tmp":
                note = "left by a killed process; can be deleted"
            self._findings.append(Finding(name, "not checked", note))

    def _usable(self) -> list[str]:
        """Return what the run can still be used for, in sentences."""
        if self._config is None:
            return []
        broken = {finding.file for finding in self._findings if finding.state == "damaged"}
        uses = [] if "config.yaml" in broken else [f"nnlab train {self._run.config} trains it again"]
        last = self._newest()
        if last and not self._finished and not broken & {"config.yaml", "environment.json", "the data"}:
            without_best = any(file.startswith("checkpoints/best-") for file in broken)
            uses.append(f"nnlab resume {'--allow-inexact ' * without_best}continues from step {last.step:,}")
        if steps := sorted({saved.step for saved in self._saved.values()}):
            uses.append(f"the weights of step {' and '.join(f'{step:,}' for step in steps)} can be loaded")
        if self._records:
            uses.append(f"{len(self._records):,} records of loss and accuracy can be drawn")
        return uses

    def _newest(self) -> Checkpoint | None:
        """Return the checkpoint from which ``nnlab resume`` continues; None if it cannot."""
        steps = [saved for name, saved in self._saved.items() if name.startswith("step-")]
        last = max(steps, key=lambda saved: saved.step, default=None)
        return last if last and last.facts.get("metrics_bytes", math.inf) <= self._log_size else None
