"""Whether the figures that a run states follow from its other files, as far as a glance can tell."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nnlab import files
from nnlab.config import Experiment
from nnlab.data.npz import NpzFile
from nnlab.errors import NnlabError, RunError
from nnlab.runs.directory import Run
from nnlab.runs.metrics_log import is_large, is_lost, scan, tail
from nnlab.runs.records import Measurement, Summary, read_config, read_record

_END = 2**16  # bytes at the end of a log, with several records


def summary_problems(
    facts: Summary,
    records: Sequence[dict[str, Any]],
    config: Experiment | None,
    lost: Sequence[tuple[int, int]] = (),
) -> Iterator[str]:
    """Yield what in a summary does not follow from the ``records`` of metrics.jsonl, and from the config.

    What depends on records that are ``lost`` to a repair, each with its first and last step, is not judged.
    """
    evaluations = [each for each in records if each["split"] == facts.evaluated_on and each["step"] <= facts.steps]
    known = {(each["step"], each["loss"], each["accuracy"]) for each in evaluations}
    last: Measurement | None = getattr(facts, "last", None)
    for which, measured in (("best", facts.best), ("last", last)):
        if measured and is_lost(measured.step, lost):
            continue
        if measured and (measured.step, measured.loss, measured.accuracy) not in known:
            yield f"its {which} evaluation, of step {measured.step:,}, is not in metrics.jsonl"
    if last and evaluations and last.step != evaluations[-1]["step"] and not is_lost(last.step, lost):
        newer = evaluations[-1]["step"]
        yield f"its last evaluation is of step {last.step:,}, but that of step {newer:,} is newer"
    if records and facts.finished and records[-1]["step"] > facts.steps:
        step = records[-1]["step"]
        yield f"it says {facts.steps:,} steps, but metrics.jsonl has a record of step {step:,}"
    until = max((each["seconds"] for each in records if each["step"] <= facts.steps), default=0)
    if facts.seconds < until - 0.01:
        yield f"it says {facts.seconds} seconds, but metrics.jsonl has a record after {until}"
    if config is None or not facts.best:
        return
    training = config.training
    if facts.evaluated_on != training.evaluate_on:
        yield f"it says that {facts.evaluated_on} examples were evaluated, not {training.evaluate_on}"
    margins = {0.0, training.early_stopping.min_delta if training.early_stopping else 0.0}
    bests = {_best(evaluations, training.monitor, margin) for margin in margins} - {None}
    if bests and not lost and facts.best.step not in bests:
        better = _best(evaluations, training.monitor, 0.0)
        yield f"its best evaluation is of step {facts.best.step:,}, but that of step {better:,} is better"


def _best(evaluations: Iterable[dict[str, Any]], monitor: str, margin: float) -> int | None:
    """Return the step of the best evaluation, which is better than the best before it by more than ``margin``."""
    sign = 1 if monitor == "accuracy" else -1
    step, value = None, None
    for each in evaluations:
        if value is None or sign * (each[monitor] - value) > margin:
            step, value = each["step"], each[monitor]
    return step


def doubts(run: Run) -> Iterator[str]:
    """Yield what in the figures of ``run`` does not follow from its files, without its data or its network."""
    path = run.path / "summary.json"
    try:
        config = read_config(run.config)
        log = scan(run.metrics) if run.metrics.is_file() and not is_large(run.metrics) else None
        if path.is_file() and log and not log.damage:
            for problem in summary_problems(read_record(path, Summary), log.records, config, log.lost):
                yield f"summary.json: {problem}"
    except NnlabError as error:
        yield str(error)
    for metrics in sorted(run.evaluation.rglob("metrics.json")):
        place = metrics.parent.relative_to(run.path).as_posix()
        try:
            stated = files.read_json(metrics)
            digest = stated.get("predictions")
            same = not digest or digest == sha256(metrics.parent / "predictions.npz")
            if not (same and _is_of_predictions(metrics.parent, stated)):
                yield f"{place}/metrics.json is not of the predictions beside it"
        except NnlabError as error:
            yield str(error).replace(f"{run.path}/", "")


def _is_of_predictions(folder: Path, stated: dict[str, Any]) -> bool:
    """Return whether the accuracy that ``stated`` has is that of the predictions in ``folder``."""
    path = folder / "predictions.npz"
    if not path.is_file():
        return "predictions" not in stated  # of an earlier version
    stored = NpzFile(path)
    return bool((stored.values("labels") == stored.values("predicted")).mean() == stated.get("accuracy"))


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hex digits; raises RunError if it cannot be read."""
    if not path.is_file():
        raise RunError(f"{path} is missing")
    with files.reading(path) as file:
        sha = hashlib.sha256()
        while part := file.read(2**20):
            sha.update(part)
        return sha.hexdigest()


def copies(runs: Iterable[Run]) -> dict[Run, Run]:
    """Return the runs that are copies of another one of ``runs``, each with the first of these.

    A copy has the same records, seconds included, and the same environment: no second training run has these.
    """
    first: dict[tuple[str, str], Run] = {}
    found: dict[Run, Run] = {}
    for run in runs:
        try:
            if not run.metrics.stat().st_size:
                continue
            key = (_identity(run.metrics), sha256(run.path / "environment.json"))
        except (OSError, NnlabError):
            continue
        if (other := first.setdefault(key, run)) is not run and tail(run.metrics, _END):
            found[run] = other
    return found


def _identity(path: Path) -> str:
    """Return what tells a log from others: its SHA-256, or size, beginning and end if it is large.

    The end has the check of the last record, which depends on all records before it.
    """
    if not is_large(path):
        return sha256(path)
    with files.reading(path) as file:
        beginning = file.read(_END)
        size = file.seek(-_END, os.SEEK_END) + _END
        return f"{size} {hashlib.sha256(beginning + file.read(_END)).hexdigest()}"
