"""What a training run yields after each step, and the means and the monitor behind it."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Literal, TypeAlias

from nnlab.training.step import StepRecord

Values: TypeAlias = dict[str, float]
"""Mean loss (nats) and accuracy (0-1) of an example, under ``loss`` and ``accuracy``."""


@dataclass(frozen=True)
class Beginning:
    """What is about to be trained: ``steps`` of ``total_steps`` are done already if a run is resumed.

    ``path`` is the run directory, ``data`` the data set, ``parameters`` the number of trainable values, and
    ``examples`` the number of examples by split. ``origin`` has facts on what the run begins with if not with new
    weights, and on the layers that are not trained, each a name and a text.
    """

    path: Path
    data: str
    parameters: int
    examples: dict[str, int]
    batch_size: int
    steps: int
    total_steps: int
    origin: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Progress:
    """One training step as sinks see it.

    ``training`` has the mean loss and accuracy over the steps since the last record, or is None between two
    records. ``evaluation`` has those on the split ``evaluated_on`` if this step was followed by an evaluation
    (``evaluated_on`` is None if there is no split to evaluate on), and ``improved`` says whether it is the best so
    far. ``examples`` were in the batch, ``seconds`` have passed since training began, interruptions excluded.
    """

    step: int
    total_steps: int
    steps_per_epoch: int
    examples: int
    seconds: float
    learning_rate: float
    training: Values | None
    evaluated_on: Literal["validation", "test"] | None
    evaluation: Values | None
    improved: bool

    @property
    def finite(self) -> bool:
        """Whether the loss of the evaluation, if there is one, is a finite number."""
        return self.evaluation is None or isfinite(self.evaluation["loss"])

    def records(self) -> list[dict[str, Any]]:
        """Return the records that this step adds to metrics.jsonl; an evaluation that is not finite adds none."""
        clock = {"seconds": round(self.seconds, 4)}
        records: list[dict[str, Any]] = []
        if self.training:
            rate = {"learning_rate": self.learning_rate}
            records.append({"step": self.step, "split": "train", **self.training, **rate, **clock})
        if self.evaluation and self.finite:
            records.append({"step": self.step, "split": self.evaluated_on, **self.evaluation, **clock})
        return records


@dataclass
class Window:
    """Sums over the steps since the last training record."""

    loss: float = 0.0
    correct: int = 0
    examples: int = 0
    steps: int = 0

    def add(self, record: StepRecord, *, per_example: bool) -> None:
        """Add a step; its loss counts once per example, or as it is if it is a sum over the batch."""
        self.loss += record.loss * record.examples if per_example else record.loss
        self.correct += record.correct
        self.examples += record.examples
        self.steps += 1

    def mean(self) -> Values:
        """Return the mean loss and accuracy of an example, and empty the window."""
        means = {"loss": self.loss / self.examples, "accuracy": self.correct / self.examples}
        self.loss, self.correct, self.examples, self.steps = 0.0, 0, 0, 0
        return means


@dataclass
class Monitor:
    """The best evaluation so far, the newest one, and how many in a row have not improved.

    ``metric`` is ``accuracy`` or ``loss``. Any better evaluation is the best so far. Patience asks for more: only
    an evaluation that is better than ``reference`` by more than ``min_delta`` ends a row of ``stale`` ones and
    becomes the reference.
    """

    metric: Literal["loss", "accuracy"]
    min_delta: float
    best: Values | None = None
    last: Values | None = None
    stale: int = 0
    reference: float | None = None

    def __post_init__(self) -> None:
        if self.reference is None and self.best:  # saved by a version that compared with the best
            self.reference = self.best[self.metric]

    def improves(self, step: int, evaluation: Values) -> bool:
        """Record an evaluation after ``step`` and return whether it is the best so far."""
        self.last = {"step": step, **evaluation}
        value = evaluation[self.metric]
        sign = 1 if self.metric == "accuracy" else -1
        if self.reference is None or sign * (value - self.reference) > self.min_delta:
            self.reference, self.stale = value, 0
        else:
            self.stale += 1
        if self.best and sign * (value - self.best[self.metric]) <= 0:
            return False
        self.best = self.last
        return True
