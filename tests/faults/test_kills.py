"""A training that is killed, at every system call and at random moments, goes on to the same bits."""

import os
import signal
import time

import numpy as np

from faults import tiny
from faults.aftermath import problems
from faults.scale import count, counting, sample

WITH_CONTENT = {"write"}


def points(calls):
    """Return every moment of a training in which it can be killed: before each call, and in each write."""
    whole = [(at, "kill") for at, call in enumerate(calls) if call.name != "saved"]
    return whole + [(at, "torn") for at, call in enumerate(calls) if call.name in WITH_CONTENT]


def killed(folder, children, at, kind, **disturbance):
    """Return a run that was killed at a call, and how the command ended."""
    place = folder / f"{at}-{kind}"
    place.mkdir()
    run = tiny.lay_out(place)
    disturbance |= {"root": str(run.path), "at": at, "kind": kind}
    return run, children.run("resume", run.path, "-q", folder=place, **disturbance)


def test_killed_at_any_system_call_it_goes_on_to_the_same_bits(folder, children, undisturbed):
    bits, calls = undisturbed
    with counting("kill -9 at a system call") as figure:
        for at, kind in sample(points(calls), 12, np.random.default_rng(1)):
            run, ended = killed(folder, children, at, kind)
            found = [] if ended.code == -signal.SIGKILL else [f"it left with {ended.code}"]
            found += problems(run, ended, children, bits)
            figure.add(found, at, kind, calls[at].name, calls[at].path)


def undisturbed_seconds(folder, children):
    run, began = tiny.lay_out(folder), time.monotonic()
    children.run("resume", run.path, "-q", folder=folder)
    return time.monotonic() - began


def test_killed_at_random_moments_again_and_again_it_goes_on_to_the_same_bits(folder, children, undisturbed):
    bits, _ = undisturbed
    rng = np.random.default_rng(2)
    duration = undisturbed_seconds(folder, children)
    with counting("runs killed at random moments until they are done") as figure, counting("such kills") as kills:
        for number in range(count(5, 1000)):
            place = folder / str(number)
            place.mkdir()
            run = tiny.lay_out(place)
            found = []
            for _ in range(3):
                child = children.start("resume", run.path, "-q", folder=place)
                time.sleep(rng.uniform(0.0, duration))
                os.kill(child.pid, signal.SIGKILL)
                ended = child.wait()
                kills.done += ended.code == -signal.SIGKILL
                found += [] if ended.is_plain else [ended.err]
            found += problems(run, ended, children, bits)
            figure.add(found, "run", number)
