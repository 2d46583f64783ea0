"""Train a run from its config, resume one that was stopped, and extend one that is finished."""

import signal
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from nnlab import files
from nnlab.config import Experiment, as_yaml
from nnlab.errors import DivergedError, Interrupted, SystemFault
from nnlab.nn.kernels import threads
from nnlab.runs import Run, check_writable, create_run
from nnlab.runs.changes import record_of
from nnlab.runs.directory import moment
from nnlab.runs.fitted_normalization import write_normalization
from nnlab.runs.origin import origin_facts, write_origin
from nnlab.runs.run_config import load_run_config
from nnlab.summary.memory import require_memory_for_steps, require_memory_for_weights, too_large
from nnlab.training.extension import copy_records, plan_extension, take_over
from nnlab.training.loop import fit
from nnlab.training.progress import Beginning
from nnlab.training.resumption import present_environment, restore
from nnlab.training.signals import stop_signals
from nnlab.training.sinks import Announcer, Reporter, Sink, check_logging, ignore, open_sinks, unannounced
from nnlab.training.state import TrainingState, prepare
from nnlab.training.transfer import Transfer, plan_transfer, transfer


def train(
    config: Experiment,
    *,
    runs_dir: str | Path = "runs",
    report: Reporter = ignore,
    begin: Announcer = unannounced,
) -> Run:
    """Train what ``config`` describes in a new run directory and return the run.

    ``begin`` is called with the ``Beginning`` once data and network are ready, ``report`` with the ``Progress``
    after each step.

    Raises SystemFault if ``runs_dir`` cannot be written (before anything else is done), DataError if the data are
    missing, DivergedError if training diverges, and Interrupted after SIGINT or SIGTERM, once the state is saved.
    """
    check_logging(config)
    check_writable(Path(runs_dir))
    with threads.compute(config.compute.threads):
        state = _prepare(config)
        beginning = _initialize(state, Path(runs_dir))
        state.resolve_config()
        run = create_run(Path(runs_dir), config.name)
        if beginning:
            write_origin(run, beginning.origin, beginning.taken)
        files.write_text(run.config, as_yaml(state.config))
        with run.locked():
            _begin(state, run)
            _train(state, run, report, begin, keep=0)
    return run


def extend(
    run: Run,
    overrides: str | Sequence[str],
    *,
    runs_dir: str | Path = "runs",
    report: Reporter = ignore,
    begin: Announcer = unannounced,
) -> Run:
    """Continue the finished ``run`` as a longer training run, in a directory of its own, and return that.

    ``overrides`` (KEY=VALUE) change its config: ``training.steps`` or ``training.epochs``, and whatever the first
    steps can be continued with. The new run has the records and the state of the first one. Where it is not the
    same as one that was trained so from its beginning, its ``Origin`` says why.

    Raises RunError if the run is not finished or damaged, UsageError if the overrides leave no steps or make it
    another experiment, otherwise as ``train``.
    """
    plan = plan_extension(run, (overrides,) if isinstance(overrides, str) else tuple(overrides))
    check_logging(plan.config)
    check_writable(Path(runs_dir))
    with threads.compute(plan.config.compute.threads):
        state = _prepare(plan.config)
        origin = take_over(state, plan)
        state.resolve_config()
        longer = create_run(Path(runs_dir), plan.config.name)
        with longer.locked():
            keep = copy_records(run, longer, plan.last)
            write_origin(longer, origin, plan.last)
            _begin(state, longer)
            longer.checkpoints.save(state.checkpoint(keep), state.best)
            files.write_text(longer.config, as_yaml(state.config))  # last: without it, there is no run yet
            _train(state, longer, report, begin, keep=keep)
    return longer


def resume(
    run: Run,
    *,
    allow_inexact: bool = False,
    report: Reporter = ignore,
    begin: Announcer = unannounced,
) -> bool:
    """Continue a training run that was stopped, to the same bits as if it had not been.

    A run that is only a config so far, such as a new cell of a sweep, is begun. Returns whether there was anything
    left to do.

    Raises RunError if the run is in use or damaged, or if its config, its data or what else decides the bits
    (versions, BLAS, kind of processor) differ from those it began with; with ``allow_inexact`` the last of these
    may differ, which environment.json records. Otherwise raises as ``train`` does.
    """
    config = load_run_config(run)
    check_logging(config)
    with run.locked(), threads.compute(config.compute.threads):
        state = _prepare(config)
        keep = 0
        if run.begun:
            keep = restore(state, run, allow_inexact=allow_inexact)
        else:
            planned = files.digest(files.read_whole(run.config))
            if beginning := _initialize(state, run.path.parent):
                write_origin(run, beginning.origin, beginning.taken)
            state.resolve_config()
            _begin(state, run, planned)
            files.write_text(run.config, as_yaml(state.config))
        finished = state.finished
        _train(state, run, report, begin, keep=keep)
    return not finished


def _prepare(config: Experiment) -> TrainingState:
    """Return the state before the first step; raises SystemFault if this machine's memory is too small for it."""
    require_memory_for_weights(config)
    state = prepare(config)
    require_memory_for_steps(config, len(state.dataset.train))
    return state


def _initialize(state: TrainingState, runs_dir: Path) -> Transfer | None:
    """Copy the weights that the config asks for into the network; return what they are."""
    planned = plan_transfer(state.config, state.network, runs_dir)
    if planned:
        transfer(state.network, planned.origin, planned.taken)
        state.config = planned.config
    return planned


def _begin(state: TrainingState, run: Run, planned: str | None = None) -> None:
    """Record the fitted normalization, the config and the environment in which training begins.

    ``planned`` is the digest of the config of a run that was only a config so far, such as a new cell of a sweep.
    """
    files.remove_leftovers(run.path)
    recorded = record_of(state.config, write_normalization(run, state.dataset.normalization))
    origin = {} if planned is None else {"planned": planned}
    run.write_json("environment.json", {"began": moment(), **present_environment(state), **recorded, **origin})


def _beginning(state: TrainingState, run: Run) -> Beginning:
    return Beginning(
        path=run.path,
        data=state.config.data.type + ("" if state.dataset.verified else ", unverified"),
        parameters=state.network.weights.size,
        examples={name: len(split) for name, split in state.dataset.splits.items()},
        batch_size=state.config.training.batch_size,
        steps=state.step,
        total_steps=state.total_steps,
        origin=tuple(origin_facts(run, state.config)),
    )


def _train(state: TrainingState, run: Run, report: Reporter, begin: Announcer, *, keep: int) -> None:
    """Train to the end, and write ``keep`` bytes of metrics and all that follows.

    If the end was reached already, only the summary is written, which a killed process may have missed.
    """
    with stop_signals() as received, ExitStack() as stack:
        sinks = open_sinks(stack, state, run, report, keep=keep)
        try:
            if not state.finished:
                begin(_beginning(state, run))
                _take_steps(state, run, sinks, received)
        except Interrupted:
            _end(sinks, "interrupted")
            raise
        except DivergedError as error:
            _end(sinks, "diverged", str(error))
            raise DivergedError(f"{error}; a smaller optimizer.learning_rate may help ({run.path})") from error
        except MemoryError as error:
            raise MemoryError(too_large(state.config, error)) from error
        except SystemFault as error:
            raise SystemFault(f"{error}; once that is fixed, continue with: nnlab resume {run.path}") from error
        _end(sinks, "completed" if state.step == state.total_steps else "stopped early")


def _take_steps(state: TrainingState, run: Run, sinks: Sequence[Sink], received: Sequence[int]) -> None:
    """Pass the progress of each step to ``sinks``, and let them save when that is due or a signal was received."""
    with closing(fit(state)) as steps:
        for progress in steps:
            for sink in sinks:
                sink.take(progress)
            due = progress.step % state.checkpoint_every == 0
            if progress.finite and progress.examples and (received or state.finished or due):
                for sink in sinks:
                    sink.save()
            if received and progress.finite and not state.finished:
                name = signal.Signals(received[0]).name
                message = f"{name} at step {state.step:,}; continue with: nnlab resume {run.path}"
                raise Interrupted(message, signal=received[0])


def _end(sinks: Sequence[Sink], status: str, reason: str | None = None) -> None:
    for sink in sinks:
        sink.end(status, reason)
