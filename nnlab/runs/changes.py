"""Changes of a run's config since the run began, or since a checkpoint was saved.

environment.json records what a run begins with: the digests of the files that are never written again, config.yaml
among them, and every value of the config. A config that was only laid out differently is not a changed one.
"""

from collections.abc import Mapping
from typing import Any

from nnlab import files
from nnlab.config import Experiment, as_yaml
from nnlab.config.earlier_versions import ADDED_TO_LAYERS
from nnlab.config.paths import path_options, split_origin
from nnlab.config.resolution import CHOSEN, resolved
from nnlab.errors import NnlabError, RunError, printable
from nnlab.runs.checkpoint import Checkpoint, read_facts
from nnlab.runs.checkpoint_index import read_index
from nnlab.runs.directory import Run
from nnlab.runs.environment import Difference
from nnlab.runs.fitted_normalization import NAME as NORMALIZATION

_SINCE: dict[str, Any] = {
    "data.augment": [],
    "data.test_time_flips": False,
    "training.shards": 1,
    "init_from": None,
    "freeze": [],
}
"""Settings that checkpoints of earlier versions lack, with the behavior of those versions."""

_WITHOUT_EFFECT = ("compute.", "logging.")
"""Sections of a config that do not affect the results."""


def settings(config: Experiment) -> dict[str, Any]:
    """Return the settings that affect the results, by dotted key."""
    return {key: value for key, value in values(config).items() if not key.startswith(_WITHOUT_EFFECT)}


def values(config: Experiment) -> dict[str, Any]:
    """Return every value of ``config``, as plain data by dotted key."""
    flat: dict[str, Any] = {}

    def collect(key: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                collect(f"{key}.{name}".lstrip("."), inner)
        else:
            flat[key] = value

    collect("", config.model_dump(mode="json"))
    if config.init_from is not None:  # the run may move; the digest says which weights these were
        flat["init_from"] = split_origin(config.init_from)[1]
    return flat


def changes_since(config: Experiment, saved: Checkpoint) -> list[Difference]:
    """Return the differences of ``config`` from the settings recorded in the checkpoint ``saved``.

    Another path is no difference: the data may move, and their digests show whether they are the same.
    """
    before = saved.facts.get("config", settings(config))
    return _with_effect(config, _differences(settings(config), completed(before)))


def record_of(config: Experiment, normalization: bytes) -> dict[str, Any]:
    """Return what environment.json records of the files and the config of a run that begins.

    ``normalization`` is the content of the run's normalization file.
    """
    digests = {"config.yaml": files.digest(as_yaml(config).encode()), NORMALIZATION: files.digest(normalization)}
    return {"files": digests, "config": values(config)}


def edits(run: Run, config: Experiment, began: Mapping[str, Any]) -> list[Difference]:
    """Return the differences of ``config``, read from ``run``, from the config that the run began with.

    ``began`` is the content of environment.json; the list is empty if it does not record the config. Null where
    the run has chosen a value is no difference: a process that was killed while the run began may have left it.
    """
    before, digests = began.get("config"), began.get("files")
    if not isinstance(before, dict) or not isinstance(digests, dict):
        return []
    if run.config.is_file() and digests.get(run.config.name) == files.digest(files.read_whole(run.config)):
        return []
    found = _differences(values(resolved(config)), completed(before))
    chosen = {f"training.{name}" for name in CHOSEN}
    return [each for each in found if each.what not in chosen or each.now != "None"]


def edits_with_effect(run: Run, config: Experiment, began: Mapping[str, Any]) -> list[Difference]:
    """Return those of ``edits`` that affect the results; where the data lie does not."""
    return _with_effect(config, edits(run, config, began))


def require_unedited(run: Run, config: Experiment) -> None:
    """Raise RunError, with the keys and the fix, if ``config`` is not the one that ``run`` was trained with.

    Raises RunError if environment.json, which records that one, is damaged.
    """
    if changed := edits_with_effect(run, config, _began(run)):
        keys = "".join(f"\n  {printable(str(each))}" for each in changed)
        raise RunError(
            f"{run.config} was edited since the run began:{keys}\n"
            f"undo the changes, or train the edited config as a new run: nnlab train {run.config}"
        )


def completed(recorded: dict[str, Any]) -> dict[str, Any]:
    """Return recorded settings with those that earlier versions lack, those of layers within layers too."""

    def complete(value: Any) -> Any:
        if isinstance(value, list):
            return [complete(item) for item in value]
        if isinstance(value, dict):
            return ADDED_TO_LAYERS.get(str(value.get("type")), {}) | {k: complete(v) for k, v in value.items()}
        return value

    return {key: complete(value) for key, value in (_SINCE | recorded).items()}


def edited(run: Run, config: Experiment) -> list[str]:
    """Return the keys whose values in ``config`` differ from those that ``run`` was trained with.

    They are recorded when the run begins, and in each checkpoint, of which only the header is read. Returns an
    empty list if neither can be read; ``nnlab verify`` reports that.
    """
    folder = run.path / "checkpoints"
    try:
        if changed := edits_with_effect(run, config, _began(run)):
            return [change.what for change in changed]
        path = folder / read_index(folder).names["last"]
        if not path.is_file():
            return []
        facts = read_facts(path)
        return [change.what for change in changes_since(config, Checkpoint(facts["step"], {}, facts))]
    except (NnlabError, OSError, ValueError, LookupError, TypeError, AttributeError):
        return []


def _began(run: Run) -> dict[str, Any]:
    """Return the content of environment.json, empty if there is none; raises RunError if it is damaged."""
    return run.read_json("environment.json") if (run.path / "environment.json").exists() else {}


def _differences(given: Mapping[str, Any], before: Mapping[str, Any]) -> list[Difference]:
    given, before = _by_option(given), _by_option(before)
    return [
        Difference(key, repr(before.get(key)), repr(given.get(key)))
        for key in sorted(given.keys() | before.keys())
        if given.get(key) != before.get(key)
    ]


def _by_option(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``flat`` with each option of a list of components, such as layers, under a key of its own."""
    found: dict[str, Any] = {}
    for key, value in flat.items():
        items = value.items() if isinstance(value, dict) else enumerate(value) if _has_parts(value) else None
        if items is None:
            found[key] = value
        else:
            found |= _by_option({f"{key}.{name}": inner for name, inner in items})
    return found


def _has_parts(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value)


def _with_effect(config: Experiment, found: list[Difference]) -> list[Difference]:
    paths = {f"data.{option}" for option in path_options(config.data.type)}
    return [each for each in found if each.what not in paths and not each.what.startswith(_WITHOUT_EFFECT)]
