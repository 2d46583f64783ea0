"""Run one sweep job in the current process."""

from nnlab.errors import Interrupted, NnlabError, RunError, out_of_memory
from nnlab.evaluation import evaluate
from nnlab.runs import Run
from nnlab.runs.overview import overview
from nnlab.sweep.executor import Job, JobResult
from nnlab.training import resume


def run_job(job: Job) -> JobResult:
    """Train a cell to completion, from its last checkpoint if it has one, and evaluate it if requested.

    A finished cell is left unchanged. Never raises: not every exception can be sent to another process.
    """
    run = Run(job.directory)
    try:
        resume(run)
        if job.test and not overview(run).test_of("best"):
            evaluate(run, split="test", checkpoint="best", cause="nnlab sweep --test")
    except Interrupted:
        return JobResult("interrupted", _saved(run))
    except MemoryError as error:
        return JobResult("lost", out_of_memory(error))
    except NnlabError as error:
        return JobResult("failed", str(error))
    except Exception as error:  # noqa: BLE001 -- a bug in one cell must not end the others
        return JobResult("failed", f"a bug in nnlab: {type(error).__name__}: {error}")
    return JobResult("completed")


def _saved(run: Run) -> str:
    try:
        return f"saved at step {run.read_json('summary.json')['steps']:,}"
    except RunError:
        return "saved"
