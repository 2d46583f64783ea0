"""Train a run from its config, and resume one that was stopped."""

import signal
from contextlib import closing
from pathlib import Path
from typing import Literal

from nnlab import files
from nnlab.config import Experiment, as_yaml, load_config
from nnlab.errors import DivergedError, Interrupted, SystemFault
from nnlab.memory import require_memory_for_steps, require_memory_for_weights, too_large
from nnlab.nn.kernels import threads
from nnlab.runs import Run, check_writable, create_run
from nnlab.training.recording import Recorder, Reporter, check_logging, ignore
from nnlab.training.resumption import go_on, present_environment
from nnlab.training.signals import stop_signals
from nnlab.training.state import Trial, prepare

SplitName = Literal["train", "validation", "test"]


def train(config: Experiment, *, runs_dir: str | Path = "runs", report: Reporter = ignore) -> Run:
    """Train what ``config`` describes in a new run directory and return the run.

    Raises SystemFault if ``runs_dir`` cannot be written (before anything else is done), DataError if the
    data are missing, DivergedError if the training diverges, and Interrupted after SIGINT or SIGTERM, when
    the state has been saved.
    """
    check_logging(config)
    check_writable(Path(runs_dir))
    with threads.compute(config.compute.threads):
        trial = _prepare(config)
        run = create_run(Path(runs_dir), config.name)
        files.write_text(run.config, as_yaml(config))
        with run.locked():
            _begin(trial, run)
            _carry_on(trial, run, report, metrics_bytes=0)
    return run


def resume(run: Run, *, allow_inexact: bool = False, report: Reporter = ignore) -> bool:
    """Go on with a training that was stopped, to the same bits as if it had not been.

    Of a run that is only a config so far, as the cells of a sweep are at first, it is the beginning. Returns
    whether there was anything left to do. Raises RunError if the run is in use or damaged, or if its config,
    its data or what else decides the bits (versions, BLAS, kind of processor) are not what it began with; with
    ``allow_inexact`` the last of these may differ, which environment.json records. Otherwise as ``train``.
    """
    config = load_config(run.config)
    check_logging(config)
    with run.locked(), threads.compute(config.compute.threads):
        trial = _prepare(config)
        metrics_bytes = 0
        if run.begun:
            metrics_bytes = go_on(trial, run, allow_inexact=allow_inexact)
        else:
            _begin(trial, run)
        finished = trial.finished
        _carry_on(trial, run, report, metrics_bytes)
    return not finished


def _prepare(config: Experiment) -> Trial:
    """Return a training before its first step; raises SystemFault if this machine's memory is too small for it."""
    require_memory_for_weights(config)
    trial = prepare(config)
    require_memory_for_steps(config, len(trial.dataset.train))
    return trial


def _begin(trial: Trial, run: Run) -> None:
    """Write down in what environment the training begins."""
    files.remove_leftovers(run.path)
    run.write_json("environment.json", present_environment(trial))


def _carry_on(trial: Trial, run: Run, report: Reporter, metrics_bytes: int) -> None:
    """Train to the end, logging, evaluating and saving on the way.

    After the end there is only the summary to write, of which a killed process may have been kept.
    """
    with (
        Recorder(trial, run, report, metrics_bytes) as recorder,
        closing(trial.steps()) as steps,
        stop_signals() as received,
    ):
        try:
            for record in () if trial.finished else steps:
                recorder.note(record)
                if received or trial.finished or recorder.save_is_due:
                    recorder.save()
                if trial.finished:
                    break
                if received:
                    recorder.summarize("interrupted")
                    name = signal.Signals(received[0]).name
                    message = f"{name} at step {trial.step:,}; go on with: nnlab resume {run.path}"
                    raise Interrupted(message, signal=received[0])
        except DivergedError as error:
            recorder.summarize("diverged", str(error))
            raise DivergedError(f"{error}; a smaller optimizer.learning_rate may help ({run.path})") from error
        except MemoryError as error:
            raise MemoryError(too_large(trial.config, error)) from error
        except SystemFault as error:
            raise SystemFault(f"{error}; once that is mended, go on with: nnlab resume {run.path}") from error
        recorder.summarize("completed" if trial.step == trial.clock.total_steps else "stopped early")
