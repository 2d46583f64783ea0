"""Whether the results that a run states are those of a second training run: its summary and its evaluations."""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnlab import files
from nnlab.data.npz import NpzFile
from nnlab.errors import NnlabError
from nnlab.evaluation import measure, predict_split
from nnlab.integrity.findings import Deviation
from nnlab.integrity.summaries import EndedSummary
from nnlab.runs import Run
from nnlab.runs.evidence import predictions_in
from nnlab.runs.predictions_file import ARRAYS
from nnlab.runs.records import read_record
from nnlab.training.sinks import summary_of
from nnlab.training.state import TrainingState


@dataclass(frozen=True)
class StoredEvaluation:
    """What metrics.json in a ``folder`` of a run says; ``name`` is the folder relative to the run."""

    name: str
    folder: Path
    record: dict[str, Any]

    def deviations(self, state: TrainingState) -> Iterator[Deviation]:
        """Yield how it differs from what the network of ``state``, after the same step, predicts."""
        split, names = self.record.get("split", "test"), state.dataset.class_names
        try:
            now = predict_split(state.network, state.loss, state.dataset, split)
            arrays = NpzFile(predictions_in(self.folder))
            stored = {key: arrays.values(key) for key in ARRAYS}
        except NnlabError as error:
            yield Deviation(state.step, f"{self.name}: {error}", None)
            return
        for key, before in stored.items():
            again = getattr(now, key)
            if before.shape != again.shape:
                yield Deviation(state.step, f"{self.name} {key}", None)
            elif not np.array_equal(before, again, equal_nan=before.dtype.kind == "f"):
                amount = float(np.abs(before.astype(np.float64) - again).max())
                yield Deviation(state.step, f"{self.name} {key}", amount)
        measured = measure(now, names).as_json()
        for key in ("accuracy", "loss"):
            stated, value = self.record.get(key), measured[key]
            if stated != value:
                numbers = _is_number(stated) and isinstance(value, int | float)
                yield Deviation(state.step, f"{self.name} {key}", abs(stated - value) if numbers else None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max


def stored_evaluations(run: Run, end: int, *, after: int = 0) -> dict[int, list[StoredEvaluation]]:
    """Return the evaluations on the data of ``run``, after step ``after`` and up to ``end``, by their steps."""
    found: dict[int, list[StoredEvaluation]] = defaultdict(list)
    for path in sorted(run.evaluation.rglob("metrics.json")):
        record = files.read_json(path)
        step = record.get("step")
        if isinstance(step, int) and after < step <= end and not record.get("other_data"):
            name = path.parent.relative_to(run.path).as_posix()
            found[step].append(StoredEvaluation(name, path.parent, record))
    return found


def summary_deviations(run: Run, state: TrainingState) -> Iterator[Deviation]:
    """Yield how summary.json differs from that of ``state``, the end of the second training run.

    Raises RunError if it is damaged.
    """
    read_record(run.path / "summary.json", EndedSummary)
    stated = run.read_json("summary.json")
    finished = stated.get("status") in {"completed", "stopped early"}
    status = str(stated.get("status"))
    if finished:
        status = "completed" if state.step == state.clock.total_steps else "stopped early"
    now = json.loads(json.dumps(summary_of(state, status, stated.get("reason"))))
    for key, again in now.items():
        before = stated.get(key, again)  # earlier versions state less
        if key == "seconds" or before == again:
            continue
        if isinstance(before, int | float) and isinstance(again, int | float):
            yield Deviation(state.step, f"summary {key}", abs(before - again))
        elif not (isinstance(before, dict) and isinstance(again, dict)):
            yield Deviation(state.step, f"summary {key}", None)
        elif before.get("step") != again["step"]:
            yield Deviation(state.step, f"summary {key}, of another step", None)
        else:
            apart = [abs(before.get(part, np.inf) - again[part]) for part in ("loss", "accuracy")]
            yield Deviation(state.step, f"summary {key}", float(max(apart)))


def summary_step(run: Run) -> int | None:
    """Return the step of which summary.json is; None if there is none."""
    if not (run.path / "summary.json").is_file():
        return None
    step = run.read_json("summary.json").get("steps")
    return step if isinstance(step, int) else None
