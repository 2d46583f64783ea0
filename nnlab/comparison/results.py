"""What a comparison finds."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nnlab.comparison.statistics import Estimate
from nnlab.runs.overview import Overview

MEASURES: dict[str, Callable[[Overview], float | None]] = {
    "validation_accuracy": lambda run: run.validation.accuracy if run.validation else None,
    "validation_loss": lambda run: run.validation.loss if run.validation else None,
    "test_accuracy": lambda run: run.tested.accuracy if run.tested else None,
    "test_loss": lambda run: run.tested.loss if run.tested else None,
    "steps": lambda run: run.steps,
    "examples": lambda run: run.steps * run.config.training.batch_size if run.steps and run.config else None,
    "seconds": lambda run: run.seconds,
    "parameters": lambda run: run.parameters,
}
"""What is measured of a run: accuracies (0-1) and losses (nats) of its best checkpoint, and what it cost.

``examples`` are those trained on, each as often as it was seen.
"""

_MOST = 3  # names that a message repeats

CRITERIA = {"validation_accuracy": "validation accuracy", "test_accuracy": "test accuracy"}
"""What a setting can be chosen by, the better first."""


@dataclass(frozen=True)
class Setting:
    """Runs that differ in the seed only.

    ``values`` has what tells the setting from the others, by config key. ``runs`` are those that count, one for
    each seed; ``left_out`` those that do not: unfinished, or repeated with the same seed. ``results`` and
    ``differences``, to the reference at equal seeds, have an estimate for each measure that is known.
    """

    name: str
    values: dict[str, Any]
    runs: tuple[Overview, ...]
    left_out: tuple[Overview, ...]
    results: dict[str, Estimate]
    differences: dict[str, Estimate]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the runs that count."""
        return tuple(run.config.seed for run in self.runs if run.config)

    def by_seed(self, measure: str) -> dict[int, float]:
        """Return a measure of each run that has it, by its seed."""
        values = {seed: MEASURES[measure](run) for seed, run in zip(self.seeds, self.runs, strict=True)}
        return {seed: float(value) for seed, value in values.items() if value is not None}

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "name": self.name,
            "values": self.values,
            "seeds": list(self.seeds),
            "runs": [run.as_json() for run in self.runs],
            "left_out": [run.as_json() for run in self.left_out],
            "results": {measure: asdict(found) for measure, found in self.results.items()},
            "differences": {measure: asdict(found) for measure, found in self.differences.items()},
        }


@dataclass(frozen=True)
class Verdict:
    """Which setting is best by ``criterion``, if that can be told.

    ``leading`` has the highest mean. It is ``best`` if for every other setting an interval excludes a tie;
    ``rivals`` are those for which none does. ``seeds_needed`` says how many seeds might tell them apart. None:
    not known. ``undecided`` is why nothing can be told whatever the numbers; then none is leading.
    """

    criterion: str | None
    leading: str | None = None
    rivals: tuple[str, ...] = ()
    seeds_needed: int | None = None
    undecided: str | None = None

    @property
    def best(self) -> str | None:
        """The best setting."""
        return None if self.rivals else self.leading


@dataclass(frozen=True)
class Comparison:
    """Settings, of which the first is the ``reference``, and what can be said of them.

    ``keys`` are the config keys in which they differ, ``broken`` the runs that could not be read and why,
    ``warnings`` what makes the comparison less than fair.
    """

    settings: tuple[Setting, ...]
    keys: tuple[str, ...]
    verdict: Verdict
    warnings: tuple[str, ...]
    broken: dict[str, str]

    @property
    def reference(self) -> Setting:
        """The setting to which the others are compared: that of the first run given."""
        return self.settings[0]

    @property
    def conclusion(self) -> str:
        """What follows, in words."""
        verdict = self.verdict
        if len(self.settings) == 1:
            return "there is one setting only; nothing to choose"
        if verdict.criterion is None:
            return "there is no accuracy that all settings have; nothing to choose by"
        if verdict.undecided is not None:
            return verdict.undecided
        by = f"by {CRITERIA[verdict.criterion]}"
        if verdict.leading is None:
            return "fewer than two settings have finished runs; nothing to choose"
        if verdict.best is not None:
            return f"{by}, {verdict.best} is best: the 95 % intervals exclude a tie with any other setting"
        text = f"{by}, {verdict.leading} leads but cannot be told apart from {some(verdict.rivals)}"
        if verdict.seeds_needed:
            text += f"; if the differences are as they seem, about {verdict.seeds_needed} seeds would show it"
        return text

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "reference": self.reference.name,
            "keys": list(self.keys),
            "settings": [setting.as_json() for setting in self.settings],
            "verdict": {**asdict(self.verdict), "best": self.verdict.best, "text": self.conclusion},
            "warnings": list(self.warnings),
            "broken": self.broken,
        }


def some(names: Sequence[str]) -> str:
    """Return the first of ``names``, and how many more there are."""
    return ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")
