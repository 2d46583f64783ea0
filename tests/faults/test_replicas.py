"""Replicas that are killed, stopped or never start; a killed training process; nnlab called from anywhere."""

import contextlib
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from support import ROOT

from faults.scale import count, counting
from nnlab.config import as_yaml, load_config
from nnlab.nn.kernels import threads
from nnlab.runs import Run
from nnlab.training import replicas
from nnlab.training.state import prepare

pytestmark = pytest.mark.skipif(not replicas.Replicas.supported(), reason="needs processes that share memory")

CONFIG = """\
name: shared
data: {type: random, shape: [8, 8, 1], train: 64, test: 16, validation: 8}
network: [{type: dense, units: 16}, relu, {type: dropout, rate: 0.5}, {type: dense, units: 10}]
optimizer: {type: adam}
training: {steps: 300, batch_size: 16, shards: 4, evaluate_every: 100, checkpoint_every: 10}
compute: {threads: 2}
"""
ENDLESS = "training.steps=1000000"


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "shared.yaml"
    path.write_text(CONFIG)
    return path


def trained(config, disturb=lambda step, helpers: None, processes=2, **settings):
    """Return the final weights of a training run, with ``disturb`` called before each step."""
    with threads.compute(processes):
        state = prepare(load_config(config, [f"{key}={value}" for key, value in settings.items()]))
        steps = state.steps()
        next(steps)
        helpers = children(os.getpid())
        for record in steps:
            disturb(record.step, helpers)
    return state.network.weights.tobytes()


def children(parent):
    """Return the replicas of the process ``parent``."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            *_, after = path.read_text().rpartition(")")
            words = (path.parent / "cmdline").read_bytes().split(b"\0")
            if int(after.split()[1]) == parent and b"nnlab.training.replica_process" in words:
                found.append(int(path.parent.name))
    return found


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            return None
        time.sleep(0.01)
    return found


def exists(process):
    """Return whether a process runs, rather than having ended and not been waited for."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_killed_replica_changes_no_bit(config, caplog):
    expected = trained(config, processes=1)
    rng = np.random.default_rng(3)
    with counting("replicas killed at a random moment") as figure:
        for trial in range(count(2, 200)):
            delay = rng.uniform(0, 1.5)
            killers = []

            def disturb(step, helpers, delay=delay, killers=killers):
                if step == 2:
                    killers.append(threading.Timer(delay, os.kill, (helpers[0], signal.SIGKILL)))
                    killers[0].start()
                time.sleep(0.002)

            caplog.clear()
            found = [] if trained(config, disturb) == expected else ["other bits"]
            killers[0].cancel()
            found += [text for text in caplog.messages if not re.search("process (ended|did not start)", text)]
            figure.add(found, trial, delay)


def test_a_stopped_replica_is_done_without(config, monkeypatch, caplog):
    monkeypatch.setattr(replicas, "_PATIENCE", 0.3)
    expected = trained(config, processes=1)
    stopped, available = [], replicas.Replicas.available

    def stop_when_ready(self):
        found = available(self)
        if found and not stopped:
            stopped.append(found[0].process.pid)
            os.kill(stopped[0], signal.SIGSTOP)
        return found

    monkeypatch.setattr(replicas.Replicas, "available", stop_when_ready)
    assert trained(config, lambda *_: stopped or time.sleep(0.05)) == expected
    assert ["hangs" in text for text in caplog.messages] == [True]
    assert not exists(stopped[0])


def test_a_replica_that_cannot_start_is_done_without(config, monkeypatch, caplog):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    caplog.set_level(logging.WARNING)
    assert trained(config, lambda *_: time.sleep(0.001)) == trained(config, processes=1)
    assert caplog.messages == [
        "warning: a helper process did not start; this process computes its share, with the same results"
    ]


def test_without_shared_memory_one_process_does_all(config, monkeypatch):
    def refuse(layout):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(replicas, "new_memory", refuse)
    assert trained(config) == trained(config, processes=1)


def run_of(config, *overrides):
    run = Run(config.parent / "run")
    run.path.mkdir()
    run.config.write_text(as_yaml(load_config(config, overrides)))
    return run


def started(run, *command):
    """Start a training process in a session of its own and return it with its replicas."""
    process = subprocess.Popen(
        [sys.executable, "-m", "nnlab", "resume", str(run.path), "-q"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    helpers = wait_for(lambda: children(process.pid), 60)
    assert helpers
    return process, helpers


def test_no_replica_outlives_a_killed_training_process(config):
    rng = np.random.default_rng(4)
    with counting("training processes killed beside their replicas") as figure:
        for trial in range(count(1, 200)):
            run = run_of(config, ENDLESS) if trial == 0 else Run(config.parent / "run")
            process, helpers = started(run)
            time.sleep(rng.uniform(0, 1))
            process.kill()
            process.communicate()
            gone = wait_for(lambda helpers=helpers: not any(map(exists, helpers)), 10)
            figure.add([] if gone else ["a replica is left"], trial)


def test_ctrl_c_saves_and_ends_the_replicas_too(config):
    run = run_of(config, ENDLESS)
    process, helpers = started(run)
    assert wait_for((run.path / "checkpoints" / "index.json").exists, 60)
    os.killpg(process.pid, signal.SIGINT)
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in messages
    assert run.read_json("summary.json")["status"] == "interrupted"
    assert wait_for(lambda: not any(map(exists, helpers)), 10)


SCRIPT = """\
import sys, nnlab
from nnlab.config import load_config
run = nnlab.train(load_config("shared.yaml", ["training.steps=40"]))
print(run.path)
"""
DAEMON = """\
import multiprocessing, runpy
multiprocessing.get_context("fork").Process(target=runpy.run_path, args=("script.py",), daemon=True).start()
[child.join() for child in multiprocessing.active_children()]
"""


@pytest.mark.parametrize("way", ["script", "argument", "daemon"])
def test_nnlab_may_be_called_from_anywhere(config, way):
    folder = config.parent
    (folder / "script.py").write_text(SCRIPT)
    (folder / "numpy.py").write_text("raise SystemExit('a file beside the script was imported')")
    command = {"script": ["script.py"], "argument": ["-c", SCRIPT], "daemon": ["-c", DAEMON]}[way]
    done = subprocess.run(
        [sys.executable, "-P", *command],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},  # that of the tests may be relative
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / done.stdout.strip() / "summary.json").exists()
    assert done.stdout.count("runs/") == 1
