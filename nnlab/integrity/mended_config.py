"""Rebuild the config of a run from the settings that its checkpoints hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nnlab import files
from nnlab.config import Experiment
from nnlab.errors import RunError
from nnlab.runs import Checkpoint
from nnlab.runs.changes import changes_since, settings
from nnlab.runs.records import section_of

_NOT_SAVED = ("compute", "logging")  # sections that checkpoints do not hold; results do not depend on them


def config_of(saved: Checkpoint, damaged: Path) -> tuple[Experiment, str]:
    """Return the config whose settings the checkpoint ``saved`` holds, and what of it is not known.

    The sections that a checkpoint does not hold are taken from the ``damaged`` file if they can be read there;
    else they have their defaults. Raises RunError if the checkpoint holds none, or those of another version.
    """
    flat = saved.facts.get("config")
    if not isinstance(flat, Mapping):
        raise RunError(f"the checkpoint of step {saved.step:,} does not hold the settings of training")
    sections = _sections(damaged)
    values = {**{key: value.model_dump() for key, value in sections.items()}, **_nested(flat)}
    try:
        config = Experiment.model_validate(_with_tuples(values))
    except (ValidationError, RecursionError) as error:
        raise RunError(f"the settings in the checkpoint of step {saved.step:,} are of another version") from error
    if changes_since(config, saved) or not flat.items() <= settings(config).items():
        raise RunError(f"the settings in the checkpoint of step {saved.step:,} do not read as they were saved")
    unknown = [key for key in _NOT_SAVED if key not in sections]
    return config, f"{' and '.join(unknown)} (the defaults; they do not change results)" if unknown else ""


def _sections(damaged: Path) -> dict[str, Any]:
    """Return the sections that checkpoints do not hold, as far as they can be read in a ``damaged`` config."""
    try:
        text = files.read_whole(damaged).decode(errors="replace")
    except RunError:
        return {}
    return {key: value for key in _NOT_SAVED if (value := section_of(text, key)) is not None}


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by dotted key as nested mappings."""
    root: dict[str, Any] = {}
    for key, value in flat.items():
        *sections, name = key.split(".")
        place = root
        for section in sections:
            place = place.setdefault(section, {})
            if not isinstance(place, dict):
                raise RunError(f"a checkpoint holds the setting {key!r} inside of a value")
        place[name] = value
    return root


def _with_tuples(value: Any) -> Any:
    """Return plain data with each list as a tuple, which the schema wants."""
    if isinstance(value, dict):
        return {key: _with_tuples(each) for key, each in value.items()}
    return tuple(map(_with_tuples, value)) if isinstance(value, list | tuple) else value
