"""Everything that the report of a run needs, read once: config, records, results, ledger and data."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nnlab.config import Experiment
from nnlab.data import Dataset
from nnlab.errors import NnlabError, OtherDataError, printable
from nnlab.evaluation import Evaluation, SplitName, TrainedRun
from nnlab.figures import Subject
from nnlab.registry import DATASETS
from nnlab.runs import Run
from nnlab.runs.changes import edited
from nnlab.runs.checkpoints import Which
from nnlab.runs.ledger import Ledger
from nnlab.runs.overview import Overview

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class RunMaterial:
    """A run as far as it can be read; a part that cannot be read is None, and ``warnings`` give the reasons.

    ``logged`` says whether there are records. ``outcome`` holds the results on the test examples, of the best
    checkpoint or, if only the last one was evaluated, of that.
    """

    trained: TrainedRun
    logged: bool
    dataset: Dataset | None
    outcome: Evaluation | None
    ledger: Ledger | None
    warnings: tuple[str, ...]

    @property
    def run(self) -> Run:
        """The run directory."""
        return self.trained.run

    @property
    def config(self) -> Experiment:
        """The resolved config."""
        return self.trained.config

    @property
    def overview(self) -> Overview:
        """Status and numbers of the run."""
        return self.trained.overview

    @property
    def checkpoint(self) -> Which:
        """The checkpoint that the report describes."""
        return self.outcome.checkpoint if self.outcome else "best"

    @property
    def subject(self) -> Subject:
        """What the figures are drawn from."""
        split: SplitName = "test" if self.outcome else "train"
        return Subject(self.config, self.trained, split, self.checkpoint, known=self.outcome)

    @property
    def evaluation(self) -> Evaluation | None:
        """The results if the data are available as well, else None."""
        return self.outcome if self.dataset is not None else None


def gather(run: Run, *, cause: str) -> RunMaterial:
    """Read ``run``; if it is finished and not yet evaluated, evaluate it on test data, for ``cause``.

    Raises ConfigError or RunError if the config cannot be read, DataError if the shape of an example is neither
    recorded nor known from the data, and OtherDataError if the data are not those of the run.
    """
    trained = TrainedRun(run)
    config, overview = trained.config, trained.overview
    gathering = _Gathering()
    if overview.reason:
        gathering.warnings.append(f"The run is damaged: {overview.reason}.")
    if changed := edited(run, config):
        keys = ", ".join(changed)
        gathering.warnings.append(
            f"config.yaml was edited after training: {keys}. The report shows the edited config."
        )
    for made in trained.environment.repaired if trained.environment else ():
        gathering.warnings.append(f"A damaged file was repaired on {made.when[:10]}: {made}.")
    logged = bool(gathering.attempt("The training curves are left out", lambda: trained.records))
    dataset = gathering.attempt(
        "Parts that need the data are left out", lambda: trained.dataset, _way_to_data(config)
    )
    outcome = None
    if run.checkpoints.exist:
        outcome = gathering.attempt(
            "The test results are left out", lambda: _outcome(trained, cause, with_data=dataset is not None)
        )
    ledger = gathering.attempt("The number of evaluations on test data is left out", lambda: trained.ledger)
    return RunMaterial(trained, logged, dataset, outcome, ledger, tuple(gathering.warnings))


class _Gathering:
    """Collects warnings about parts that cannot be read, so that the rest can be reported."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def attempt(self, loss: str, read: Callable[[], T], way_out: str = "") -> T | None:
        """Return the result of ``read``; if it fails, record the ``loss``, the reason and the ``way_out``."""
        try:
            return read()
        except OtherDataError:
            raise
        except NnlabError as error:
            self.warnings.append(f"{loss}: {error}.{way_out}")
            return None


def _way_to_data(config: Experiment) -> str:
    if DATASETS[config.data.type].published is None:
        return ""
    kind = config.data.type
    return f" nnlab data fetch {kind} downloads them; NNLAB_DATA names the folder if they are here already."


def _outcome(trained: TrainedRun, cause: str, *, with_data: bool) -> Evaluation | None:
    """Return the stored results on test data; without them, evaluate a finished run if its data are available."""
    stored = trained.stored_evaluation() or trained.stored_evaluation("test", "last")
    if stored or not with_data or not trained.overview.finished:
        return stored
    trained.dataset.split("test")  # raises DataError if there are no test examples
    log.warning(
        "%s has not been evaluated: evaluating it on test data, which its ledger records", printable(trained.name)
    )
    return trained.evaluate(cause=cause)
