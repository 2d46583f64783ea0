"""The results of a comparison."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from nnlab.comparison.statistics import Estimate
from nnlab.runs.overview import Overview
from nnlab.runs.records import Evaluated


def _examples(run: Overview) -> int | None:
    """Return the number of examples in all training batches, or None if it is not known.

    It is counted in summary.json. Runs of earlier versions lack it; theirs is known if all batches are full.
    """
    if run.examples is not None or run.config is None or not run.steps:
        return run.examples
    training = run.config.training
    return run.steps * training.batch_size if training.drop_last or training.replacement else None


MEASURES: dict[str, Callable[[Overview], float | None]] = {
    "validation_accuracy": lambda run: run.validation.accuracy if run.validation else None,
    "validation_loss": lambda run: run.validation.loss if run.validation else None,
    "test_accuracy": lambda run: run.tested.accuracy if run.tested else None,
    "test_loss": lambda run: run.tested.loss if run.tested else None,
    "steps": lambda run: run.steps,
    "examples": _examples,
    "seconds": lambda run: run.seconds,
    "parameters": lambda run: run.parameters,
}
"""The measures of a run: accuracies (0-1) and losses (nats) of its best checkpoint, and costs.

``examples`` counts the training examples, each as often as it was seen.
"""

_MOST = 3  # names listed in a message

CRITERIA = {"validation_accuracy": "validation accuracy", "test_accuracy": "test accuracy"}
"""The measures by which a setting can be chosen, the preferred one first."""

Outcome: TypeAlias = Literal["better", "worse", "cannot tell"]


@dataclass(frozen=True)
class AgainstReference:
    """Whether a setting is better or worse than the reference, by the criterion of the verdict.

    If that cannot be told, ``reason`` says why, and ``seeds_needed`` about how many seeds would show a difference
    such as the one measured; None: not known, or more seeds do not help.
    """

    outcome: Outcome
    reason: str | None = None
    seeds_needed: int | None = None


@dataclass(frozen=True)
class Setting:
    """Runs that differ in the seed only.

    ``values`` has the config keys that distinguish the setting from others, with their values. ``runs`` are those
    that count, one for each seed; ``left_out`` those that do not: unfinished, or older runs of the same seed.
    ``results`` and ``differences``, to the reference at equal seeds, have an estimate for each known measure.
    ``against`` is None for the reference, and where no criterion applies.
    """

    name: str
    values: dict[str, Any]
    runs: tuple[Overview, ...]
    left_out: tuple[Overview, ...]
    results: dict[str, Estimate]
    differences: dict[str, Estimate]
    against: AgainstReference | None = None

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
            "against_reference": self.against and asdict(self.against),
        }


@dataclass(frozen=True)
class Verdict:
    """Which setting is best by ``criterion``, if the numbers show it.

    ``leading`` has the highest mean. It is ``best`` if it is shown to be better than all others; ``rivals``
    are those for which this is not shown. ``seeds_needed`` is about how many seeds would show it; None: not known.
    ``undecided`` is a reason that holds whatever the numbers; no setting is leading then.
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
    """Settings, of which the first is the ``reference``, with the verdict on them.

    ``keys`` are the config keys in which they differ, ``broken`` the runs that could not be read and why,
    ``warnings`` the caveats of the comparison.
    """

    settings: tuple[Setting, ...]
    keys: tuple[str, ...]
    verdict: Verdict
    warnings: tuple[str, ...]
    broken: dict[str, str]

    @property
    def reference(self) -> Setting:
        """The setting to which the others are compared: the one of the first run given."""
        return self.settings[0]

    @property
    def conclusion(self) -> str:
        """The verdict in words."""
        verdict = self.verdict
        if len(self.settings) == 1:
            return "there is only one setting; nothing to choose"
        if verdict.criterion is None:
            return "no accuracy is known for all settings; nothing to choose by"
        if verdict.undecided is not None:
            return verdict.undecided
        by = f"by {CRITERIA[verdict.criterion]}"
        if verdict.leading is None:
            return "fewer than two settings have finished runs; nothing to choose"
        if verdict.best is not None:
            return f"{by}, {verdict.best} is best: the 95 % intervals exclude a tie with any other setting"
        text = f"{by}, {verdict.leading} leads but cannot be told apart from {some(verdict.rivals)}"
        if verdict.seeds_needed:
            text += f"; if the differences are as measured, about {verdict.seeds_needed} seeds would show it"
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
    """Return the first few of ``names`` and the number of others."""
    return ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")


def evaluated_examples(run: Overview, measure: str) -> int | None:
    """Return the number of examples on which an accuracy of ``run`` was measured; None: not known."""
    if measure == "validation_accuracy":
        described = run.environment and run.environment.dataset
        given = run.config.data.validation if run.config else None  # all that runs of earlier versions say
        return described.examples.get("validation") if described else given if isinstance(given, int) else None
    return run.tested.count if isinstance(run.tested, Evaluated) else None
