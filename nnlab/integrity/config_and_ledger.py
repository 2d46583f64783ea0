"""Whether the config of a run is the one that it began with, and its ledger has every line that was written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nnlab import files
from nnlab.config import Experiment
from nnlab.errors import RunError
from nnlab.integrity.findings import State
from nnlab.runs import Checkpoint, Run
from nnlab.runs.changes import changes_since, edits, edits_with_effect
from nnlab.runs.ledger import NAME, Ledger
from nnlab.runs.sweeps import cell_of


def check_origin(run: Run, config: Experiment, saved: Iterable[Checkpoint]) -> tuple[State, str] | None:
    """Return what was edited in the config without effect on the results; None if nothing was.

    Raises RunError if the config is not the one that the run began with, that its checkpoints ``saved`` record, or
    that its sweep laid out for it.
    """
    if (cell := cell_of(run)) and (problem := cell.problem):
        raise RunError(problem)
    began = _began(run)
    changed = {str(each) for each in edits_with_effect(run, config, began)}
    changed = changed or {str(each) for checkpoint in saved for each in changes_since(config, checkpoint)}
    if changed:
        raise RunError(f"edited since training: {'; '.join(sorted(changed))}")
    if harmless := edits(run, config, began):
        return "edited", f"without effect on the results: {'; '.join(map(str, harmless))}"
    return None


def _began(run: Run) -> dict[str, Any]:
    """Return the content of environment.json; empty if it is missing or damaged, which its own check reports."""
    try:
        return run.read_json("environment.json")
    except RunError:
        return {}


def ledger_heads(run: Run) -> dict[str, str]:
    """Return the checks of the ledger's lines that the stored evaluations state, by the name of the evaluation."""
    heads: dict[str, str] = {}
    for path in sorted(run.evaluation.rglob("metrics.json")):
        try:
            stated = files.read_json(path).get("ledger")
        except RunError:  # its own check reports it
            continue
        if isinstance(stated, str):
            heads[path.relative_to(run.path).as_posix()] = stated
    return heads


def missing_lines(ledger: Ledger, heads: Mapping[str, str], records: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield which lines the ledger lacks: those of evaluations (``heads``) and of training (``records``)."""
    for place, check in heads.items():
        if check not in ledger.checks:
            yield f"no line for {place}"
    tested = max((each["step"] for each in records if each["split"] == "test"), default=0)
    entered = max((each.step for each in ledger.entries if each.every), default=0)
    if tested > entered:
        yield f"no line for the evaluations in training up to step {tested:,}, which metrics.jsonl records"


def require_checks(ledger: Ledger) -> None:
    """Raise RunError if a line of the ledger has no check."""
    if None in ledger.checks:
        raise RunError(f"line {ledger.checks.index(None) + 1} of {NAME} has lost its check")
