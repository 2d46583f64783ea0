"""Overviews of runs: config, progress and results of each, or the reason why it cannot be read."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import ValidationError

from nnlab.activity import announce
from nnlab.config import Experiment
from nnlab.errors import RunError, refusal
from nnlab.runs.checkpoint import read_facts
from nnlab.runs.checkpoints import Which
from nnlab.runs.directory import Run, began
from nnlab.runs.locking import is_held
from nnlab.runs.metrics_log import glance, is_large, scan
from nnlab.runs.records import (
    FINISHED,
    Environment,
    Evaluated,
    LogPosition,
    Measurement,
    Summary,
    read_config,
    read_record,
)
from nnlab.runs.sweeps import read_sweep

Status: TypeAlias = Literal[
    "pending", "running", "completed", "stopped early", "interrupted", "diverged", "stopped", "broken"
]
"""``stopped``: neither running nor ended in order, as after a power cut; ``pending``: not started yet."""

_PARTS = {"config.yaml", "environment.json", "metrics.jsonl", "summary.json", "checkpoints"}


@dataclass(frozen=True)
class Overview:
    """One run, or the summary of a sweep; unknown values are None.

    ``best`` is the best evaluation in training, on the split ``evaluated_on``; ``tests`` are the results of
    ``nnlab eval``. A broken or diverged run has a ``reason``. ``sweep`` is the directory of the sweep that a cell
    belongs to. A whole sweep has the sums and the best of its cells; ``cells`` are the numbers of finished and of
    all cells. If only some are selected, ``chosen`` is their number, and all values but the total are theirs.
    """

    run: Run
    status: Status
    reason: str | None = None
    config: Experiment | None = None
    environment: Environment | None = None
    steps: int | None = None
    examples: int | None = None
    steps_per_epoch: int | None = None
    seconds: float | None = None
    parameters: int | None = None
    evaluated_on: Literal["validation", "test"] | None = None
    best: Measurement | None = None
    tests: tuple[Evaluated, ...] = ()
    sweep: Path | None = None
    cells: tuple[int, int] | None = None
    chosen: int | None = None

    @property
    def name(self) -> str:
        """The directory's name; for a sweep's cell, the path from the sweep's directory on."""
        return self.run.name if self.sweep is None else self.run.path.relative_to(self.sweep.parent).as_posix()

    @property
    def data(self) -> str:
        """The type of the data set; ``(unverified)`` if its files are not those that were published under it."""
        described = self.environment and self.environment.dataset
        unverified = " (unverified)" if described and not described.verified else ""
        return f"{self.config.data.type}{unverified}" if self.config else ""

    @property
    def began(self) -> float:
        """The start time in seconds since 1970; that of the sweep for a cell."""
        return began(self.sweep or self.run.path)

    @property
    def finished(self) -> bool:
        """Whether training reached its end."""
        return self.status in FINISHED

    @property
    def validation(self) -> Measurement | None:
        """The best evaluation on validation examples."""
        return self.best if self.evaluated_on == "validation" else None

    @property
    def tested(self) -> Measurement | None:
        """The best checkpoint on test examples, if known: evaluated, or measured in training."""
        return self.test_of("best") or (self.best if self.evaluated_on == "test" else None)

    def test_of(self, checkpoint: Which) -> Evaluated | None:
        """Return what ``nnlab eval`` measured on test examples of the best or last ``checkpoint``.

        None if there was no evaluation, or only one of another checkpoint or of a state before training continued.
        Without evaluations in training the best checkpoint is the last, and checkpoints after the same step are
        the same network. This is the one rule for whether a run was tested.
        """
        step = self.best.step if self.best and checkpoint == "best" else self.steps
        return next((test for test in self.tests if test.step == step), None)

    def setting(self, key: str) -> Any:
        """Return the config's value under a dotted ``key``, such as ``network.0.filters``, as plain data.

        Raises KeyError if the config lacks the key.
        """
        section, *rest = key.split(".")
        if self.config is None or section not in Experiment.model_fields:
            raise KeyError(key)
        value = self.config.model_dump(mode="json", include={section})[section]
        for step in rest:
            if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            elif isinstance(value, dict) and step in value:
                value = value[step]
            else:
                raise KeyError(key)
        return value

    def as_json(self) -> dict[str, Any]:
        """Return the values that ``nnlab runs --json`` lists, as plain data."""
        return {
            "run": self.name,
            "path": str(self.run.path),
            "status": self.status,
            "reason": self.reason,
            "name": self.config and self.config.name,
            "dataset": self.config and self.config.data.type,
            "seed": self.config.seed if self.config and not self.cells else None,
            "steps": self.steps,
            "seconds": self.seconds,
            "parameters": self.parameters,
            "validation": self.validation and self.validation.model_dump(),
            "test": self.tested and self.tested.model_dump(exclude={"fingerprint", "data", "predictions"}),
            "sweep": self.sweep and str(self.sweep),
            "cells": self.cells and {"finished": self.cells[0], "total": self.cells[1], "chosen": self.chosen},
        }


def overview(run: Run, sweep: Path | None = None, *, config: Experiment | None = None) -> Overview:
    """Return the overview of ``run``; a run that cannot be read has the status broken, with the reason.

    ``config`` is the config of the run if it was read already.
    """
    try:
        return _glance(run, {entry.name for entry in os.scandir(run.path)}, sweep, config)
    except OSError as error:
        return Overview(run, "broken", refusal(error, "read", run.name), sweep=sweep)
    except RunError as error:
        return Overview(run, "broken", str(error), sweep=sweep)


def _glance(run: Run, names: set[str], sweep: Path | None, config: Experiment | None) -> Overview:
    """Return the overview of a run with files of these ``names``; raises RunError or OSError if it is broken."""
    config = config or read_config(run.config)
    if not (names & {"environment.json", "summary.json", "metrics.jsonl"} or run.begun):
        return Overview(run, "running" if is_held(run.path) else "pending", config=config, sweep=sweep)
    environment = read_record(run.path / "environment.json", Environment)
    summary = read_record(run.path / "summary.json", Summary) if "summary.json" in names else None
    tests = tuple(_tests(run, environment.began)) if "evaluation" in names else ()
    facts: dict[str, Any] = {"config": config, "environment": environment, "tests": tests, "sweep": sweep}
    ended = summary is not None and summary.finished
    running = not ended and is_held(run.path)
    if summary is None or running:
        return Overview(run, "running" if running else "stopped", **facts, **_progress(run, config))
    return Overview(run, **facts, **dict(summary))


def _tests(run: Run, began: str | None) -> Iterator[Evaluated]:
    """Yield the evaluations on test data, at most one of the best and one of the last checkpoint.

    Raises RunError if one is damaged, or of another run than that which ``began`` then.
    """
    for folder in (run.evaluation, run.folder("evaluation", "last")):
        if (folder / "metrics.json").exists():
            found = read_record(folder / "metrics.json", Evaluated)
            if None not in {found.run, began} and found.run != began:
                raise RunError(f"{folder.relative_to(run.path)}/metrics.json is of another run")
            yield found


def _progress(run: Run, config: Experiment) -> dict[str, Any]:
    """Return the progress of a run without a summary, from its metrics; raises RunError if they are damaged."""
    if not run.metrics.exists():
        return {"steps": 0}
    on = config.training.evaluate_on
    log = glance(run.metrics, on) if is_large(run.metrics) else scan(run.metrics, split=on)
    if log.damage:
        raise RunError(f"{run.metrics.name}:{log.damage}")
    newest = LogPosition(**log.newest) if log.newest else LogPosition(step=0, seconds=0.0)
    facts = {"steps": newest.step, "seconds": newest.seconds}
    evaluations = [Measurement(**record) for record in log.records]
    if log.thinned and (saved := _best_saved(run)):
        evaluations.append(saved)
    if not evaluations:
        return facts
    by = config.training.monitor
    best = max(evaluations, key=lambda each: each.accuracy if by == "accuracy" else -(each.loss or 0.0))
    return {**facts, "evaluated_on": on, "best": best}


def _best_saved(run: Run) -> Measurement | None:
    """Return the best evaluation that the header of the newest checkpoint states; None if there is none."""
    folder = run.folder("checkpoints")
    try:
        newest = max(folder.glob("step-*.safetensors"), key=lambda path: (len(path.name), path.name))
        return Measurement(**read_facts(newest)["monitor"]["best"])
    except (RunError, ValidationError, ValueError, LookupError, TypeError):
        return None


def overviews(root: Path) -> list[Overview]:
    """Return the runs in ``root`` and the cells of the sweeps in it, by name, broken ones included.

    Raises RunError if ``root`` cannot be read.
    """
    found: list[Overview] = []
    try:
        entries = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    except OSError as error:
        raise RunError(refusal(error, "read", root)) from error
    for done, name in enumerate(entries):
        announce(f"reading {root}", done, len(entries))
        found += _inside(root / name)
    return found


def _inside(path: Path) -> Iterable[Overview]:
    """Return the run or the cells of the sweep in one directory, if there are any."""
    try:
        names = {entry.name for entry in os.scandir(path)}
        if "sweep.json" not in names:
            return [overview(Run(path))] if names & _PARTS else []
        cells = [overview(Run(cell), path) for cell in sorted(path.glob("cells/*/"))]
    except OSError as error:
        return [Overview(Run(path), "broken", refusal(error, "read", path.name))]
    try:
        read_sweep(path)
    except RunError as error:
        return [Overview(Run(path), "broken", str(error)), *cells]
    return cells
