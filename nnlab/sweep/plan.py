"""The plan of a sweep: its cells, each with its full config, before any of them is trained."""

import hashlib
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

from nnlab import files
from nnlab.config import ConfigDocument, Experiment, as_yaml, read_experiment
from nnlab.config.dump import identity
from nnlab.config.overrides import Override
from nnlab.config.wording import as_written
from nnlab.errors import ConfigError, Problem, UsageError
from nnlab.runs import Run
from nnlab.runs.directory import slug
from nnlab.runs.sweeps import Cell, Sweep
from nnlab.sweep.axes import MAX_CELLS, Axis, data
from nnlab.sweep.draft import read_draft

_LONGEST = 80  # characters of a cell's directory
_MOST_PROBLEMS = 20  # problems reported for one plan


@dataclass(frozen=True)
class PlannedCell:
    """A cell to train: its value on each axis, its config, and the ``changes`` to the base config as KEY=VALUE."""

    directory: str
    settings: dict[str, Any]
    config: Experiment
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The cells of a sweep; ``axes`` has the values of each key that varies, the slowest key first."""

    name: str
    axes: dict[str, list[Any]]
    cells: tuple[PlannedCell, ...]

    @cached_property
    def directory(self) -> str:
        """The name of the sweep directory; equal plans have equal names."""
        facts = [self.name, self.axes, [[cell.settings, identity(cell.config)] for cell in self.cells]]
        digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
        return "-".join(filter(None, ("sweep", slug(self.name), digest[:8])))

    def sweep(self, root: Path) -> Sweep:
        """Return the sweep of this plan in ``root``, with every cell pending."""
        path = root / self.directory
        cells = (
            Cell(
                Run(path / cell.directory),
                cell.settings,
                changes=cell.changes,
                planned=files.digest(as_yaml(cell.config).encode()),
            )
            for cell in self.cells
        )
        return Sweep(path, self.name, self.axes, tuple(cells))


def load_plan(path: str | Path, settings: str | Sequence[str] = (), *, seeds: int | None = None) -> Plan:
    """Return the plan of the sweep file or config at ``path``, varied by ``settings``: KEY=VALUE,VALUE,...

    ``seeds`` stands for the seeds 0 to ``seeds - 1``. Raises ConfigError with every problem at once, each with its
    position and the first cell affected, UsageError if there are too many cells or the file does not exist.
    """
    draft = read_draft(Path(path), (settings,) if isinstance(settings, str) else settings, seeds)
    count = prod(len(axis.points) for axis in draft.axes)
    if count > MAX_CELLS:
        raise UsageError(f"{path}: {count:,} cells; a sweep has at most {MAX_CELLS:,}")
    names = labels([axis.key for axis in draft.axes])
    width = max(3, len(str(count - 1)))
    cells, problems, causes = [], defaultdict[Problem, list[str]](list), dict[Problem, Problem]()
    for number, points in enumerate(itertools.product(*(axis.points for axis in draft.axes))):
        values = {axis.key: point.value for axis, point in zip(draft.axes, points, strict=True)}
        overrides = draft.overrides(points)
        try:
            config = read_experiment(draft.base.changed(overrides))
        except ConfigError as error:
            for problem in error.problems:
                if problem not in causes:
                    causes[problem] = _at_its_cause(problem, draft.base, overrides)
                problems[causes[problem]].append(label(values, names))
        else:
            name = f"{number:0{width}}-{_file_name(values, names)}"[:_LONGEST].rstrip("-.")
            changes = tuple(f"{each.key}={as_written(data(each.node))}" for each in overrides)
            cells.append(PlannedCell(f"cells/{name}", values, config, changes))
    if problems:
        raise ConfigError(_reported(problems, count))
    _check_distinct(cells, names, path)
    return Plan(draft.name or cells[0].config.name, _values(draft.axes), tuple(cells))


def _at_its_cause(problem: Problem, base: ConfigDocument, overrides: Sequence[Override]) -> Problem:
    """Return ``problem`` at the position of the override that causes it, unless the ``base`` config has it too."""
    if problem.source in {override.position.source for override in overrides}:
        return problem
    for count in range(len(overrides) + 1):
        try:
            read_experiment(base.changed(overrides[:count]))
        except ConfigError as error:
            if problem in error.problems:
                return overrides[count - 1].position.problem(problem.message, problem.hint) if count else problem
    return problem


def _check_distinct(cells: Iterable[PlannedCell], names: dict[str, str], path: str | Path) -> None:
    """Raise ConfigError if two cells have equal configs."""
    seen: dict[str, PlannedCell] = {}
    for cell in cells:
        other = seen.setdefault(cell.config.model_dump_json(), cell)
        if other is not cell:
            both = " and ".join(repr(label(each.settings, names)) for each in (other, cell))
            hint = "remove one of them, or change another setting in it"
            raise ConfigError([Problem(f"the cells {both} have the same config", str(path), hint=hint)])


def _values(axes: Iterable[Axis]) -> dict[str, list[Any]]:
    return {axis.key: [point.value for point in axis.points] for axis in axes}


def _reported(problems: dict[Problem, list[str]], count: int) -> list[Problem]:
    """Return the problems, each with the first cell affected unless all cells are."""
    reported = []
    for problem, cells in problems.items():
        more = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
        where = f" (cell {cells[0]}{more})" if len(cells) < count else ""
        reported.append(replace(problem, message=problem.message + where))
    reported.sort(key=lambda problem: (problem.source, problem.line, problem.column))
    rest = [Problem(f"and {len(reported) - _MOST_PROBLEMS} more problems like these", reported[0].source)]
    return reported[:_MOST_PROBLEMS] + (rest if len(reported) > _MOST_PROBLEMS else [])


def labels(keys: Iterable[str]) -> dict[str, str]:
    """Return a label for each key: its shortest unique ending that starts with a letter."""
    keys = list(keys)
    names = {}
    for key in keys:
        parts = key.split(".")
        ends = [".".join(parts[start:]) for start in range(len(parts) - 1, -1, -1)]
        alone = [end for end in ends if sum(f".{other}".endswith(f".{end}") for other in keys) == 1]
        names[key] = next((end for end in alone if end[0].isalpha()), key)
    return names


def label(settings: dict[str, Any], names: dict[str, str]) -> str:
    """Return the settings of a cell in short form, such as ``learning_rate=0.1 seed=0``."""
    return " ".join(f"{names[key]}={as_written(value)}" for key, value in settings.items())


def _file_name(settings: dict[str, Any], names: dict[str, str]) -> str:
    """Return the settings in a form safe for a directory name, such as ``learning_rate=0.1-seed=0``."""
    texts = {names[key]: as_written(value).replace("+", "") for key, value in settings.items()}
    parts = (text if key == "variant" else f"{key.replace('+', '')}={text}" for key, text in texts.items())
    return "-".join(re.sub(r"[^A-Za-z0-9._=-]+", "-", part).strip("-.") for part in parts)
