"""Selection and order of runs by status, results and any key of their configs."""

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, get_args

from nnlab import files
from nnlab.config import Experiment
from nnlab.config.nodes import Position, plain
from nnlab.config.overrides import read_value
from nnlab.errors import RunError, UsageError, brief, suggest
from nnlab.runs.directory import Run
from nnlab.runs.overview import Overview, Status, overview
from nnlab.runs.sweeps import Sweep, find_run_or_sweep, read_sweep

_FACTS: dict[str, Callable[[Overview], Any]] = {
    "run": lambda run: run.name,
    "status": lambda run: run.status,
    "dataset": lambda run: run.config and run.config.data.type,
    "steps": lambda run: run.steps,
    "seconds": lambda run: run.seconds,
    "parameters": lambda run: run.parameters,
    "loss": lambda run: run.validation and run.validation.loss,
    "accuracy": lambda run: run.validation and run.validation.accuracy,
    "test_loss": lambda run: run.tested and run.tested.loss,
    "test_accuracy": lambda run: run.tested and run.tested.accuracy,
}
"""The values of a run besides the keys of its config; ``loss`` is the measured loss, not the config's section."""

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
_CONDITION = re.compile(rf"([^=<>!]+)({'|'.join(_SIGNS)})(.*)", re.DOTALL)


@dataclass(frozen=True)
class Condition:
    """A condition on runs: the value under ``key`` compares by ``sign`` with ``wanted``."""

    key: str
    sign: str
    wanted: Any

    def holds(self, run: Overview) -> bool:
        """Return whether ``run`` satisfies the condition. A missing value satisfies only ``!=``."""
        value = fact(run, self.key)
        if self.sign in {"=", "!="}:
            return _SIGNS[self.sign](_typed(value), _typed(self.wanted))
        return _is_number(value) and _SIGNS[self.sign](value, self.wanted)


def read_condition(text: str) -> Condition:
    """Parse KEY=VALUE or ``accuracy>0.9``; raises UsageError, or ConfigError for the VALUE."""
    parts = _CONDITION.fullmatch(text)
    if not parts:
        raise UsageError(f"{brief(text)} is no condition such as dataset=mnist, seed=0 or accuracy>0.9")
    key, sign, value = parts.groups()
    if value[:1] in {"=", "<", ">", "!"}:
        meant = "".join(sorted(f"{sign}{value[0]}", key="<>!=".index)) if sign != value[0] else sign
        hint = f" (did you mean {key.strip()}{meant}{value[1:]}?)" if meant in _SIGNS else ""
        signs = ", ".join(_SIGNS)
        raise UsageError(f"{brief(text)}: {sign}{value[0]} does not compare; known: {signs}{hint}")
    wanted = plain(read_value(value.strip(), Position(f"condition {brief(text)}")))
    if sign not in {"=", "!="} and not _is_number(wanted):
        raise UsageError(f"{brief(text)} compares with {brief(value)}, which is no number (accuracies are 0 to 1)")
    return Condition(key.strip(), sign, wanted)


def fact(run: Overview, key: str) -> Any | None:
    """Return the value of ``run`` under ``key``, for a component its type; None if it has no such value."""
    if key in _FACTS:
        return _FACTS[key](run)
    try:
        value = run.setting(key)
    except KeyError:
        return None
    return value.get("type", value) if isinstance(value, dict) else value


def select(runs: Sequence[Overview], conditions: Iterable[Condition]) -> list[Overview]:
    """Return those of ``runs`` for which all ``conditions`` hold.

    Raises UsageError if a condition names a key that no run has, or a status that does not exist.
    """
    conditions = list(conditions)
    for condition in conditions:
        _require_known(runs, condition.key)
        if condition.key == "status" and condition.wanted not in get_args(Status):
            raise UsageError(f"{brief(str(condition.wanted))} is no status (known: {', '.join(get_args(Status))})")
    return [run for run in runs if all(condition.holds(run) for condition in conditions)]


def ordered(runs: Sequence[Overview], key: str | None = None, *, reverse: bool = False) -> list[Overview]:
    """Return ``runs`` sorted by their values under ``key``, those without a value last.

    Without a key the newest comes first. Raises UsageError as ``select`` does.
    """
    by_name = sorted(runs, key=lambda run: run.name)
    if key is None:
        oldest_first = sorted(by_name, key=lambda run: run.began)
        return oldest_first if reverse else oldest_first[::-1]
    _require_known(runs, key)
    ranked = [(_rank(value), run) for run in by_name if (value := fact(run, key)) is not None]
    known = [run for _, run in sorted(ranked, key=itemgetter(0), reverse=reverse)]
    return known + [run for run in by_name if fact(run, key) is None]


def collapse(runs: Iterable[Overview]) -> list[Overview]:
    """Return ``runs`` with the cells of each sweep merged into one overview, except those of a broken sweep."""
    lines: list[Overview] = []
    cells: dict[Path, list[Overview]] = {}
    for run in runs:
        if run.sweep is None:
            lines.append(run)
        else:
            cells.setdefault(run.sweep, []).append(run)
    for path, members in cells.items():
        try:
            lines.append(outline(read_sweep(path), members))
        except RunError:
            lines += members
    return lines


def find_overview(address: str, root: Path) -> Overview:
    """Return the overview of the run or sweep at ``address``, as for ``find_run``, or of a broken run by name.

    Raises RunError if there is no match, or more than one.
    """
    try:
        found = find_run_or_sweep(address, root)
    except RunError:
        if files.is_name(address) and len(address) < 256 and (root / address).is_dir():
            return overview(Run(root / address))
        raise
    if isinstance(found, Run):
        return overview(found)
    return outline(found, [overview(cell.run, found.path) for cell in found.cells])


def outline(sweep: Sweep, cells: Sequence[Overview]) -> Overview:
    """Return the overview of a ``sweep`` from its selected ``cells``, at least one."""
    finished = sum(cell.finished for cell in cells)
    running = any(cell.status == "running" for cell in cells)
    status: Status = "running" if running else "completed" if finished == len(cells) else "stopped"
    best = max(cells, key=lambda cell: cell.best.accuracy if cell.best else -1.0)
    parameters = {cell.parameters for cell in cells}
    return Overview(
        Run(sweep.path),
        status,
        config=next((cell.config for cell in cells if cell.config), None),
        steps=sum(cell.steps or 0 for cell in cells),
        seconds=sum(cell.seconds or 0.0 for cell in cells),
        parameters=parameters.pop() if len(parameters) == 1 else None,
        evaluated_on=best.evaluated_on,
        best=best.best,
        tests=best.tests,
        cells=(finished, len(sweep.cells)),
        chosen=len(cells),
    )


def _require_known(runs: Sequence[Overview], key: str) -> None:
    """Raise UsageError if none of the ``runs`` with a config has ``key``."""
    asked = [run for run in runs if run.config]
    if key in _FACTS or not asked or any(_has(run, key) for run in asked):
        return
    parent, _, last = key.rpartition(".")
    known = {*_FACTS, *Experiment.model_fields}
    if parent:
        inside = [run.setting(parent) for run in asked if _has(run, parent)]
        known = {name for value in inside if isinstance(value, dict) for name in value}
    hint = f" ({suggest(last, known)})" if known else ""
    raise UsageError(f"no run has {brief(key)}{hint}")


def _has(run: Overview, key: str) -> bool:
    try:
        run.setting(key)
    except KeyError:
        return False
    return True


def _typed(value: Any) -> Any:
    """Return a form of ``value`` for which 1 equals 1.0 and [1, 2] equals (1, 2), but true does not equal 1."""
    if isinstance(value, list | tuple):
        return tuple(map(_typed, value))
    return (bool, value) if isinstance(value, bool) else value


def _rank(value: Any) -> tuple[bool, Any]:
    """Return the sort key of ``value``: numbers come before texts."""
    return (False, value) if _is_number(value) else (True, str(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
