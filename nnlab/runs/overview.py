"""Runs at a glance: what each is, how far it came and how it did; of a broken one, what is wrong with it."""

import fcntl
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import ValidationError

from nnlab import files
from nnlab.config import Experiment
from nnlab.errors import RunError
from nnlab.runs.directory import Run, began
from nnlab.runs.recorded import (
    FINISHED,
    Environment,
    Evaluated,
    Measurement,
    Progress,
    Summary,
    read_config,
    read_record,
)
from nnlab.runs.sweeps import read_sweep

Status: TypeAlias = Literal[
    "pending", "running", "completed", "stopped early", "interrupted", "diverged", "stopped", "broken"
]
"""``stopped``: neither running nor ended in order, as after a power cut; ``pending``: not begun yet."""

_PARTS = {"config.yaml", "environment.json", "metrics.jsonl", "summary.json", "checkpoints"}


@dataclass(frozen=True)
class Overview:
    """One run at a glance; what a run does not have (yet) is None.

    ``best`` is the best evaluation in training, on the split ``evaluated_on``; ``test`` is what ``nnlab eval``
    measured. One that is broken or diverged has a ``reason``. ``sweep`` is the directory of the sweep whose cell
    this is. A whole sweep has the sums and the best of its cells, and how many of ``cells`` are finished; if only
    some of them are meant, ``chosen`` says how many, and everything but the number of all is of these.
    """

    run: Run
    status: Status
    reason: str | None = None
    config: Experiment | None = None
    environment: Environment | None = None
    steps: int | None = None
    seconds: float | None = None
    examples: int | None = None
    parameters: int | None = None
    evaluated_on: Literal["validation", "test"] | None = None
    best: Measurement | None = None
    test: Evaluated | None = None
    sweep: Path | None = None
    cells: tuple[int, int] | None = None
    chosen: int | None = None

    @property
    def name(self) -> str:
        """The directory's name; of a sweep's cell, from the sweep's on."""
        return self.run.name if self.sweep is None else self.run.path.relative_to(self.sweep.parent).as_posix()

    @property
    def began(self) -> float:
        """When it began, in seconds since 1970; a cell counts as its sweep."""
        return began(self.sweep or self.run.path)

    @property
    def finished(self) -> bool:
        """Whether the training came to its end."""
        return self.status in FINISHED

    @property
    def validation(self) -> Measurement | None:
        """The best evaluation on validation examples."""
        return self.best if self.evaluated_on == "validation" else None

    @property
    def tested(self) -> Measurement | None:
        """How the best checkpoint does on the test examples, if that is known.

        What ``nnlab eval`` measured counts as long as training has not gone on since.
        """
        step = self.best.step if self.best else self.steps
        if self.test and (self.test.checkpoint, self.test.step) == ("best", step):
            return self.test
        return self.best if self.evaluated_on == "test" else None

    def setting(self, key: str) -> Any:
        """Return what the config has under a dotted ``key``, such as ``network.0.filters``, as plain data.

        Raises KeyError if it has no such key.
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
        """Return the facts of a list as plain data."""
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
            "test": self.tested and self.tested.model_dump(),
            "sweep": self.sweep and str(self.sweep),
            "cells": self.cells and {"finished": self.cells[0], "total": self.cells[1], "chosen": self.chosen},
        }


def overview(run: Run, sweep: Path | None = None) -> Overview:
    """Return ``run`` at a glance; one that cannot be read is broken, with the reason."""
    try:
        return _glance(run, {entry.name for entry in os.scandir(run.path)}, sweep)
    except OSError as error:
        return Overview(run, "broken", f"cannot read {run.name}: {error.strerror}", sweep=sweep)
    except RunError as error:
        return Overview(run, "broken", str(error), sweep=sweep)


def _glance(run: Run, names: set[str], sweep: Path | None) -> Overview:
    """Return a run whose directory has files of these ``names``; raises RunError or OSError if it is broken."""
    config = read_config(run.config)
    if not (names & {"environment.json", "summary.json", "metrics.jsonl"} or run.begun):
        return Overview(run, "running" if is_held(run.path) else "pending", config=config, sweep=sweep)
    environment = read_record(run.path / "environment.json", Environment)
    summary = read_record(run.path / "summary.json", Summary) if "summary.json" in names else None
    test = None
    if "evaluation" in names and (run.evaluation / "metrics.json").exists():
        test = read_record(run.evaluation / "metrics.json", Evaluated)
    facts: dict[str, Any] = {"config": config, "environment": environment, "test": test, "sweep": sweep}
    ended = summary is not None and summary.finished
    running = not ended and is_held(run.path)
    if summary is None or running:
        return Overview(run, "running" if running else "stopped", **facts, **_progress(run, config))
    return Overview(run, **facts, **dict(summary))


def is_held(directory: Path) -> bool:
    """Return whether a process holds ``directory`` at this moment."""
    try:
        lock = os.open(directory / ".lock", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # Shared and for an instant: two that look do not take each other for a training.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _progress(run: Run, config: Experiment) -> dict[str, Any]:
    """Return how far a run without a summary is, from its metrics; raises RunError if they are damaged.

    Only the lines that count are read, since there may be as many as steps.
    """
    if not run.metrics.exists():
        return {"steps": 0}
    on = config.training.evaluate_on
    with files.reading(run.metrics) as file:
        lines = file.read().split(b"\n")[:-1]
    wanted = b'"split": "%s"' % on.encode()
    try:
        newest = Progress.model_validate_json(lines[-1]) if lines else Progress(step=0, seconds=0.0)
        evaluations = [Measurement.model_validate_json(line) for line in lines if wanted in line]
    except ValidationError as error:
        raise RunError(f"{run.metrics.name} is damaged") from error
    facts = {"steps": newest.step, "seconds": newest.seconds}
    if not evaluations:
        return facts
    by = config.training.monitor
    best = max(evaluations, key=lambda each: each.accuracy if by == "accuracy" else -(each.loss or 0.0))
    return {**facts, "evaluated_on": on, "best": best}


def overviews(root: Path) -> list[Overview]:
    """Return every run in ``root`` and every cell of the sweeps in it, by name; broken ones too.

    Raises RunError if ``root`` cannot be read.
    """
    found: list[Overview] = []
    try:
        entries = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    except OSError as error:
        raise RunError(f"cannot read {root}: {error.strerror}") from error
    for name in entries:
        found += _inside(root / name)
    return found


def _inside(path: Path) -> Iterable[Overview]:
    """Return what is in one directory: a run, the cells of a sweep, or nothing."""
    try:
        names = {entry.name for entry in os.scandir(path)}
        if "sweep.json" not in names:
            return [overview(Run(path))] if names & _PARTS else []
        cells = [overview(Run(cell), path) for cell in sorted(path.glob("cells/*/"))]
    except OSError as error:
        return [Overview(Run(path), "broken", f"cannot read {path.name}: {error.strerror}")]
    try:
        read_sweep(path)
    except RunError as error:
        return [Overview(Run(path), "broken", str(error)), *cells]
    return cells
