"""Find the run directories of each experiment."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Literal, TypeAlias

from nnlab.config import Experiment
from nnlab.config.resolution import CHOSEN, resolved
from nnlab.errors import RunError
from nnlab.runs import Run, list_runs
from nnlab.runs.changes import settings
from nnlab.runs.overview import overview
from nnlab.runs.records import Evaluated, Summary, read_config, read_record

Archive: TypeAlias = dict[str, list[Run]]
"""Runs by the identity of their config, the oldest first."""


_LEFT_OUT = {"data.root", *(f"training.{name}" for name in CHOSEN)}


def identity(config: Experiment) -> str:
    """Return the settings that determine the results of ``config``, as text.

    The folder of the data is left out, and so are settings that a run may choose, which ``runs_of`` compares.
    """
    known = settings(resolved(config)).items()
    return json.dumps({key: value for key, value in known if key not in _LEFT_OUT}, sort_keys=True)


def runs_of(archive: Archive, config: Experiment) -> list[Run]:
    """Return the runs of ``config``, the oldest first; a setting that it leaves open fits every run."""
    wanted = {name: value for name in CHOSEN if (value := getattr(config.training, name))}
    return [
        run
        for run in archive.get(identity(config), [])
        if wanted.items() <= vars(read_config(run.config).training).items()
    ]


def read_archive(runs_dir: Path) -> Archive:
    """Return the runs in ``runs_dir`` by the identity of their config; unreadable configs are skipped."""
    archive: Archive = defaultdict(list)
    for run in list_runs(runs_dir):
        try:
            archive[identity(read_config(run.config))].append(run)
        except RunError:
            continue
    return archive


def newest(runs: list[Run]) -> Run | None:
    """Return the newest finished run, or the newest run if none is finished; None if ``runs`` is empty."""
    return next((run for run in reversed(runs) if is_finished(run)), runs[-1] if runs else None)


def is_finished(run: Run) -> bool:
    """Return whether ``run`` was trained to its end."""
    try:
        return read_record(run.path / "summary.json", Summary).finished
    except RunError:
        return False


def checkpoint_of(config: Experiment) -> Literal["best", "last"]:
    """Return which checkpoint is evaluated: the best, or the last if the test set would have chosen the best."""
    return "last" if config.training.evaluate_on == "test" else "best"


def is_evaluated(run: Run, config: Experiment) -> bool:
    """Return whether the right checkpoint of ``run`` was evaluated on the test set; raises RunError if damaged."""
    known = overview(run)
    if known.status == "broken":
        raise RunError(f"{run.path}: {known.reason}")
    return known.test_of(checkpoint_of(config)) is not None


def place_of_evaluation(run: Run, config: Experiment) -> Path:
    """Return the folder with the evaluation of the checkpoint named by ``checkpoint_of`` on the test set.

    The last checkpoint has a folder of its own unless it is the best one too. Raises RunError if that folder is
    missing.
    """
    found = overview(run).test_of(checkpoint_of(config))
    for folder in (run.evaluation, run.folder("evaluation", "last")):
        file = folder / "metrics.json"
        if found and file.is_file() and read_record(file, Evaluated) == found:
            return folder
    raise RunError(f"{run.path} has no evaluation of its {checkpoint_of(config)} checkpoint")
