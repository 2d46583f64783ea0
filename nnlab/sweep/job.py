"""What becomes of a job, wherever it is run."""

from nnlab.errors import Interrupted, NnlabError, RunError
from nnlab.evaluation import evaluate
from nnlab.runs import Run
from nnlab.runs.overview import overview
from nnlab.sweep.executor import Job, Outcome
from nnlab.training import resume


def run_job(job: Job) -> Outcome:
    """Train a cell from where it is to its end and evaluate it if asked; a finished one stays as it is.

    It raises nothing: an exception would have to travel to another process, which not every one survives.
    """
    run = Run(job.directory)
    try:
        resume(run)
        if job.test and not overview(run).test_of("best"):
            evaluate(run, split="test", checkpoint="best", cause="nnlab sweep --test")
    except Interrupted:
        return Outcome("interrupted", _saved(run))
    except MemoryError as error:
        return Outcome("lost", f"out of memory: {error}")
    except NnlabError as error:
        return Outcome("failed", str(error))
    except Exception as error:  # noqa: BLE001 -- a bug in one cell must not end the others
        return Outcome("failed", f"a bug in nnlab: {type(error).__name__}: {error}")
    return Outcome("completed")


def _saved(run: Run) -> str:
    try:
        return f"saved at step {run.read_json('summary.json')['steps']:,}"
    except RunError:
        return "saved"
