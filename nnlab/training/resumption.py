"""Resume a training run: compare config, data and environment with those it began with, and restore its state."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from nnlab import files
from nnlab.config import as_yaml
from nnlab.errors import RunError, printable
from nnlab.nn.kernels import threads
from nnlab.runs import Checkpoint, Run, current_environment
from nnlab.runs.changes import changes_since, edits_with_effect
from nnlab.runs.checkpoint_arrays import weights_in
from nnlab.runs.environment import UNKNOWN, Difference, differences
from nnlab.runs.metrics_log import check_at
from nnlab.runs.origin import read_origin, read_taken
from nnlab.training.state import TrainingState
from nnlab.training.transfer import transfer

log = logging.getLogger(__name__)


def present_environment(state: TrainingState) -> dict[str, Any]:
    """Return the content of environment.json for a training run that begins now."""
    dataset = state.dataset
    facts = {
        "input_shape": list(dataset.input_shape),
        "class_names": list(dataset.class_names),
        "examples": {name: len(split) for name, split in dataset.splits.items()},
        "verified": dataset.verified,
        "dtype": str(dataset.train.inputs.dtype),
    }
    environment = current_environment(state.config.seed, dataset.digests(), threads.count())
    return {**environment, "dataset": facts}


def begin_as(state: TrainingState, run: Run) -> int:
    """Give ``state`` what ``run`` began with, if not with new weights; return how many bytes of metrics that has.

    Raises RunError if the copy in the run is damaged or does not fit.
    """
    origin = read_origin(run)
    if origin is None:
        return 0
    taken = read_taken(run, origin)
    if origin.kind == "initialized":
        transfer(state.network, origin, taken)
        return 0
    try:
        state.take_over(taken, None)
        return int(taken.facts["metrics_bytes"])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise of_another_version(run, taken, error) from error


def restore(state: TrainingState, run: Run, *, allow_inexact: bool) -> int:
    """Restore ``state`` from the newest intact checkpoint of ``run``; return how many bytes of metrics are kept.

    Without a checkpoint the state is that of the beginning. Config and data must be those that the run began with.
    Everything else that decides the bits must be the same too, unless ``allow_inexact``; the differences are then
    recorded in environment.json. Raises RunError, which lists every difference, before anything is written.
    """
    began, now = _began(run, allow_inexact), present_environment(state)
    found = differences(began, now)
    other = [each for each in found if each.of_data and each.before != UNKNOWN]
    found = [each for each in found if each not in other]
    last = run.checkpoints.load("last") if run.checkpoints.exist else None
    other = [*_changes(state, run, began, last), *other]
    keep = begin_as(state, run)
    if last:
        try:
            last, best, lost = with_best(run, last)
        except (LookupError, TypeError, AttributeError) as error:
            raise of_another_version(run, last, error) from error
        if not other:
            keep = _restore(state, run, last, best)
        found = lost if state.finished else [*found, *lost]
    if other or (found and not allow_inexact):
        raise RunError(_refusal(run, other, found))
    if keep:
        check_at(run.metrics, keep)
    files.remove_leftovers(run.path)
    run.checkpoints.go_on_from(last)
    if last is None:
        _finish_config(state, run, began)
    if found:
        _record(run, began, now, state.step, found)
    return keep


def _began(run: Run, allow_inexact: bool) -> dict[str, Any]:
    try:
        return run.read_json("environment.json")
    except RunError as error:
        if allow_inexact:
            return {}
        raise RunError(f"{error}; --allow-inexact continues without knowing where the run began") from error


def _changes(state: TrainingState, run: Run, began: dict[str, Any], last: Checkpoint | None) -> list[Difference]:
    """Return the changes of the config since the run began, and since the checkpoint ``last``."""
    edits = edits_with_effect(run, state.config, began)
    if last is None:
        return edits
    try:
        known = {each.what for each in edits}
        return [*edits, *(each for each in changes_since(state.config, last) if each.what not in known)]
    except (LookupError, TypeError, AttributeError) as error:
        raise of_another_version(run, last, error) from error


def _finish_config(state: TrainingState, run: Run, began: dict[str, Any]) -> None:
    """Write the resolved config if a process that began the run was killed after it had recorded its digest."""
    before = state.config
    state.resolve_config()
    if state.config == before:
        return
    text, digests = as_yaml(state.config), began.get("files")
    if isinstance(digests, dict) and digests.get(run.config.name) == files.digest(text.encode()):
        files.write_text(run.config, text)
    else:
        state.config = before


def with_best(run: Run, last: Checkpoint) -> tuple[Checkpoint, Checkpoint | None, list[Difference]]:
    """Return ``last``, the best checkpoint if there is one, and the loss of it as a difference if it is damaged.

    If the best checkpoint is lost, ``last`` is returned without a best evaluation, so that the next evaluation
    becomes the best.
    """
    monitor = last.facts.get("monitor") or {}
    if not monitor.get("best"):
        return last, None, []
    try:
        return last, _best(run, last, monitor["best"]["step"]), []
    except RunError as error:
        step = monitor["best"]["step"]
        if step == last.step:
            log.warning("warning: %s; its weights are also those of step %d", error, step)
            return last, Checkpoint(step, weights_in(last)), []
        without = replace(last, facts={**last.facts, "monitor": {**monitor, "best": None, "stale": 0}})
        return without, None, [Difference("best checkpoint", f"of step {step}", "damaged")]


def _best(run: Run, last: Checkpoint, step: int) -> Checkpoint:
    """Return the best checkpoint; raises RunError unless it is of ``step``, or newer than ``last``.

    A newer one was saved before the state after it was lost, and training reaches it again.
    """
    best = run.checkpoints.load("best")
    if best.step != step and best.step <= last.step:
        raise RunError(
            f"{run.path} should have a best checkpoint after step {step}; the one here was saved after {best.step}"
        )
    return best


def _restore(state: TrainingState, run: Run, last: Checkpoint, best: Checkpoint | None) -> int:
    try:
        state.restore(last, best)
        return int(last.facts["metrics_bytes"])
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise of_another_version(run, last, error) from error


def of_another_version(run: Run, last: Checkpoint, error: Exception) -> RunError:
    """Return the error for a checkpoint that lacks what this version needs, or has it in another form."""
    return RunError(f"{run.path}: the checkpoint of step {last.step} is of another version of nnlab: {error!r}")


def _refusal(run: Run, other: Sequence[Difference], found: Sequence[Difference]) -> str:
    lines = [f"{run.path} cannot go on as it began; different now:"]
    lines += [f"  {printable(str(each))}" for each in (*other, *found)]
    if other:
        lines.append(f"undo the changes, or begin a new run: nnlab train {run.config}")
    else:
        lines.append("--allow-inexact continues to other bits and records the differences in environment.json")
    return "\n".join(lines)


def _record(run: Run, began: dict[str, Any], now: dict[str, Any], step: int, found: Sequence[Difference]) -> None:
    """Record in environment.json the step at which training continues, and the differences."""
    earlier = began.get("resumed")
    note = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "step": step,
        "differences": [asdict(each) for each in found],
    }
    since = {key: began[key] for key in ("began", "planned", "files", "config", "repaired") if key in began}
    resumed = [*(earlier if isinstance(earlier, list) else []), note]
    run.write_json("environment.json", {**since, **now, "resumed": resumed})
