"""What changed in the config of a run since a checkpoint was saved."""

from typing import Any

from nnlab import files
from nnlab.config import Experiment
from nnlab.errors import NnlabError
from nnlab.runs.checkpoint import Checkpoint, read_facts
from nnlab.runs.directory import Run
from nnlab.runs.environment import Difference

_SINCE: dict[str, Any] = {"data.augment": [], "data.test_time_flips": False}
"""Settings that the checkpoints of earlier versions lack, and what those versions did."""


def settings(config: Experiment) -> dict[str, Any]:
    """Return what decides the results, each setting under its dotted key."""
    flat: dict[str, Any] = {}

    def collect(key: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                collect(f"{key}.{name}".lstrip("."), inner)
        else:
            flat[key] = value

    collect("", config.model_dump(mode="json", exclude={"compute", "logging"}))
    return flat


def changes_since(config: Experiment, saved: Checkpoint) -> list[Difference]:
    """Return the settings that are not those under which ``saved`` was saved, as far as it tells them."""
    given, before = settings(config), _SINCE | saved.facts.get("config", settings(config))
    return [
        Difference(key, repr(before.get(key)), repr(given.get(key)))
        for key in sorted(given.keys() | before.keys())
        if given.get(key) != before.get(key)
    ]


def edited(run: Run, config: Experiment) -> list[str]:
    """Return the keys under which ``config`` is not what the last checkpoint of ``run`` was trained with.

    Only the checkpoint's header is read. Of one that is missing or damaged nothing is known, and none returned;
    ``nnlab verify`` looks closer.
    """
    folder = run.path / "checkpoints"
    try:
        path = folder / str(files.read_json(folder / "index.json")["last"])
        if path.parent != folder or not path.is_file():
            return []
        facts = read_facts(path)
        return [change.what for change in changes_since(config, Checkpoint(facts["step"], {}, facts))]
    except (NnlabError, OSError, ValueError, LookupError, TypeError, AttributeError):
        return []
