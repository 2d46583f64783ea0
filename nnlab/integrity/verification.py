"""Verify a run: check each file against its digests or against the other files."""

import contextlib
import math
import re
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from nnlab import files
from nnlab.activity import announce
from nnlab.arrays import Shape
from nnlab.config import Experiment, as_yaml
from nnlab.config.paths import split_origin
from nnlab.data import Dataset, available, load_dataset, open_source
from nnlab.data.cache import forgetting
from nnlab.data.lookup import expanded
from nnlab.data.npz import NpzFile
from nnlab.errors import DataError, NnlabError, RunError
from nnlab.evaluation import Predictions, load_network
from nnlab.integrity.config_and_ledger import check_origin, ledger_heads, missing_lines, require_checks
from nnlab.integrity.evaluations import (
    TOLERANCE,
    Evaluator,
    check_data,
    check_ledger,
    check_place,
    check_record,
    with_normalization,
)
from nnlab.integrity.findings import Finding, State, Verification
from nnlab.integrity.settling import IN_USE, settled
from nnlab.integrity.summaries import EndedSummary, contradictions
from nnlab.registry import DATASETS
from nnlab.runs import Checkpoint, Run, fitted_normalization, ledger, origin, read_checkpoint
from nnlab.runs.checkpoint_arrays import fingerprint
from nnlab.runs.checkpoint_index import CheckpointIndex, read_index
from nnlab.runs.environment import current_environment, differences
from nnlab.runs.evidence import predictions_in, summary_problems
from nnlab.runs.fitted_normalization import read_normalization
from nnlab.runs.metrics_log import scan
from nnlab.runs.predictions_file import ARRAYS
from nnlab.runs.records import Environment, read_record
from nnlab.runs.run_config import load_run_config

_OWN = {
    origin.COPY,
    "config.yaml",
    "environment.json",
    "metrics.jsonl",
    "summary.json",
    ".lock",
    ".lock.holder",
    ".lock.turn",
}
_OTHERS = {
    "figures": "can be drawn again",
    "tensorboard": "TensorBoard's copy of the records in metrics.jsonl",
    "report.html": "can be written again",
    "report-md": "can be written again",
    "report-tex": "can be written again",
    "notes.md": "your notes for reports",
}
_STORED = ("predictions.npz", "metrics.json")
_PREFIXES = {"last": "step", "previous": "step", "best": "best"}


def verify(run: Run, *, quick: bool = False, deep: bool = False) -> Verification:
    """Check every file of ``run`` against its digests or, without digests, against the other files.

    Unless ``quick``, checkpoints are evaluated again if the data are present, and the results compared with those
    that the run states. If ``deep``, every byte of the data is read, even of files that are as large and as old as
    when they were read last. Nothing is written to the run, and no data are downloaded. Beside a process that
    writes the run, what changed is checked again. Raises RunError if a folder of the run is a link.
    """
    with forgetting() if deep else contextlib.nullcontext():
        return settled(run.path, lambda: _Verifier(run, quick=quick).result())


class _Verifier:
    """The findings on one run so far, and the contents that later checks compare with."""

    def __init__(self, run: Run, *, quick: bool) -> None:
        self._run, self._quick = run, quick
        self._findings: list[Finding] = []
        self._config: Experiment | None = None
        self._environment: Environment | None = None
        self._records: list[dict[str, Any]] = []
        self._log_size = 0
        self._lost: list[tuple[int, int]] = []
        self._index_before: CheckpointIndex | None = None
        self._saved: dict[str, Checkpoint] = {}
        self._unread: dict[str, RunError] = {}
        self._predictions: Predictions | None = None
        self._looks: ledger.Ledger | None = None
        self._finished = False

    def result(self) -> Verification:
        """Run all checks and return the findings."""
        self._read_checkpoints()
        self._check("config.yaml", self._check_config)
        self._check("environment.json", self._check_environment)
        if (self._run.path / fitted_normalization.NAME).exists():
            self._check(fitted_normalization.NAME, self._check_normalization)
        if (self._run.path / origin.NAME).exists():
            self._check(origin.NAME, self._check_origin)
        self._check("metrics.jsonl", self._check_metrics)
        for name in (*self._saved, *self._unread):
            self._check(f"checkpoints/{name}", partial(self._check_checkpoint, name))
        self._check("checkpoints/index.json", self._check_index)
        self._check("summary.json", self._check_summary)
        if (self._run.path / ledger.NAME).exists() or self._has_ledger_lines():
            self._check(ledger.NAME, self._check_ledger)
        for folder in sorted({path.parent for name in _STORED for path in self._run.evaluation.rglob(name)}):
            place = folder.relative_to(self._run.path).as_posix()
            self._check(f"{place}/predictions.npz", partial(self._check_predictions, folder))
            self._check(f"{place}/metrics.json", partial(self._check_evaluation, folder))
        self._check("the data", self._check_data)
        self._list_others()
        repairs = self._environment.repaired if self._environment else ()
        return Verification(tuple(self._findings), tuple(self._usable()), self._evaluator is not None, repairs)

    def _read_checkpoints(self) -> None:
        self._index_before = self._index_now()
        digests = self._index_before.digests if self._index_before else {}
        for path in sorted(self._run.folder("checkpoints").glob("*.safetensors")):
            try:
                self._saved[path.name] = read_checkpoint(path, digests.get(path.name))
            except RunError as error:
                if not isinstance(error.__cause__, FileNotFoundError):  # else a save removed it
                    self._unread[path.name] = error

    def _index_now(self) -> CheckpointIndex | None:
        try:
            return read_index(self._run.path / "checkpoints")
        except RunError:
            return None

    def _check(self, file: str, check: Callable[[], tuple[State, str]]) -> None:
        """Record the finding of ``check`` on a file; an error it raises means damage."""
        announce(f"checking {file}")
        try:
            self._require_check(file)
            state, note = check()
        except NnlabError as error:
            first, *_ = str(error).replace(f"{self._run.path}/", "").splitlines()
            state, note = "damaged", first
        self._findings.append(Finding(file, state, note))

    def _require_check(self, file: str) -> None:
        """Raise RunError if a file has lost the check that the version of nnlab that began the run writes."""
        path, began = self._run.path / file, self._environment
        demanded = began is not None and began.demands_checks and path.suffix == ".json" and path.is_file()
        if demanded and not files.has_check(path):
            raise RunError(f"{file} has lost its check")

    def _check_config(self) -> tuple[State, str]:
        self._config = load_run_config(self._run)
        if found := check_origin(self._run, self._config, self._saved.values()):
            return found
        if files.read_whole(self._run.config) == as_yaml(self._config).encode():
            return "intact", self._use_of_config()
        recorded = self._run.recorded_digest(self._run.config.name) is not None
        if recorded or any("config" in saved.facts for saved in self._saved.values()):
            return "intact", "not as this version of nnlab writes it, but the settings are those of training"
        raise RunError(
            "not as this version of nnlab writes it, and no checkpoint records the settings of training"
        )

    def _use_of_config(self) -> str:
        if self._repeats_from_config():
            return "nnlab train with it repeats the run"
        return "of a run that extends another; nnlab train with it alone gives other bits"

    def _repeats_from_config(self) -> bool:
        begun = origin.read_origin(self._run)
        return begun is None or begun.repeats_from_config

    def _check_environment(self) -> tuple[State, str]:
        path = self._run.path / "environment.json"
        if not path.exists() and not self._run.begun:
            return "missing", "training has not begun"
        self._environment = facts = read_record(path, Environment)
        if self._config is not None and facts.seed not in {None, self._config.seed}:
            raise RunError(f"it says seed {facts.seed}, config.yaml {self._config.seed}")
        note = f"NumPy {facts.versions.get('numpy', 'unknown')} on {facts.cpu}"
        resumed = files.read_json(path).get("resumed")
        return "intact", f"{note}; resumed inexactly: {len(resumed)}" if resumed else note

    def _check_normalization(self) -> tuple[State, str]:
        stored = read_normalization(self._run)
        dataset, environment = (None, None) if self._quick else (self._dataset, self._environment)
        if stored is None or dataset is None or environment is None or dataset.digests() != environment.data:
            return "intact", "every value matches its digest"
        fitted = dataset.normalization
        for name in ("shift", "gain"):
            if not np.allclose(getattr(stored, name), getattr(fitted, name), rtol=TOLERANCE, atol=1e-6):
                raise RunError(f"its {name} is not that which the training examples have")
        return "intact", "as fitted to the training examples"

    def _check_origin(self) -> tuple[State, str]:
        begun = origin.read_origin(self._run)
        if begun is None:
            return "missing", "it was removed"
        taken = origin.read_taken(self._run, begun)
        for name, saved in self._saved.items():
            if self._config and origin.changed_although_frozen(begun, self._config.freeze, taken, saved):
                raise RunError(f"frozen layers have other weights in checkpoints/{name}")
        digest = split_origin(self._config.init_from)[1] if self._config and self._config.init_from else ""
        if begun.kind == "initialized" and not begun.fingerprint.startswith(digest or "none"):
            raise RunError("its weights are not those that init_from in config.yaml names")
        return "intact", f"{begun.kind} from step {begun.step:,} of {begun.run}, whose weights match their digests"

    def _check_metrics(self) -> tuple[State, str]:
        if not self._run.metrics.exists() and not self._run.begun:
            return "missing", "training has not begun"
        reading = scan(self._run.metrics)
        self._records, self._log_size, self._lost = reading.records, reading.size, reading.lost
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
        lost = "".join(f"; records of steps {a:,} to {b:,} were lost" for a, b in dict.fromkeys(reading.lost))
        return "intact", f"{len(reading.records):,} records {last}{lost}{torn}"

    def _check_checkpoint(self, name: str) -> tuple[State, str]:
        if name in self._unread:
            raise self._unread[name]
        saved = self._saved[name]
        if not all(np.isfinite(array).all() for array in saved.arrays.values()):
            raise RunError("it contains values that are not finite")
        if self._config is not None and (shape := self._input_shape()):
            load_network(self._config, saved, shape)
            self._check_recorded(saved)
        arrays, size = len(saved.arrays), sum(array.nbytes for array in saved.arrays.values())
        return "intact", f"step {saved.step:,}: {arrays} arrays, {size:,} bytes, digests match"

    def _check_recorded(self, saved: Checkpoint) -> None:
        """Raise RunError unless the network has the results that metrics.jsonl records after its step."""
        if self._config is None or self._evaluator is None:
            return
        on = self._config.training.evaluate_on
        for record in self._records:
            if record["step"] == saved.step and record["split"] == on:
                what = f"metrics.jsonl records, after step {saved.step:,},"
                self._evaluator.check_measurement(saved, on, what, record["loss"], record["accuracy"])

    @cached_property
    def _dataset(self) -> Dataset | None:
        """The data of the run, or others in their place; None if they are missing or cannot be read."""
        if self._config is None or self._missing_data():
            return None
        try:
            return load_dataset(self._config.data, self._config.seed)
        except NnlabError:
            return None

    @cached_property
    def _evaluator(self) -> Evaluator | None:
        """What evaluates checkpoints again; None if that is not asked for or cannot be done."""
        if self._quick or self._config is None or self._environment is None or self._dataset is None:
            return None
        if self._dataset.digests() != self._environment.data:
            return None
        try:
            fitted = read_normalization(self._run)
            began = self._run.read_json("environment.json")
        except NnlabError:
            return None
        now = current_environment(self._config.seed, self._environment.data, self._environment.threads or 1)
        exact = not differences(began, now) and began.get("commit") == now["commit"]
        return Evaluator(self._config, with_normalization(self._dataset, fitted), exact=exact)

    def _missing_data(self) -> str:
        """Return where the data of the run were looked for, if they are missing; empty if they are here."""
        if self._config is None:
            return ""
        spec, kind = self._config.data, self._config.data.type
        if DATASETS[kind].published is not None:
            root = expanded(spec.root, "data.root") if spec.root else None
            here = any(holding.files for holding in available(root) if holding.name == kind)
            return "" if here else f"{kind} is not on this machine"
        place = expanded(path, "data.path") if (path := getattr(spec, "path", None)) else None
        return "" if place is None or place.exists() else f"there is no {place.absolute()}, which data.path names"

    def _input_shape(self) -> Shape | None:
        """Return the shape of an example, as the run or its data say; None if neither does."""
        if self._environment and self._environment.dataset:
            return self._environment.dataset.input_shape
        try:
            return open_source(self._config.data).input_shape if self._config else None
        except DataError:
            return None

    def _check_index(self) -> tuple[State, str]:
        path = self._run.path / "checkpoints" / "index.json"
        if not path.exists():
            return "missing", "it can be rebuilt" if self._saved else "there is no checkpoint"
        index = read_index(path.parent)
        if index != self._index_before:
            return "not checked", IN_USE
        named = index.names
        for which, name in named.items():
            if name not in self._saved or not name.startswith(_PREFIXES.get(which, "none")):
                raise RunError(f"{which} is {name!r}, which is not an intact checkpoint")
        return "intact", ", ".join(f"{which} of step {self._saved[name].step:,}" for which, name in named.items())

    def _check_summary(self) -> tuple[State, str]:
        path = self._run.path / "summary.json"
        if not path.exists():
            return "missing", "it is written when training ends"
        facts = read_record(path, EndedSummary)
        self._finished = facts.finished
        if not self._saved and not self._unread:
            raise RunError(f"it describes training of {facts.steps:,} steps, but there is no checkpoint")
        if any(finding.file == "metrics.jsonl" and finding.state == "damaged" for finding in self._findings):
            return "not checked", "there is no intact metrics.jsonl to compare it with"
        problems = [*summary_problems(facts, self._records, self._config, self._lost)]
        if not self._unread:
            problems += contradictions(facts, self._saved, self._config, self._environment)
        if problems:
            raise RunError("; ".join(problems))
        return "intact", f"{facts.status} after {facts.steps:,} steps"

    def _has_ledger_lines(self) -> bool:
        """Whether stored evaluations or records of training are of test data: then there must be a ledger."""
        return any(missing_lines(ledger.Ledger(), ledger_heads(self._run), self._records))

    def _check_ledger(self) -> tuple[State, str]:
        looks = ledger.read_ledger(self._run.path)
        if problems := [*missing_lines(looks, ledger_heads(self._run), self._records)]:
            raise RunError("; ".join(problems))
        if not looks.entries:
            raise RunError("it is empty")
        if self._environment and self._environment.demands_checks:
            require_checks(looks)
        self._looks = looks
        recorded = {each["step"]: each["accuracy"] for each in self._records if each["split"] == "test"}
        for number, entry in enumerate(looks.entries, start=1):
            known = recorded.get(entry.step, entry.accuracy) if entry.every else entry.accuracy
            if entry.accuracy != known:
                raise RunError(
                    f"line {number}: an accuracy of {entry.accuracy:.4f}, metrics.jsonl says {known:.4f}"
                )
            saved = next((each for each in self._saved.values() if each.step == entry.step), None)
            if self._evaluator and saved and not entry.other_data:
                what = f"line {number} states"
                self._evaluator.check_measurement(saved, "test", what, entry.loss, entry.accuracy)
        return "intact", f"the test data were {looks}"

    def _check_predictions(self, folder: Path) -> tuple[State, str]:
        self._predictions = None
        arrays = NpzFile(predictions_in(folder))
        self._predictions = Predictions(*(arrays.values(key) for key in ARRAYS))
        return "intact", f"labels, probabilities and losses of {len(self._predictions.labels):,} examples"

    def _check_evaluation(self, folder: Path) -> tuple[State, str]:
        predictions, recorded = self._predictions, files.read_json(folder / "metrics.json")
        if predictions is None:
            return "not checked", "there is no intact predictions.npz to compare it with"
        metrics = check_record(folder, recorded, predictions)
        began = self._environment and self._environment.began
        if None not in {recorded.get("run"), began} and recorded["run"] != began:
            raise RunError("it is of another run")
        split = check_place(folder.relative_to(self._run.path).as_posix(), recorded)
        known = self._environment.data.get(split) if self._environment else None
        check_data(split, recorded, known)
        if split == "test" and self._looks:
            check_ledger(recorded, metrics, self._looks)
        note = f"accuracy {metrics.accuracy:.4f} on {metrics.count:,} examples, as in predictions.npz"
        if recorded.get("other_data"):
            return "intact", f"{note}; on other data than those of the run"
        of_step = [saved for saved in self._saved.values() if saved.step == recorded.get("step")]
        if self._saved and not of_step:
            return "not checked", f"of step {recorded.get('step')}, whose checkpoint is no longer kept"
        if of_step and recorded.get("fingerprint") not in {None, *map(fingerprint, of_step)}:
            raise RunError(f"it is of another network than the checkpoint of step {recorded['step']:,}")
        if self._evaluator and of_step:
            note += "; " + self._evaluator.check_predictions(of_step[0], split, predictions)
        return "intact", note

    def _check_data(self) -> tuple[State, str]:
        if self._config is None or self._environment is None:
            return "not checked", "config.yaml or environment.json is damaged or missing"
        if missing := self._missing_data():
            return "missing", missing
        if not self._environment.data:
            return "not checked", "environment.json does not say on which data the run was trained"
        kind = self._config.data.type
        dataset = self._dataset or load_dataset(self._config.data, self._config.seed)
        now, was = dataset.digests(), self._environment.data
        differing = [f"{name} (here {now[name][:8]}, was {was.get(name, '')[:8]})" for name in now]
        differing = [text for name, text in zip(now, differing, strict=True) if now[name] != was.get(name)]
        if differing:
            raise RunError(f"{kind} differs from the data the run was trained on: {', '.join(differing)}")
        facts = self._environment.dataset
        counts = {name: len(split) for name, split in dataset.splits.items()}
        found = (dataset.input_shape, dataset.class_names, counts)
        if facts and (facts.input_shape, facts.class_names, facts.examples) != found:
            raise RunError("environment.json describes other shapes, classes or numbers of examples")
        return "intact", f"{kind} is the data the run was trained on"

    def _list_others(self) -> None:
        """List the files that no check covers."""
        covered = _OWN | {finding.file for finding in self._findings}
        for path in sorted(self._run.path.rglob("*")):
            name = path.relative_to(self._run.path).as_posix()
            if name in covered or (path.is_dir() and not path.is_symlink()):
                continue
            note = _OTHERS.get(name.split("/")[0], "not written by nnlab")
            if re.search(r"\.damaged-\d+$", path.name):
                note = "damaged; kept by a repair"
            if path.name == "predictions.npz.pending":
                note = "left by a killed process; the next evaluation replaces it"
            if path.name.startswith(".") and path.suffix == ".tmp":
                note = "left by a killed process; can be deleted"
            self._findings.append(Finding(name, "not checked", note))

    def _usable(self) -> list[str]:
        """Return what the run can still be used for, in sentences."""
        if self._config is None:
            return []
        broken = {finding.file for finding in self._findings if finding.state == "damaged"}
        alone = origin.NAME not in broken and self._repeats_from_config()
        uses = [] if "config.yaml" in broken or not alone else [f"nnlab train {self._run.config} trains it again"]
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
