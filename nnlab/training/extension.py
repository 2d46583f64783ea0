"""Extend a finished run: what may change, and whether the result is that of a longer training run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from shutil import copyfileobj
from typing import Any

from nnlab import files
from nnlab.config import Experiment
from nnlab.errors import RunError, UsageError, printable
from nnlab.nn.schedules import Clock
from nnlab.runs import Checkpoint, Run, ledger
from nnlab.runs.changes import changes_since
from nnlab.runs.checkpoint_arrays import fingerprint
from nnlab.runs.environment import UNKNOWN, Difference, differences
from nnlab.runs.metrics_log import check_at
from nnlab.runs.origin import Origin, read_origin
from nnlab.runs.records import Summary, read_record
from nnlab.runs.run_config import load_run_config
from nnlab.training.resumption import of_another_version, present_environment, with_best
from nnlab.training.state import TrainingState

_CHANGEABLE = ("name", "training.", "optimizer.", "schedule", "data.augment")
_FIXED = {
    "optimizer.type",
    "training.batch_size",
    "training.replacement",
    "training.drop_last",
    "training.evaluate_on",
    "training.monitor",
    "training.shards",
}
_LENGTH = {"training.steps", "training.epochs"}
_WITHOUT_EFFECT = {"name", "training.checkpoint_every"}
_STOPPING = "training.early_stopping"


@dataclass(frozen=True)
class Extension:
    """A finished ``run``, its config ``before`` and the ``config`` of the longer run.

    ``last`` is the state to continue from, ``best`` the checkpoint of the best evaluation so far, and ``lost`` the
    loss of it if it is damaged. ``changes`` are the settings that differ.
    """

    run: Run
    before: Experiment
    config: Experiment
    last: Checkpoint
    best: Checkpoint | None
    lost: list[Difference]
    changes: list[Difference]


def plan_extension(run: Run, overrides: Sequence[str]) -> Extension:
    """Return what extending ``run`` with ``overrides`` (KEY=VALUE) of its config takes.

    Raises RunError if it is not finished or damaged, UsageError for changes that make it another experiment.
    """
    _check_finished(run)
    before, config = load_run_config(run), load_run_config(run, overrides)
    last, best, lost = with_best(run, run.checkpoints.load("last"))
    try:
        if edited := changes_since(before, last):
            keys = ", ".join(change.what for change in edited)
            raise RunError(f"{run.config} was changed since the training: {keys}")
        changes = changes_since(config, last)
    except (LookupError, TypeError, AttributeError) as error:
        raise of_another_version(run, last, error) from error
    refused = [change.what for change in changes if not _is_changeable(change.what)]
    if refused:
        raise UsageError(
            f"{', '.join(refused)} cannot change in an extended run; a config with init_from: "
            f"{printable(run.name)} begins a new training run with its weights"
        )
    return Extension(run, before, config, last, best, lost, changes)


def _is_changeable(key: str) -> bool:
    return key.startswith(_CHANGEABLE) and key not in _FIXED


def _check_finished(run: Run) -> None:
    path = run.path / "summary.json"
    summary = read_record(path, Summary) if path.is_file() else None
    if summary is None or summary.status == "interrupted":
        raise RunError(f"{run.path} is not finished: first, nnlab resume {run.path}")
    if not summary.finished:
        raise RunError(f"{run.path} diverged, so there is nothing to continue from")


def take_over(state: TrainingState, extension: Extension) -> Origin:
    """Restore the state of the finished run into ``state``, of the longer run; return the record of it.

    Raises RunError if the data are others or the state does not fit, UsageError if no steps are left.
    """
    run, last = extension.run, extension.last
    began = run.read_json("environment.json")
    found = differences(began, present_environment(state))
    if other := [str(each) for each in found if each.of_data and each.before != UNKNOWN]:
        raise RunError(f"the data are not those of {run.path}: {'; '.join(other)}")
    try:
        state.take_over(last, extension.best)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise of_another_version(run, last, error) from error
    _check_length(state, extension)
    reasons = [*_differences(state, extension), *_of_environment(run, began, [*found, *extension.lost])]
    return Origin(
        kind="extended",
        run=run.name,
        checkpoint="last",
        step=last.step,
        fingerprint=fingerprint(last),
        differences=tuple(dict.fromkeys(reasons)),
    )


def copy_records(run: Run, longer: Run, last: Checkpoint) -> int:
    """Copy the records of ``run`` up to its state ``last``, and its test ledger, into ``longer``.

    Returns the size of the records in bytes. Raises RunError if records are missing or damaged, SystemFault if the
    machine refuses to write.
    """
    size = int(last.facts["metrics_bytes"])
    check_at(run.metrics, size)
    with files.reading(run.metrics) as source, files.replacing(longer.metrics) as target:
        copyfileobj(source, target)
        target.truncate(size)
    if (run.path / ledger.NAME).exists():
        files.write_bytes(longer.path / ledger.NAME, files.read_whole(run.path / ledger.NAME))
    return size


def _check_length(state: TrainingState, extension: Extension) -> None:
    done, total = state.step, state.total_steps
    if total <= done:
        name = printable(extension.run.name)
        raise UsageError(f"{name} has {done:,} steps and the config asks for {total:,}: training.steps={2 * done}")
    if state.finished:
        raise UsageError(
            f"{printable(extension.run.name)} stopped early after {done:,} steps: training.early_stopping=null or "
            "a larger training.early_stopping.patience continues it"
        )


def _differences(state: TrainingState, extension: Extension) -> Iterator[str]:
    """Yield why the longer run differs from one of the same config from its beginning."""
    before, config, done = extension.before, state.config, state.step
    total = before.training.steps or (before.training.epochs or 0) * state.clock.steps_per_epoch
    clock = Clock(total_steps=total, steps_per_epoch=state.clock.steps_per_epoch)
    step = _first_other_rate(before, config, clock, state.clock, done)
    if step is not None and before.schedule == config.schedule:
        yield f"schedule: {config.schedule.type} depends on the total number of steps"
    elif step is not None:
        yield f"schedule: the learning rate differs from step {step + 1:,} on"
    for change in extension.changes:
        key = change.what
        if key not in _LENGTH | _WITHOUT_EFFECT and not key.startswith(("schedule", _STOPPING)):
            yield f"{key}: {change.before} up to step {done:,}, then {change.now}"
    if _would_have_stopped(before, config):
        yield "training.early_stopping: a rule that the first steps were not subject to"
    training = before.training
    every = training.evaluate_every
    if state.evaluated_on and every and done % every:
        yield f"evaluation after step {done:,}, which is no multiple of training.evaluate_every ({every:,})"
    if done % training.log_every:
        yield f"record of step {done:,}, which is no multiple of training.log_every ({training.log_every:,})"


def _first_other_rate(before: Experiment, config: Experiment, old: Clock, new: Clock, steps: int) -> int | None:
    """Return the first of the ``steps`` done, from 0, in which the two schedules differ; None if none does."""
    if before.schedule == config.schedule and old == new:
        return None
    for step in range(steps):
        if before.schedule.factor(step, old) != config.schedule.factor(step, new):
            return step
    return None


def _would_have_stopped(before: Experiment, config: Experiment) -> bool:
    """Return whether the rule for early stopping of ``config`` could have ended the run ``before``."""
    old, new = before.training.early_stopping, config.training.early_stopping
    if new is None:
        return False
    return new.patience < (old.patience if old else inf) or new.min_delta != (old.min_delta if old else 0)


def _of_environment(run: Run, began: Mapping[str, Any], found: Sequence[Difference]) -> Iterator[str]:
    """Yield what is different on this machine today, or was while ``run`` was trained."""
    for each in found:
        if not each.of_data:
            yield str(each)
    if began.get("resumed"):
        yield f"{run.name} was resumed in another environment"
    earlier = read_origin(run)
    if earlier and not earlier.repeats_from_config:
        yield from earlier.differences
