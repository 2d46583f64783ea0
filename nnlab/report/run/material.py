"""Everything that the report of a run needs, read once: config, records, results, ledger and data."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nnlab.config import Experiment, load_config
from nnlab.data import Dataset, load_dataset
from nnlab.errors import NnlabError, printable
from nnlab.evaluation import Evaluation, Outcome, evaluate, recall
from nnlab.figures import Training, read_training
from nnlab.registry import DATASETS
from nnlab.runs import Run
from nnlab.runs.changes import edited
from nnlab.runs.checkpoints import Which
from nnlab.runs.ledger import Ledger, read_ledger
from nnlab.runs.overview import Overview, overview

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class RunMaterial:
    """A run as far as it can be read; a part that cannot be read is None, and ``warnings`` give the reasons.

    ``outcome`` holds the results on the test examples, of the best checkpoint unless ``nnlab eval`` evaluated
    another last; it is an Evaluation if the data are available.
    """

    run: Run
    config: Experiment
    overview: Overview
    training: Training | None
    dataset: Dataset | None
    outcome: Outcome | None
    ledger: Ledger | None
    warnings: tuple[str, ...]

    @property
    def checkpoint(self) -> Which:
        """The checkpoint that the report describes."""
        return self.outcome.checkpoint if self.outcome else "best"

    @property
    def evaluation(self) -> Evaluation | None:
        """The results together with network and data; None if the data are missing."""
        return self.outcome if isinstance(self.outcome, Evaluation) else None


def gather(run: Run, *, cause: str) -> RunMaterial:
    """Read ``run``; if it is finished and not yet evaluated, evaluate it on test data, for ``cause``.

    Raises ConfigError or RunError if the config cannot be read, DataError if the config depends on files of the
    user that are missing, since these determine the shape of an example.
    """
    config, found = load_config(run.config), overview(run)
    gathering = _Gathering()
    if found.reason:
        gathering.warnings.append(f"The run is damaged: {found.reason}.")
    if changed := edited(run, config):
        keys = ", ".join(changed)
        gathering.warnings.append(
            f"config.yaml was edited after training: {keys}. The report shows the edited config."
        )
    training = gathering.attempt("The training curves are left out", lambda: read_training(run))
    dataset = gathering.attempt(
        "Parts that need the data are left out",
        lambda: load_dataset(config.data, config.seed),
        _way_to_data(config),
    )
    outcome = None
    if run.checkpoints.exist:
        outcome = gathering.attempt("The test results are left out", lambda: _outcome(run, found, dataset, cause))
    ledger = gathering.attempt("The number of evaluations on test data is left out", lambda: read_ledger(run.path))
    return RunMaterial(run, config, found, training, dataset, outcome, ledger, tuple(gathering.warnings))


class _Gathering:
    """Collects warnings about parts that cannot be read, so that the rest can be reported."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def attempt(self, loss: str, read: Callable[[], T], way_out: str = "") -> T | None:
        """Return the result of ``read``; if it fails, record the ``loss``, the reason and the ``way_out``."""
        try:
            return read()
        except NnlabError as error:
            self.warnings.append(f"{loss}: {error}.{way_out}")
            return None


def _way_to_data(config: Experiment) -> str:
    if DATASETS[config.data.type].published is None:
        return ""
    kind = config.data.type
    return f" nnlab data fetch {kind} downloads them; NNLAB_DATA names the folder if they are here already."


def _outcome(run: Run, found: Overview, dataset: Dataset | None, cause: str) -> Outcome | None:
    """Return the stored results of ``run`` on test data; without them, evaluate a finished run."""
    known = recall(run, dataset=dataset)
    if known or dataset is None or not found.finished:
        return known
    log.warning(
        "%s has not been evaluated: evaluating it on test data, which its ledger records", printable(run.name)
    )
    return evaluate(run, cause=cause, dataset=dataset)
