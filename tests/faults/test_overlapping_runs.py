"""Two training runs that overlap in threads of one process: each has the bits of a run alone."""

import re
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

import nnlab
from faults import tiny
from faults.scale import count, counting
from nnlab.nn.kernels import threads

PATIENCE = 60
SHORT, LONG = 4, 10
LEFT_AT_ONE = r"left \(\[[\d, ]*\b1\b"  # of NumPy's BLAS, and perhaps of another library's

CONFIG = """\
name: dense
data: {type: random, shape: [%d], classes: 4, train: 128, test: 8, validation: 8}
network: [{type: dense, units: %d}, {type: relu}, {type: dense, units: 4}]
optimizer: {type: sgd, learning_rate: 0.05, momentum: 0.9}
training: {steps: 1, batch_size: 64, evaluate_every: 2, log_every: 1}
"""


@pytest.fixture(autouse=True)
def _blas_has_several_threads():
    with threadpool_limits(4, user_api="blas"):
        yield


def settings():
    """Return what a training run must leave as it was."""
    blas = [pool["num_threads"] for pool in ThreadpoolController().info() if pool["user_api"] == "blas"]
    helpers = [thread.name for thread in threading.enumerate() if thread.name.startswith("nnlab-kernel")]
    return blas, threads.count(), len(helpers) < threads.count(), np.geterr(), list(warnings.filters)


def config(folder, size, units, steps, wanted):
    source = folder / "c.yaml"
    source.write_text(CONFIG % (size, units))
    overrides = [f"training.steps={steps}", *([] if wanted is None else [f"compute.threads={wanted}"])]
    return nnlab.load_config(source, overrides)


def overlapping(shorter, longer, folder):
    """Train both in threads, such that the shorter ends while the longer has steps to take; return both runs."""
    meeting, ended = threading.Barrier(2, timeout=PATIENCE), threading.Event()

    def meet(progress):
        if progress.step == 1:
            meeting.wait()

    def meet_and_outlive(progress):
        meet(progress)
        if progress.step == SHORT:
            assert ended.wait(PATIENCE)

    def first():
        try:
            return nnlab.train(shorter, runs_dir=folder / "runs", report=meet)
        finally:
            ended.set()

    with ThreadPoolExecutor(2) as pool:
        begun = [
            pool.submit(first),
            pool.submit(nnlab.train, longer, runs_dir=folder / "runs", report=meet_and_outlive),
        ]
        return [each.result() for each in begun]


def alone(config, folder):
    return tiny.bits(nnlab.train(config, runs_dir=folder / "runs"))


def trial(rng, folder):
    """Return what was wrong with a pair of random sizes."""
    sizes, wanted = rng.integers(500, 701, (2, 2)), rng.permutation([None, 1, 2, 3])
    configs = [
        config(folder, *map(int, size), steps, number)
        for size, steps, number in zip(sizes, (SHORT, LONG), wanted, strict=False)
    ]
    expected = [alone(each, folder) for each in configs]
    before = settings()
    runs = overlapping(*configs, folder)
    found = [
        f"the {which} run of {size.tolist()} has other bits"
        for which, size, run, bits in zip(("shorter", "longer"), sizes, runs, expected, strict=True)
        if tiny.bits(run) != bits
    ]
    return found if settings() == before else [*found, f"left {settings()} where there was {before}"]


def test_overlapping_runs_have_the_bits_of_runs_alone(folder):
    rng = np.random.default_rng(32)
    with counting("pairs of training runs that overlap in threads") as figure:
        for number in range(count(6, 100)):
            figure.add(trial(rng, folder), "pair", number)


class EachRestores(type(threads._scopes)):
    """What a training run must not do: it restores the number of threads that it found, whoever else computes."""

    def leave(self, found):
        self._open, self._found = 1, found
        super().leave(found)


def test_blas_restored_by_the_first_to_end_is_noticed(folder, monkeypatch):
    monkeypatch.setattr(threads, "_scopes", EachRestores())
    rng = np.random.default_rng(32)
    found = []
    for _ in range(12):  # whether the runs overlap as they must is up to the system
        found += trial(rng, folder)
        seen = [any("other bits" in each for each in found), any(re.match(LEFT_AT_ONE, each) for each in found)]
        if all(seen):
            break
    assert seen == [True, True]
