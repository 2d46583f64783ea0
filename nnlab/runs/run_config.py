"""The config of a run, read with what the run says of its data, so that the data need not be there."""

import json
from collections.abc import Sequence
from pathlib import Path

from nnlab.config import Experiment, read_document, read_experiment
from nnlab.config.consistency import DataFacts
from nnlab.config.earlier_versions import of_its_version
from nnlab.config.paths import path_options
from nnlab.data import open_source
from nnlab.errors import ConfigError, DataError, NnlabError, Problem, RunError
from nnlab.runs.directory import Run
from nnlab.runs.records import Environment, read_config, read_record


def recorded_facts(run: Run, overrides: Sequence[str] = ()) -> DataFacts | None:
    """Return the shape of an example and the class names that ``run`` records; None if it does not.

    None, too, if one of ``overrides`` (KEY=VALUE) concerns the data.
    """
    if any(each.partition("=")[0].partition(".")[0] == "data" for each in overrides):
        return None
    try:
        facts = read_record(run.path / "environment.json", Environment).dataset
    except NnlabError:
        return None
    return (facts.input_shape, facts.class_names) if facts else None


def load_run_config(run: Run, overrides: Sequence[str] = ()) -> Experiment:
    """Return the resolved config of ``run``, ``overrides`` (KEY=VALUE) applied.

    Data that are missing do not matter. Raises ConfigError, with every problem, if the file is not a config,
    RunError if it is missing.
    """
    if not run.config.is_file():
        raise RunError(f"{run.config} is missing")
    facts = recorded_facts(run, overrides)
    if facts is None and not overrides and (config := _of_missing_data(run)):
        return config
    paths = [] if facts else _relative_paths(run)  # a run that records its data states absolute paths
    try:
        document = read_document(run.config, (*paths, *overrides))
        return read_experiment(of_its_version(document), facts, quiet=True)
    except ConfigError as error:
        if overrides or not run.checkpoints.exist:
            raise
        way = f"nnlab verify {run.path} --repair rebuilds it from there"
        saved = Problem("the settings of training are in the checkpoints too", str(run.config), hint=way)
        raise ConfigError([*error.problems, saved]) from error


def _relative_paths(run: Run) -> list[str]:
    """Return overrides for the relative paths that earlier versions wrote, where the current folder has them."""
    try:
        data = read_config(run.config).data
    except RunError:
        return []
    paths = {option: getattr(data, option) for option in path_options(data.type)}
    return [
        f"data.{option}={json.dumps(path)}"
        for option, path in paths.items()
        if path and not (run.path / path).exists() and not Path(path).is_absolute() and Path(path).exists()
    ]


def _of_missing_data(run: Run) -> Experiment | None:
    """Return the config of a run that does not describe its data, if they are missing."""
    try:
        config = read_config(run.config)
    except RunError:
        return None
    try:
        open_source(config.data)
    except DataError:
        return config
    except NnlabError:
        return None
    return None
