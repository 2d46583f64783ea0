"""Train, resume and evaluate: the only place that wires everything together."""

import signal
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nnlab import files, seeding
from nnlab.blueprint import blueprint, load_config
from nnlab.capacity import require_memory_for_steps, require_memory_for_weights, too_large
from nnlab.config import Experiment, as_yaml
from nnlab.data import Dataset, load_dataset
from nnlab.errors import DataError, DivergedError, Interrupted, RunError, SystemFault
from nnlab.evaluation import Calibration, Metrics, Predictions, calibrate, measure, predict_split
from nnlab.gradcheck import GradientCheck, check_network, check_registered
from nnlab.interrupts import stop_signals
from nnlab.kernels import threads
from nnlab.losses import Loss
from nnlab.network import Network, build_network, outline_layers
from nnlab.recording import Recorder, Reporter, check_logging, ignore
from nnlab.registry import LOSSES
from nnlab.resumption import go_on, present_environment
from nnlab.runs import Checkpoint, Run, check_writable, create_run, find_run
from nnlab.runs.checkpoints import Which
from nnlab.runs.ledger import Entry, enter
from nnlab.runs.predictions import read_predictions, write_predictions
from nnlab.runs.recorded import Evaluated, read_record
from nnlab.trial import Trial, prepare, restore_weights

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


def open_run(address: str, runs_dir: str | Path = "runs") -> Run:
    """Return the run at ``address``: a path, the unique beginning of a name in ``runs_dir``, or ``latest``.

    Raises RunError if there is none, or more than one.
    """
    return find_run(address, Path(runs_dir))


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


@dataclass(frozen=True)
class Outcome:
    """How a run's network did on one split."""

    config: Experiment
    predictions: Predictions
    metrics: Metrics
    split: SplitName
    checkpoint: Which
    step: int

    @property
    def calibration(self) -> Calibration:
        """How far the confidence of the predictions is what it promises."""
        return calibrate(self.predictions)

    def as_json(self) -> dict[str, Any]:
        """Return the metrics and what they were measured on, as plain data."""
        what = {"split": self.split, "checkpoint": self.checkpoint, "step": self.step}
        return {**self.metrics.as_json(), "calibration": self.calibration.as_json(), **what}


@dataclass(frozen=True)
class Evaluation(Outcome):
    """An outcome with the network and the data that it came of."""

    network: Network
    dataset: Dataset


def evaluate(
    run: Run,
    *,
    split: SplitName = "test",
    checkpoint: Which = "best",
    cause: str = "nnlab.evaluate",
    dataset: Dataset | None = None,
) -> Evaluation:
    """Evaluate a run's network on ``split`` and keep the predictions and metrics in its directory.

    They are in ``evaluation/`` for the test split and in a folder of it for the others. An evaluation on test data
    is entered into the run's ledger first, with its ``cause``. ``dataset`` has the run's data, if they were loaded
    already.

    The best checkpoint is the one with the best evaluation during training; without evaluations it is the
    last. Raises RunError if the run or checkpoint cannot be used, DataError if the data are missing, and
    SystemFault, before they are read, if the run cannot be written.
    """
    config, folder = load_config(run.config), _folder(run, split)
    check_writable(run.path)
    require_memory_for_weights(config)
    saved = run.load(checkpoint)
    with threads.compute(config.compute.threads):
        dataset = dataset or load_dataset(config.data, config.seed)
        network = load_network(config, saved)
        loss: Loss = LOSSES.build(config.loss)
        predictions = predict_split(network, loss, dataset, split)
    metrics = measure(predictions, dataset.class_names)
    if split == "test":
        enter(run.path, Entry(cause=cause, checkpoint=checkpoint, step=saved.step, **metrics.told))
    write_predictions(folder / "predictions.npz", vars(predictions))
    evaluation = Evaluation(config, predictions, metrics, split, checkpoint, saved.step, network, dataset)
    files.write_json(folder / "metrics.json", evaluation.as_json())
    return evaluation


def recall(run: Run, *, split: SplitName = "test", dataset: Dataset | None = None) -> Outcome | None:
    """Return what ``evaluate`` found last; None unless that is whole, and of a checkpoint as it is now.

    With ``dataset`` it is an Evaluation, or None if of other data. Raises RunError if the run cannot be used.
    """
    config, folder = load_config(run.config), _folder(run, split)
    names = blueprint(config).class_names
    try:
        told = read_record(folder / "metrics.json", Evaluated)
        predictions = Predictions(**read_predictions(folder / "predictions.npz", told.count, len(names)))
    except (RunError, DataError):
        return None
    saved = run.checkpoints.load(told.checkpoint)
    if not told.count or told.step != saved.step:
        return None
    metrics = measure(predictions, names)
    if metrics.accuracy != told.accuracy:
        return None
    outcome = Outcome(config, predictions, metrics, split, told.checkpoint, told.step)
    if dataset is None:
        return outcome
    if not np.array_equal(predictions.labels, dataset.split(split).labels):
        return None
    return Evaluation(**vars(outcome), network=load_network(config, saved), dataset=dataset)


def _folder(run: Run, split: SplitName) -> Path:
    return run.evaluation if split == "test" else run.folder("evaluation", split)


def load_network(config: Experiment, saved: Checkpoint) -> Network:
    """Return the network of ``config`` as it was saved; raises RunError if it is another network."""
    network = Network(outline_layers(config.network, blueprint(config).input_shape))
    restore_weights(network, saved)
    return network


def check_gradients(
    config: Experiment | None = None, *, samples: int | None = 20, batch_size: int = 4, seed: int = 0
) -> list[GradientCheck]:
    """Compare gradients with central differences in float64.

    With a config, its network is checked from end to end, loss included, on ``batch_size`` examples of its
    own training data; without one, every registered layer and loss on small random shapes. ``samples``
    entries are checked of each parameter (None: all).
    """
    rng = seeding.stream(seed, "gradcheck")
    if config is None:
        return check_registered(rng, samples=samples)
    dataset = load_dataset(config.data, config.seed)
    network = build_network(config.network, dataset.input_shape, config.seed)
    indices = rng.choice(len(dataset.train.labels), batch_size, replace=len(dataset.train.labels) < batch_size)
    x, labels = dataset.normalize(dataset.train.inputs[indices]), dataset.train.labels[indices]
    return check_network(network, LOSSES.build(config.loss), x, labels, samples=samples, rng=rng)
