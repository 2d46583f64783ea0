"""Whether a run can be trained again, from its directory alone, to the same numbers."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import zip_longest
from math import inf
from typing import Any, Literal, TypeAlias

import numpy as np

from nnlab.config.schema import Logging
from nnlab.errors import DivergedError, RunError
from nnlab.integrity.findings import Deviation
from nnlab.integrity.results import StoredEvaluation, stored_evaluations, summary_deviations, summary_step
from nnlab.nn.kernels import threads
from nnlab.nn.network import Network
from nnlab.runs import Checkpoint, Run, read_checkpoint
from nnlab.runs.changes import changes_since, edits_with_effect
from nnlab.runs.environment import Difference, differences
from nnlab.runs.metrics_log import LogScan, is_lost, read_log
from nnlab.runs.run_config import load_run_config
from nnlab.training.loop import fit
from nnlab.training.resumption import begin_as, present_environment
from nnlab.training.sinks import Reporter, ignore
from nnlab.training.state import TrainingState, prepare

Verdict: TypeAlias = Literal["identical", "within the tolerance", "different"]

log = logging.getLogger(__name__)

_CLOCK = "seconds"  # the only value of a record that need not be the same


@dataclass(frozen=True)
class Reproduction:
    """How a second training compares with the first, up to step ``compared``.

    ``records`` records and the arrays of ``checkpoints`` checkpoints were compared. ``first`` is the first
    deviation of either, ``parameter`` the first of an array, in the order of the layers, and ``largest`` the
    largest of all. ``environment`` says what was not as in the run. ``evaluations`` stored evaluations were
    compared with the predictions of the second network, and, if ``summary``, the summary with its own. The second
    training began with step ``start``: 0, or the state that an extended run holds.
    """

    verdict: Verdict
    compared: int
    records: int
    checkpoints: int
    environment: tuple[Difference, ...]
    first: Deviation | None
    parameter: Deviation | None
    largest: Deviation | None
    evaluations: int = 0
    summary: bool = False
    start: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return asdict(self)


def reproduce(
    run: Run, *, steps: int | None = None, tolerance: float = 0.0, report: Reporter = ignore
) -> Reproduction:
    """Train ``run`` again from its config and compare records and checkpoints, as far as it was saved.

    Nothing is written. ``steps`` compares only that many. Deviations up to ``tolerance``, in a recorded value or a
    saved number, do not count as different. Differences from the run's environment are logged as warnings first.

    Raises RunError if the run is damaged or has nothing saved, otherwise as ``nnlab.train``.
    """
    config = load_run_config(run).model_copy(update={"logging": Logging()})
    began = run.read_json("environment.json")
    log_of_run = read_log(run.metrics)
    records, saved = log_of_run.records, _saved(run)
    changes = [edits_with_effect(run, config, began), *(changes_since(config, each) for each in saved)]
    if changed := next(filter(None, changes), None):
        raise RunError(
            f"{run.config} was changed since the training: {'; '.join(map(str, changed))}; undo the changes first"
        )
    end = max((c.step for c in saved), default=records[-1]["step"] if records else 0)
    end = min(end, steps or end)
    if not end:
        raise RunError(f"{run.path} has nothing yet to compare a second training with")
    with threads.compute(config.compute.threads):
        state = prepare(config)
        begin_as(state, run)
        start = state.step
        if end <= start:
            raise RunError(f"{run.path} begins with step {start:,}, up to which nothing can be trained again")
        other = tuple(differences(began, present_environment(state)))
        for difference in other:
            log.warning("warning: not as in the run: %s", difference)
        evaluations = stored_evaluations(run, end, after=start)
        count = sum(map(len, evaluations.values()))
        again, deviations, results = _train_again(
            state, [c for c in saved if start < c.step <= end], evaluations, end, report
        )
        ended = state.step == end == summary_step(run)
        if ended:
            results += summary_deviations(run, state)
    until = [record for record in records if start < record["step"] <= end]
    compared = sum(start < checkpoint.step <= state.step for checkpoint in saved)
    found = [*deviations, *results, *_of_records(until, _comparable(again, until, log_of_run))]
    return Reproduction(
        _verdict(found, tolerance),
        end,
        len(until),
        compared,
        other,
        min(found, key=lambda each: each.step, default=None),
        deviations[0] if deviations else None,
        max(found, key=lambda each: inf if each.amount is None else each.amount, default=None),
        count,
        ended,
        start,
    )


def _saved(run: Run) -> list[Checkpoint]:
    """Return the intact checkpoints in the order of their steps."""
    saved = []
    for path in sorted(run.folder("checkpoints").glob("*.safetensors")):
        try:
            saved.append(read_checkpoint(path))
        except RunError as error:
            log.warning("warning: %s; it is left out", error)
    return sorted(saved, key=lambda checkpoint: checkpoint.step)


def _train_again(
    state: TrainingState,
    saved: Sequence[Checkpoint],
    evaluations: dict[int, list[StoredEvaluation]],
    end: int,
    report: Reporter,
) -> tuple[list[dict[str, Any]], list[Deviation], list[Deviation]]:
    """Train up to step ``end``; return the records, and how states and predictions deviate from those stored."""
    at = defaultdict(list)
    for checkpoint in saved:
        at[checkpoint.step].append(checkpoint)
    records: list[dict[str, Any]] = []
    deviations: list[Deviation] = []
    results: list[Deviation] = []
    with closing(fit(state)) as steps:
        try:
            for progress in steps:
                records += progress.records()
                report(progress)
                for checkpoint in at.pop(state.step, []):
                    deviations += _of_state(checkpoint, state)
                for stored in evaluations.pop(state.step, []):
                    results += stored.deviations(state)
                if state.step == end:
                    break
        except DivergedError as error:
            deviations.append(Deviation(state.step + 1, str(error), None))
    if state.step < end and not deviations:
        deviations.append(Deviation(state.step, "training ended here", None))
    return records, deviations, results


def _of_state(saved: Checkpoint, state: TrainingState) -> Iterator[Deviation]:
    """Yield what of a state is not as it was saved, in the order of the layers."""
    now = state.checkpoint(0)
    for name, array in now.arrays.items():
        if name not in saved.arrays and not saved.facts:
            continue  # the best checkpoint has only what an evaluation needs
        before = saved.arrays.get(name)
        if before is None or before.shape != array.shape or before.dtype != array.dtype:
            yield Deviation(saved.step, _label(state.network, name), None)
        elif before.tobytes() != array.tobytes():
            amount = float(np.abs(before.astype(np.float64) - array).max())
            yield Deviation(saved.step, _label(state.network, name), amount)
    for key in ("streams", "batches"):
        if key in saved.facts and saved.facts[key] != now.facts[key]:
            yield Deviation(saved.step, f"the random {key}", None)


def _label(network: Network, name: str) -> str:
    """Return what messages call an array of a checkpoint."""
    kind, _, rest = name.partition("/")
    index, _, key = rest.partition(".")
    return f"{network.label(int(index))} {key}" if kind in {"params", "state"} else f"{kind} {rest}"


def _comparable(
    again: Sequence[dict[str, Any]], before: Sequence[dict[str, Any]], known: LogScan
) -> list[dict[str, Any]]:
    """Return the records of ``again`` without those that a repair lost, or that were too many to keep."""
    kept = {(record["step"], record["split"]) for record in before}
    return [
        record
        for record in again
        if (record["step"], record["split"]) in kept or not (known.thinned or is_lost(record["step"], known.lost))
    ]


def _of_records(before: Sequence[dict[str, Any]], again: Sequence[dict[str, Any]]) -> Iterator[Deviation]:
    for old, new in zip_longest(before, again):
        if old is None or new is None:
            yield Deviation((old or new)["step"], "a record is missing", None)
            return
        if (old["step"], old["split"], old.keys()) != (new["step"], new["split"], new.keys()):
            yield Deviation(min(old["step"], new["step"]), "another record", None)
            return
        for key in old.keys() - {"step", "split", _CLOCK}:
            if old[key] != new[key]:
                yield Deviation(old["step"], f"{old['split']} {key}", abs(old[key] - new[key]))


def _verdict(found: Sequence[Deviation], tolerance: float) -> Verdict:
    if not found:
        return "identical"
    return "different" if any(each.exceeds(tolerance) for each in found) else "within the tolerance"
