"""The check of a run, file after file."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nnlab import files
from nnlab.config import Experiment, as_yaml, load_config
from nnlab.data import Dataset, available, load_dataset
from nnlab.data.npz import NpzFile
from nnlab.errors import NnlabError, RunError
from nnlab.evaluation import Predictions, load_network, measure
from nnlab.integrity.findings import Finding, State, Verification
from nnlab.registry import DATASETS
from nnlab.runs import Checkpoint, Run, ledger, read_checkpoint
from nnlab.runs.changes import changes_since
from nnlab.runs.metrics import scan
from nnlab.runs.predictions import ARRAYS
from nnlab.runs.records import Environment, Measurement, Summary, read_record

_OWN = {"config.yaml", "environment.json", "metrics.jsonl", "summary.json", ".lock", ".lock.holder"}
_OTHERS = {
    "figures": "can be drawn again",
    "tensorboard": "TensorBoard's, of records that are in metrics.jsonl too",
}
_KINDS = {"last": "step", "previous": "step", "best": "best"}


class _Ended(Summary):
    """The summary of a training that ended, with its newest evaluation."""

    last: Measurement | None


def verify(run: Run) -> Verification:
    """Check every file of ``run`` against its digests or, where it has none, against the other files.

    Nothing is written, and no data are downloaded. Raises RunError if a folder of the run is a link.
    """
    return _Check(run).result()


class _Check:
    """What was found of one run so far, and what is left to compare with it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._findings: list[Finding] = []
        self._config: Experiment | None = None
        self._environment: Environment | None = None
        self._records: list[dict[str, Any]] = []
        self._log_size = 0
        self._saved: dict[str, Checkpoint] = {}
        self._unread: dict[str, RunError] = {}
        self._predictions: Predictions | None = None
        self._finished = False

    def result(self) -> Verification:
        """Check file after file."""
        self._read_checkpoints()
        self._look("config.yaml", self._check_config)
        self._look("environment.json", self._check_environment)
        self._look("metrics.jsonl", self._check_metrics)
        for name in (*self._saved, *self._unread):
            self._look(f"checkpoints/{name}", partial(self._check_checkpoint, name))
        self._look("checkpoints/index.json", self._check_index)
        self._look("summary.json", self._check_summary)
        if (self._run.path / ledger.NAME).exists():
            self._look(ledger.NAME, self._check_ledger)
        for folder in sorted({path.parent for path in self._run.evaluation.rglob("*.*")}):
            place = folder.relative_to(self._run.path).as_posix()
            self._look(f"{place}/predictions.npz", partial(self._check_predictions, folder))
            self._look(f"{place}/metrics.json", partial(self._check_evaluation, folder))
        self._look("the data", self._check_data)
        self._list_others()
        return Verification(tuple(self._findings), tuple(self._usable()))

    def _read_checkpoints(self) -> None:
        for path in sorted(self._run.folder("checkpoints").glob("*.safetensors")):
            try:
                self._saved[path.name] = read_checkpoint(path)
            except RunError as error:
                self._unread[path.name] = error

    def _look(self, file: str, check: Callable[[], tuple[State, str]]) -> None:
        """Take down what ``check`` says of a file, or what it raises."""
        try:
            state, note = check()
        except NnlabError as error:
            first, *_ = str(error).replace(f"{self._run.path}/", "").splitlines()
            state, note = "damaged", first
        self._findings.append(Finding(file, state, note))

    def _check_config(self) -> tuple[State, str]:
        self._config = load_config(self._run.config)
        if changed := {str(each) for saved in self._saved.values() for each in changes_since(self._config, saved)}:
            raise RunError(f"it was edited since the training: {'; '.join(sorted(changed))}")
        if files.read_whole(self._run.config) == as_yaml(self._config).encode():
            return "intact", "nnlab train on it repeats the run"
        if any("config" in saved.facts for saved in self._saved.values()):
            return "intact", "not as this nnlab writes it, but the settings are those of the training"
        raise RunError("not as this nnlab writes it, and no checkpoint tells the settings of the training")

    def _check_environment(self) -> tuple[State, str]:
        path = self._run.path / "environment.json"
        if not path.exists() and not self._run.begun:
            return "missing", "the training was not begun"
        self._environment = facts = read_record(path, Environment)
        note = f"NumPy {facts.versions.get('numpy', 'unknown')} on {facts.cpu}"
        resumed = files.read_json(path).get("resumed")
        return "intact", f"{note}; resumed inexactly: {len(resumed)}" if resumed else note

    def _check_metrics(self) -> tuple[State, str]:
        if not self._run.metrics.exists() and not self._run.begun:
            return "missing", "the training was not begun"
        reading = scan(self._run.metrics)
        self._records, self._log_size = reading.records, reading.size
        last = f"to step {reading.records[-1]['step']:,}" if reading.records else "so far"
        if reading.damage:
            raise RunError(f"line {reading.damage}; {len(reading.records):,} records before it are intact")
        if any(b["step"] < a["step"] for a, b in zip(reading.records, reading.records[1:], strict=False)):
            raise RunError("the steps of its records go back")
        needed = max((saved.facts.get("metrics_bytes", 0) for saved in self._saved.values()), default=0)
        if reading.size < needed:
            raise RunError(f"it ends {needed - reading.size:,} bytes before the newest checkpoint was saved")
        torn = f"; {reading.torn} bytes of a torn record after them" if reading.torn else ""
        return "intact", f"{len(reading.records):,} records {last}{torn}"

    def _check_checkpoint(self, name: str) -> tuple[State, str]:
        if name in self._unread:
            raise self._unread[name]
        saved = self._saved[name]
        if not all(np.isfinite(array).all() for array in saved.arrays.values()):
            raise RunError("it has values that are not finite")
        if self._config is not None:
            load_network(self._config, saved)
        arrays, size = len(saved.arrays), sum(array.nbytes for array in saved.arrays.values())
        return "intact", f"step {saved.step:,}: {arrays} arrays, {size:,} bytes, each under its digest"

    def _check_index(self) -> tuple[State, str]:
        path = self._run.path / "checkpoints" / "index.json"
        if not path.exists():
            return "missing", "it can be found again" if self._saved else "there is no checkpoint"
        named = files.read_json(path)
        for which, name in named.items():
            if name not in self._saved or not name.startswith(_KINDS.get(which, "none")):
                raise RunError(f"{which} is {name!r}, which is no intact checkpoint")
        return "intact", ", ".join(f"{which} of step {self._saved[name].step:,}" for which, name in named.items())

    def _check_summary(self) -> tuple[State, str]:
        path = self._run.path / "summary.json"
        if not path.exists():
            return "missing", "it is written when a training ends"
        facts = read_record(path, _Ended)
        self._finished = facts.finished
        if not self._saved and not self._unread:
            raise RunError(f"it tells of a training of {facts.steps:,} steps, of which there is no checkpoint")
        if any(finding.file == "metrics.jsonl" and finding.state == "damaged" for finding in self._findings):
            return "not checked", "there is no intact metrics.jsonl to compare it with"
        told = [each for each in self._records if each["split"] == facts.evaluated_on]
        known = {(each["step"], each["loss"], each["accuracy"]) for each in told}
        for which, measured in (("best", facts.best), ("last", facts.last)):
            if measured and (measured.step, measured.loss, measured.accuracy) not in known:
                raise RunError(f"its {which} evaluation, of step {measured.step:,}, is not in metrics.jsonl")
        return "intact", f"{facts.status} after {facts.steps:,} steps"

    def _check_ledger(self) -> tuple[State, str]:
        looks = ledger.read_ledger(self._run.path)
        if not looks.entries:
            raise RunError("it has no line")
        return "intact", f"the test data were {looks}"

    def _check_predictions(self, folder: Path) -> tuple[State, str]:
        self._predictions = None
        arrays = NpzFile(folder / "predictions.npz")
        self._predictions = Predictions(*(arrays.values(key) for key in ARRAYS))
        return "intact", f"labels, probabilities and losses of {len(self._predictions.labels):,} examples"

    def _check_evaluation(self, folder: Path) -> tuple[State, str]:
        predictions, told = self._predictions, files.read_json(folder / "metrics.json")
        if predictions is None:
            return "not checked", "there is no intact predictions.npz to compare it with"
        try:
            found = measure(predictions, [row["class"] for row in told["per_class"]]).as_json()
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise RunError(f"it does not fit predictions.npz: {error}") from error
        differing = sorted(key for key, value in found.items() if told.get(key) != value)
        if differing:
            raise RunError(f"its {', '.join(differing)} cannot be had from predictions.npz")
        if self._saved and told.get("step") not in {saved.step for saved in self._saved.values()}:
            return "not checked", f"of step {told.get('step')}, whose checkpoint is no longer kept"
        return "intact", f"accuracy {found['accuracy']:.4f} on {found['count']:,} examples, as in predictions.npz"

    def _check_data(self) -> tuple[State, str]:
        if self._config is None or self._environment is None:
            return "not checked", "config.yaml or environment.json does not tell what they were"
        spec, kind = self._config.data, self._config.data.type
        if DATASETS[kind].published is not None:
            root = Path(spec.root).expanduser() if spec.root else None
            if not any(holding.files for holding in available(root) if holding.name == kind):
                return "not checked", f"{kind} is not on this machine"
        dataset: Dataset = load_dataset(spec, self._config.seed)
        if dataset.digests() != self._environment.data:
            raise RunError(f"{kind} is now other data than the run was trained on")
        return "intact", f"{kind} is what the run was trained on"

    def _list_others(self) -> None:
        """List what no check has looked at."""
        looked_at = _OWN | {finding.file for finding in self._findings}
        for path in sorted(self._run.path.rglob("*")):
            name = path.relative_to(self._run.path).as_posix()
            if name in looked_at or (path.is_dir() and not path.is_symlink()):
                continue
            note = _OTHERS.get(name.split("/")[0], "not nnlab's")
            if path.name.startswith(".") and path.suffix == ".tmp":
                note = "left by a killed process; of no use"
            self._findings.append(Finding(name, "not checked", note))

    def _usable(self) -> list[str]:
        """Return what can be done with the run, as far as it is known."""
        if self._config is None:
            return []
        broken = {finding.file for finding in self._findings if finding.state == "damaged"}
        said = [] if "config.yaml" in broken else [f"nnlab train {self._run.config} trains it anew"]
        last = self._newest()
        if last and not self._finished and not broken & {"config.yaml", "environment.json", "the data"}:
            without_best = any(file.startswith("checkpoints/best-") for file in broken)
            said.append(f"nnlab resume {'--allow-inexact ' * without_best}goes on from step {last.step:,}")
        if steps := sorted({saved.step for saved in self._saved.values()}):
            said.append(f"the weights of step {' and '.join(f'{step:,}' for step in steps)} can be loaded")
        if self._records:
            said.append(f"{len(self._records):,} records of loss and accuracy can be drawn")
        return said

    def _newest(self) -> Checkpoint | None:
        """Return the checkpoint from which ``nnlab resume`` goes on; None if it does not."""
        steps = [saved for name, saved in self._saved.items() if name.startswith("step-")]
        last = max(steps, key=lambda saved: saved.step, default=None)
        return last if last and last.facts.get("metrics_bytes", math.inf) <= self._log_size else None
