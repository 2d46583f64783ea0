"""The gradients of a first step, computed from the change of the parameters."""

import numpy as np

from nnlab.arrays import Named
from nnlab.config import load_config
from nnlab.nn.network import build_network
from nnlab.runs import Run
from nnlab.summary import summarize


def first_gradients(run: Run) -> Named:
    """Return dL/dparameter by name, for a run of a single step of plain gradient descent.

    The step replaces ``w`` by ``w - a dL/dw``, with the learning rate ``a``, so
    ``dL/dw = (w before - w after) / a``. Raises RunError if the run cannot be read.
    """
    config = load_config(run.config)
    before = build_network(config.network, summarize(config).input_shape, config.seed).params
    after = run.checkpoints.load("last").group("params")
    rate = getattr(config.optimizer, "learning_rate")  # noqa: B009 -- an option of every optimizer, unknown to mypy
    return {name: np.asarray((before[name] - after[name]) / rate) for name in before}
