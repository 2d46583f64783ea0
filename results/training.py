"""Train and evaluate the runs that are missing."""

from collections.abc import Sequence
from pathlib import Path

from nnlab import training
from nnlab.cli.output import say
from nnlab.cli.training_display import display
from nnlab.config import Experiment
from nnlab.errors import Interrupted, NnlabError, SystemFault
from nnlab.evaluation import evaluate
from nnlab.runs import Run
from results.archive import checkpoint_of, is_evaluated, is_finished, newest, read_archive, runs_of
from results.published import Entry


def train_missing(entries: Sequence[Entry], runs_dir: Path, *, quiet: bool) -> int:
    """Train and evaluate what is missing in ``runs_dir``, long runs last, and return an exit code.

    A run that fails does not stop the others; the code is that of the last failure, or 0. Raises Interrupted
    on a signal and SystemFault if the operating system refuses.
    """
    jobs = [(entry, seed) for entry in sorted(entries, key=lambda e: -e.seeds) for seed in range(entry.seeds)]
    exit_code = 0
    for number, (entry, seed) in enumerate(jobs, 1):
        say(f"{entry.config}, seed {seed} ({number} of {len(jobs)})")
        try:
            config = entry.load(seed)
            run = _trained(config, runs_dir, quiet=quiet)
            if entry.figures and not is_evaluated(run, config):
                evaluate(run, checkpoint=checkpoint_of(config))
        except (Interrupted, SystemFault):
            raise
        except NnlabError as error:
            say(f"error: {entry.config}, seed {seed}: {error}")
            exit_code = error.exit_code
    return exit_code


def _trained(config: Experiment, runs_dir: Path, *, quiet: bool) -> Run:
    """Return a finished run of ``config``: an existing one, a resumed one, or a new one."""
    run = newest(runs_of(read_archive(runs_dir), config))
    if run is not None and is_finished(run):
        return run
    with display(quiet=quiet) as show:
        if run is None:
            return training.train(config, runs_dir=runs_dir, report=show)
        training.resume(run, report=show)
    return run
