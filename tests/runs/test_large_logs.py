"""A metrics log of gigabytes: lists of runs read a little of it, and what needs it all holds only a part."""

import contextlib
import json

import pytest

from nnlab import files
from nnlab.runs import MetricsLog, Run, metrics_log
from nnlab.runs.checkpoint import Checkpoint, encode
from nnlab.runs.evidence import copies
from nnlab.runs.metrics_log import glance, scan
from nnlab.runs.overview import overview

STEPS = 3000
CONFIG = """\
name: long
data: {type: random, shape: [3], classes: 2, train: 12, test: 4, validation: 4}
network: [{type: dense, units: 2}]
optimizer: {type: sgd, learning_rate: 0.1}
training: {steps: 100000, batch_size: 4}
"""


def write_run(folder):
    """Write a run that was stopped after many steps; its best evaluation is not in the parts that are read."""
    run = Run(folder)
    folder.mkdir()
    (folder / "checkpoints").mkdir()
    run.config.write_text(CONFIG)
    environment = {"commit": None, "cpu": "a", "threads": 1, "versions": {}, "data": {}}
    run.write_json("environment.json", environment)
    log = MetricsLog(run.metrics)
    for step in range(1, STEPS + 1):
        values = {"loss": 1.0, "accuracy": 0.5, "learning_rate": 0.1, "seconds": 0.1}
        log.append({"step": step, "split": "train", **values})
        if step % 10 == 0:
            loss = 0.125 if step == 500 else 0.5
            log.append({"step": step, "split": "validation", "loss": loss, "accuracy": 0.5, "seconds": 0.1 * step})
    log.close()
    best = {"step": 500, "loss": 0.125, "accuracy": 0.5}
    monitor = {"metric": "loss", "min_delta": 0.0, "best": best, "last": best, "stale": 0, "reference": 0.125}
    parts = encode(Checkpoint(2990, {}, {"monitor": monitor}))
    (folder / "checkpoints" / "step-00002990.safetensors").write_bytes(b"".join(parts))
    return run


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run")


@pytest.fixture
def small(monkeypatch):
    """Every log is a large one, of which a few kilobytes are read."""
    monkeypatch.setattr(metrics_log, "LARGE", 10_000)
    monkeypatch.setattr(metrics_log, "_WINDOW", 2000)
    monkeypatch.setattr(metrics_log, "_WINDOWS", 4)


@pytest.fixture
def count_reads(monkeypatch):
    """Count the bytes that are read from files of runs, by their names."""
    counts, reading = {}, files.reading

    class Counting:
        def __init__(self, file, name):
            self._file, self._name = file, name

        def __getattr__(self, attribute):
            return getattr(self._file, attribute)

        def read(self, *size):
            return self._counted(self._file.read(*size))

        def readline(self, *size):
            return self._counted(self._file.readline(*size))

        def _counted(self, content):
            counts[self._name] = counts.get(self._name, 0) + len(content)
            return content

    @contextlib.contextmanager
    def counted(path):
        with reading(path) as file:
            yield Counting(file, path.name)

    monkeypatch.setattr(files, "reading", counted)
    return counts


def test_an_overview_reads_a_part_of_a_large_log_and_tells_the_same(run, monkeypatch, count_reads):
    whole = overview(run)
    assert count_reads["metrics.jsonl"] == run.metrics.stat().st_size > 300_000
    monkeypatch.setattr(metrics_log, "LARGE", 10_000)
    monkeypatch.setattr(metrics_log, "_WINDOW", 2000)
    monkeypatch.setattr(metrics_log, "_WINDOWS", 4)
    count_reads.clear()
    assert overview(run) == whole
    assert (whole.steps, whole.best.step) == (STEPS, 500)
    assert 0 < count_reads["metrics.jsonl"] <= 10_000


def test_copies_of_a_large_log_are_found_by_its_ends(run, small, tmp_path, count_reads):
    other, third = write_run(tmp_path / "other"), write_run(tmp_path / "third")
    with third.metrics.open("r+b") as file:
        file.seek(-30, 2)
        file.write(b"f")
    assert copies([run, other, third]) == {other: run}
    assert count_reads["metrics.jsonl"] < 3 * run.metrics.stat().st_size


def test_a_large_log_without_a_record_at_its_end_is_damaged(run, small):
    with run.metrics.open("ab") as file:
        file.truncate(run.metrics.stat().st_size + 10**6)
    assert overview(run).status == "broken"


def test_a_scan_holds_a_bounded_number_of_records(run):
    whole, bounded = scan(run.metrics), scan(run.metrics, limit=100)
    assert not whole.thinned
    assert bounded.thinned
    assert (bounded.size, bounded.check, bounded.newest) == (whole.size, whole.check, whole.newest)
    assert len(whole.records) == STEPS + STEPS // 10
    for split in ("train", "validation"):
        every, some = ([each for each in found.records if each["split"] == split] for found in (whole, bounded))
        assert 50 <= len(some) <= 100
        stride = some[1]["step"] - some[0]["step"]
        assert some == [each for each in every if (each["step"] - every[0]["step"]) % stride == 0]
    order = [json.dumps(record) for record in whole.records]
    places = [order.index(json.dumps(record)) for record in bounded.records]
    assert places == sorted(places)


def test_a_glance_has_no_record_twice(run, small):
    found = glance(run.metrics, "validation")
    steps = [record["step"] for record in found.records]
    assert len(steps) == len(set(steps)) == 5
