"""A network or batch too large for this machine is refused before the system kills the process."""

import re
from pathlib import Path

import numpy as np
import pytest
from support.experiments import load

import nnlab
from nnlab.errors import SystemFault
from nnlab.nn.layers import Dense
from nnlab.summary import memory


def with_free(monkeypatch, count):
    monkeypatch.setattr(memory, "free_memory", lambda: count)


def test_a_network_larger_than_memory_is_refused_before_anything_is_allocated(tmp_path):
    config = load(
        tmp_path,
        "network=[{type: dense, units: 40000000}, {type: dense, units: 4000000}, {type: dense, units: 3}]",
    )
    message = (
        r"out of memory: the 160,\d{3},\d{3},\d{3},\d{3} parameters and their gradient take 1,2\d\d,\d{3}\.\d GB, "
        r".* GB are free; the largest layer is a dense with 160,000,004,000,000$"
    )
    with pytest.raises(SystemFault, match=message):
        nnlab.train(config, runs_dir=tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_batch_larger_than_memory_is_refused_with_what_helps(tmp_path, monkeypatch):
    with_free(monkeypatch, 8_000)
    with pytest.raises(
        SystemFault, match=r"outputs for a batch of 8 take .* smaller training\.batch_size \(now 8\)"
    ):
        nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs")
    with_free(monkeypatch, None)
    nnlab.train(load(tmp_path, "training.steps=1"), runs_dir=tmp_path / "runs")


def test_a_batch_is_no_larger_than_the_data(tmp_path, monkeypatch):
    with_free(monkeypatch, 10**6)
    large = load(tmp_path, "training.batch_size=1000000", "training.drop_last=false", "training.steps=1")
    nnlab.train(large, runs_dir=tmp_path / "runs")
    drawn = load(tmp_path, "training.batch_size=1000000", "training.replacement=true", "training.steps=1")
    with pytest.raises(SystemFault, match="a batch of 1,000,000"):
        nnlab.train(drawn, runs_dir=tmp_path / "runs")


def test_evaluation_is_refused_too(tmp_path, monkeypatch):
    run = nnlab.train(load(tmp_path, "training.steps=1"), runs_dir=tmp_path)
    with_free(monkeypatch, 10)
    with pytest.raises(SystemFault, match="parameters and their gradient"):
        nnlab.evaluate(run)


def test_a_memory_error_during_training_names_the_allocation_and_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(Dense, "forward", lambda self, x: np.empty(2**60, np.float32))
    with pytest.raises(
        MemoryError, match=r"Unable to allocate 4\.00 EiB .*; a smaller training\.batch_size \(now 8\)"
    ):
        nnlab.train(load(tmp_path), runs_dir=tmp_path)


def test_free_memory_is_what_the_machine_or_its_container_has(tmp_path, monkeypatch):
    free = memory.free_memory()
    total = int(re.search(r"MemTotal: +(\d+)", Path("/proc/meminfo").read_text())[1]) * 1024
    assert 0 < free <= total
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_CONTAINER", limit)
    for text, expected in (("max\n", range(total)), ("4096\n", range(4096, 4097)), ("", range(total))):
        limit.write_text(text)
        assert memory.free_memory() in expected
