"""Changes of a run's config since a checkpoint was saved."""

from typing import Any

from nnlab import files
from nnlab.config import Experiment
from nnlab.config.paths import path_options, split_origin
from nnlab.errors import NnlabError
from nnlab.runs.checkpoint import Checkpoint, read_facts
from nnlab.runs.directory import Run
from nnlab.runs.environment import Difference

_SINCE: dict[str, Any] = {
    "data.augment": [],
    "data.test_time_flips": False,
    "init_from": None,
    "freeze": [],
}
"""Settings that checkpoints of earlier versions lack, with the behavior of those versions."""


def settings(config: Experiment) -> dict[str, Any]:
    """Return the settings that affect the results, by dotted key."""
    flat: dict[str, Any] = {}

    def collect(key: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                collect(f"{key}.{name}".lstrip("."), inner)
        else:
            flat[key] = value

    collect("", config.model_dump(mode="json", exclude={"compute", "logging"}))
    if config.init_from is not None:  # the run may move; the digest says which weights these were
        flat["init_from"] = split_origin(config.init_from)[1]
    return flat


def changes_since(config: Experiment, saved: Checkpoint) -> list[Difference]:
    """Return the differences of ``config`` from the settings recorded in the checkpoint ``saved``.

    Another path is no difference: the data may move, and their digests show whether they are the same.
    """
    paths = {f"data.{option}" for option in path_options(config.data.type)}
    given, before = settings(config), _SINCE | saved.facts.get("config", settings(config))
    return [
        Difference(key, repr(before.get(key)), repr(given.get(key)))
        for key in sorted(given.keys() | before.keys())
        if given.get(key) != before.get(key) and key not in paths
    ]


def edited(run: Run, config: Experiment) -> list[str]:
    """Return the keys whose values in ``config`` differ from those of the last checkpoint of ``run``.

    Only the checkpoint's header is read. Returns an empty list if the checkpoint is missing or damaged;
    ``nnlab verify`` reports that.
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
