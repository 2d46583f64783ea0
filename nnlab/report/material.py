"""What a report of a run is made of, gathered once: what is recorded and saved, and the data if they are here."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nnlab.config import Experiment, load_config
from nnlab.data import Dataset, load_dataset
from nnlab.errors import NnlabError, printable
from nnlab.evaluation import Evaluation, Outcome, SplitName, evaluate, recall
from nnlab.evaluation.trained_run import TrainedRun
from nnlab.figures import Subject
from nnlab.registry import DATASETS
from nnlab.runs import Run
from nnlab.runs.changes import edited
from nnlab.runs.checkpoints import Which
from nnlab.runs.ledger import Ledger, read_ledger
from nnlab.runs.overview import Overview, overview

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Material:
    """A run as far as it can be read; None stands for what cannot be had, and ``warnings`` say why.

    ``outcome`` is what was found on the test examples, of the best checkpoint unless ``nnlab eval`` was asked for
    another: an Evaluation where the data are here.
    """

    run: Run
    config: Experiment
    overview: Overview
    trained: TrainedRun
    logged: bool
    dataset: Dataset | None
    outcome: Outcome | None
    ledger: Ledger | None
    warnings: tuple[str, ...]

    @property
    def checkpoint(self) -> Which:
        """The saved state that the report is on."""
        return self.outcome.checkpoint if self.outcome else "best"

    @property
    def subject(self) -> Subject:
        """What the figures are drawn from."""
        split: SplitName = "test" if self.outcome else "train"
        return Subject(self.config, self.trained, split, self.checkpoint, known=self.evaluation or self.outcome)

    @property
    def evaluation(self) -> Evaluation | None:
        """The outcome together with its network and data."""
        return self.outcome if isinstance(self.outcome, Evaluation) else None


def gather(run: Run, *, cause: str) -> Material:
    """Return what there is of ``run``; a finished one without results on test data is evaluated, for ``cause``.

    Raises ConfigError or RunError if its config cannot be read, DataError if that needs data of the user's own
    which are gone: they say what shape an example has.
    """
    config, found = load_config(run.config), overview(run)
    gathering = _Gathering()
    if found.reason:
        gathering.warnings.append(f"The run is damaged: {found.reason}.")
    if changed := edited(run, config):
        keys = ", ".join(changed)
        gathering.warnings.append(
            f"config.yaml was edited after the training: {keys}. The report shows it as it is."
        )
    trained = TrainedRun(run)
    records = gathering.attempt("The training curves are left out", lambda: trained.records)
    dataset = gathering.attempt(
        "What needs the data is left out", lambda: load_dataset(config.data, config.seed), _way_to_data(config)
    )
    trained = TrainedRun(run, dataset=dataset)
    outcome = None
    if run.checkpoints.exist:
        outcome = gathering.attempt("The test results are left out", lambda: _outcome(run, found, dataset, cause))
    ledger = gathering.attempt("How often the test data were looked at is left out", lambda: read_ledger(run.path))
    return Material(
        run, config, found, trained, bool(records), dataset, outcome, ledger, tuple(gathering.warnings)
    )


class _Gathering:
    """Takes down what cannot be had, so that the rest can be reported."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def attempt(self, loss: str, read: Callable[[], T], way_out: str = "") -> T | None:
        """Return what ``read`` returns; if it fails, take down the ``loss``, why, and the ``way_out``."""
        try:
            return read()
        except NnlabError as error:
            self.warnings.append(f"{loss}: {error}.{way_out}")
            return None


def _way_to_data(config: Experiment) -> str:
    if DATASETS[config.data.type].collection is None:
        return ""
    kind = config.data.type
    return f" nnlab data fetch {kind} downloads them; NNLAB_DATA names the folder if they are here already."


def _outcome(run: Run, found: Overview, dataset: Dataset | None, cause: str) -> Outcome | None:
    """Return how ``run`` did on test data: what is known, else what a finished one is found to do now."""
    known = recall(run, dataset=dataset)
    if known or dataset is None or not found.finished:
        return known
    log.warning("%s was not evaluated yet: looking at its test data, which its ledger tells", printable(run.name))
    return evaluate(run, cause=cause, dataset=dataset)
