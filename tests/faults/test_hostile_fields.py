"""Altered values under right digests: every field of every file, against every command."""

import shutil
import signal
from contextlib import contextmanager, suppress

import numpy as np
import pytest

import nnlab
from faults import tiny
from faults.contract import CODES
from faults.forging import HOSTILE, fields, opened, replaced
from faults.scale import count, counting
from nnlab.errors import Interrupted
from nnlab.runs import Run
from nnlab.sweep import Processes, lay_out, load_plan, run_sweep

PATIENCE = 10  # seconds of processor time
OF_RUNS = (
    ("runs", "--runs-dir", "."),
    ("runs", "show", "it"),
    ("runs", "--runs-dir", ".", "--json", "--sort", "steps"),
    ("summary", "it"),
    ("eval", "it"),
    ("eval", "it", "--checkpoint", "last", "--split", "validation"),
    ("plot", "curves", "it"),
    ("plot", "confusion", "it"),
    ("compare", "it", "other"),
    ("report", "it"),
    ("report", "."),
    ("verify", "it"),
    ("verify", "it", "--repair"),
    ("resume", "it", "-q", "--allow-inexact"),
    ("resume", "it", "-q", "--repair"),
    ("reproduce", "it"),
)
OF_SWEEPS = (
    ("runs", "--runs-dir", "."),
    ("runs", "show", "it"),
    ("compare", "it"),
    ("report", "it"),
    ("verify", "it"),
    ("sweep", "it", "-q"),
    ("sweep", "it", "-q", "--test"),
    ("eval", "it/cells/000-seed=0"),
)
QUICK, FULL = 12, 10_000
MOST = 20_000  # characters of messages


class Hung(BaseException):
    """A command took longer than anybody waits."""


@contextmanager
def patience(seconds):
    def lose_it(*_):
        raise Hung

    before = signal.signal(signal.SIGPROF, lose_it)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _stop_at(step):
    def report(progress):
        if progress.step == step:
            signal.raise_signal(signal.SIGINT)

    return report


def train(folder, name, stop=None):
    """Train the tiny run in ``folder`` under ``name``, until a step or to its end, and evaluate it."""
    (folder / "source").mkdir()
    run = tiny.lay_out(folder / "source")
    run.path.rename(folder / name)
    shutil.rmtree(folder / "source")
    run = Run(folder / name)
    with suppress(Interrupted):
        nnlab.resume(run, report=_stop_at(stop))
    nnlab.evaluate(run)
    nnlab.evaluate(run, split="validation", checkpoint="last")


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """A finished and a stopped run, each beside another, and a sweep of two cells."""
    folder = tmp_path_factory.mktemp("originals")
    for kind, stop in (("finished", None), ("stopped", 4)):
        (folder / kind).mkdir()
        train(folder / kind, "it", stop)
        train(folder / kind, "other")
    (folder / "sweep").mkdir()
    source = folder / "tiny.yaml"
    source.write_text(tiny.CONFIG)
    laid_out = lay_out(load_plan(str(source), ["seed=0,1"]), folder / "sweep")
    run_sweep(laid_out, Processes(2), test=True)
    laid_out.path.rename(folder / "sweep" / "it")
    return folder


def trials(originals):
    """Return every (kind, file, field, hostile value, command)."""
    found = []
    for kind in ("finished", "stopped", "sweep"):
        root = originals / kind / "it"
        commands = OF_SWEEPS if kind == "sweep" else OF_RUNS
        for path in sorted(path for path in root.rglob("*") if path.is_file() and opened(path)):
            name = path.relative_to(root).as_posix()
            if kind == "sweep" and "/001" in name:
                continue
            for field in fields(opened(path).read()):
                found += [(kind, name, field, value, command) for value in HOSTILE for command in commands]
    return found


def problems(nnlab_, arguments):
    """Return what is wrong with how a command ends."""
    try:
        with patience(PATIENCE):
            code, _, err = nnlab_(*arguments)
    except Hung:
        return [f"took over {PATIENCE} s"]
    except BaseException as error:  # noqa: BLE001 -- whatever it is, it should not have come through
        return [f"let through {error!r}"]
    found = [] if code in CODES and code != 1 else [f"left with {code}: {err[-300:]}"]
    if "a bug in nnlab" in err or "Traceback" in err:
        found = [f"is a bug: {err[-300:]}"]
    if "\x1b" in err:
        found.append(f"commands the terminal: {err[-300:]!r}")
    if len(err) > MOST:
        found.append(f"printed {len(err):,} characters")
    return found


@pytest.fixture
def attack(originals, nnlab_, tmp_path, monkeypatch):
    """Alter a field of a copy, run a command on it, and return what is wrong with how that ends."""

    def attacked(kind, name, field, value, command):
        folder = tmp_path / "copy"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(originals / kind, folder)
        file = opened(folder / "it" / name)
        file.write(replaced(file.read(), field, HOSTILE[value]))
        monkeypatch.chdir(folder)
        return problems(nnlab_, command)

    return attacked


def test_no_field_of_any_file_makes_a_bug_or_a_hang(originals, attack):
    everything = trials(originals)
    rng = np.random.default_rng(14)
    with counting("altered fields under right digests") as figure:
        for number in sorted(rng.choice(len(everything), count(QUICK, FULL), replace=False)):
            kind, name, field, value, command = everything[number]
            figure.add(attack(*everything[number]), kind, name, ".".join(map(str, field)), f"= {value}:", *command)
