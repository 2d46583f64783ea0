"""Small experiments for tests: a network of every kind of layer that trains in milliseconds."""

import contextlib
import json
import os
import signal

import nnlab
from nnlab.config import load_config
from nnlab.errors import Interrupted
from nnlab.training.sinks import ignore

SMALL = """\
data: {type: random, shape: [6, 6, 1], classes: 3, train: 40, test: 20, validation: 10}
network:
  - {type: conv2d, filters: 3, kernel: 3, padding: 1}
  - batchnorm
  - relu
  - {type: maxpool2d, size: 2}
  - {type: residual, body: [{type: conv2d, filters: 3, kernel: 3, padding: 1}, {type: dropout, rate: 0.2}]}
  - {type: dropout, rate: 0.3}
  - {type: dense, units: 3}
optimizer: {type: sgd, learning_rate: 0.05}
training: {steps: 12, batch_size: 8, evaluate_every: 3}
"""


def write_config(folder, text=SMALL, name="small.yaml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def load(folder, *overrides, text=SMALL):
    return load_config(write_config(folder, text), overrides)


def stop_at(step):
    """A reporter that asks the training to stop after a step, as a user does with Ctrl-C."""

    def report(record):
        if record.step == step:
            os.kill(os.getpid(), signal.SIGINT)

    return report


def train_with_stops(config, runs_dir, stops):
    """Train ``config``, stopped after each of the steps in ``stops`` and resumed again."""
    stops = [step for step in sorted(set(stops)) if step > 0]
    with contextlib.suppress(Interrupted):
        nnlab.train(config, runs_dir=runs_dir, report=stop_at(stops[0]) if stops else ignore)
    run = nnlab.open_run("latest", runs_dir)
    for step in [*stops[1:], 10**9]:
        with contextlib.suppress(Interrupted):
            nnlab.resume(run, report=stop_at(step))
    return run


def without_clock(run):
    """The records of a run as they must be the same every time."""
    return [json.dumps({k: v for k, v in record.items() if k != "seconds"}) for record in run.records()]
