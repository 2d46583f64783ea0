"""Training steps of whole networks: time, memory, and agreement with the rival."""

import time
from collections.abc import Iterator, Sequence

from bench.catalogue import BATCHES, load
from bench.memory import peaks
from bench.race import Contender, race
from bench.results import Comparison, NetworkResult
from bench.rivals import Rival
from bench.trainings import NnlabTraining, batches_of
from nnlab.config import Experiment
from nnlab.nn.kernels import threads as kernel_threads
from nnlab.summary import summarize
from nnlab.training.state import prepare

_HEATS = 0.2
"""The share of a network's time in which the rival may choose its form."""


def time_networks(
    names: Sequence[str], rival: Rival, *, steps: int, seconds: float, threads: int
) -> Iterator[NetworkResult]:
    """Yield the result of each network; together they take about ``seconds``."""
    end = time.perf_counter() + seconds
    for i, name in enumerate(names):
        left = end - time.perf_counter()
        yield time_network(name, rival, steps=steps, seconds=left / (len(names) - i), threads=threads)


def time_network(name: str, rival: Rival, *, steps: int, seconds: float, threads: int) -> NetworkResult:
    """Return the result of one network, in about ``seconds`` and at most ``steps`` steps."""
    end = time.perf_counter() + seconds
    config = load(name)
    memory = peaks(name, ("nnlab", *rival.frameworks), threads)
    agreement = rival.agreement(config)
    state = prepare(config)
    batches = batches_of(state, BATCHES)
    rivals = rival.training(state, batches, seconds=_HEATS * (end - time.perf_counter()))
    training = NnlabTraining(state, batches)
    mine = Contender(training.step, lambda: kernel_threads.compute(threads))
    with training.replicas(threads):
        times = race({"nnlab": mine, **rivals}, steps=steps, seconds=end - time.perf_counter())
    return NetworkResult(
        name=name,
        batch_size=config.training.batch_size,
        parameters=state.network.weights.size,
        operations=operations(config),
        form=next(iter(rivals), None),
        comparison=Comparison.of(times),
        peak_memory=memory,
        agreement=agreement,
    )


def operations(config: Experiment) -> int:
    """Return the number of float operations of a training step by the formulas.

    Each multiply-add of the forward pass is two operations, and occurs again for the gradients of the weight and
    of the input; the first layer needs no input gradient.
    """
    plan = summarize(config)
    first = next((row.multiply_adds for row in plan.rows if row.parameters), 0)
    return 2 * plan.batch_size * (3 * plan.multiply_adds - first)
