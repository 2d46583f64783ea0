"""The results of finished runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, Field

from nnlab.config import Experiment
from nnlab.errors import RunError
from nnlab.runs import Run
from nnlab.runs.records import Environment, Evaluated, Summary, read_record
from results.archive import Archive, is_evaluated, is_finished, newest, place_of_evaluation, runs_of
from results.published import Entry, Quantity


class _ClassRow(BaseModel):
    name: str = Field(alias="class")
    recall: float


class _Metrics(Evaluated):
    interval: tuple[float, float]
    per_class: tuple[_ClassRow, ...]


@dataclass(frozen=True)
class Measured:
    """One finished run of an entry, with its results on the test set if the entry has figures.

    ``values`` are accuracies (0-1) and losses (nats), ``interval`` is the 95 % interval of the accuracy, and
    ``recall`` is the accuracy of each class.
    """

    run: Run
    data: str
    summary: Summary
    environment: Environment
    values: Mapping[Quantity, float] = field(default_factory=dict)
    interval: tuple[float, float] | None = None
    recall: Mapping[str, float] = field(default_factory=dict)


def measure(entry: Entry, archive: Archive) -> list[Measured]:
    """Return the finished and evaluated runs of ``entry``, at most one per seed.

    Raises RunError if a run is damaged.
    """
    found = []
    for seed in range(entry.seeds):
        config = entry.load(seed)
        run = newest(runs_of(archive, config))
        if run is None or not is_finished(run) or (entry.figures and not is_evaluated(run, config)):
            continue
        try:
            found.append(_measured(entry, config, run))
        except RunError as error:
            raise RunError(f"{run.path}: {error}") from error
    return found


def _measured(entry: Entry, config: Experiment, run: Run) -> Measured:
    summary = read_record(run.path / "summary.json", Summary)
    environment = read_record(run.path / "environment.json", Environment)
    if not entry.figures:
        return Measured(run, config.data.type, summary, environment)
    metrics = read_record(place_of_evaluation(run, config) / "metrics.json", _Metrics)
    values: dict[Quantity, float] = {
        "accuracy": metrics.accuracy,
        "loss": float("inf") if metrics.loss is None else metrics.loss,
    }
    if config.training.evaluate_on == "test":
        values["best accuracy"] = max(r["accuracy"] for r in run.records() if r["split"] == "test")
    recall = {row.name: row.recall for row in metrics.per_class}
    return Measured(run, config.data.type, summary, environment, values, metrics.interval, recall)
