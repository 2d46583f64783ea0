import os
import time

import numpy as np
import pytest

from bench import machine
from bench.machine import Watch, sgemm_peak


def stat(path, busy, idle):
    ticks = os.sysconf("SC_CLK_TCK")
    path.write_text(f"cpu  {busy * ticks} 0 0 {idle * ticks} 0 0 0 0 0 0\ncpu0 1 1 1 1 0 0 0 0 0 0\n")


def test_the_load_of_others_excludes_this_process(tmp_path, monkeypatch):
    path = tmp_path / "stat"
    stat(path, 100, 100)
    monkeypatch.setattr(time, "process_time", lambda: 10.0)
    watch = Watch(path)
    stat(path, 160, 140)
    monkeypatch.setattr(time, "process_time", lambda: 45.0)
    assert watch.others() == pytest.approx((60 - 35) / 100)


def test_the_load_of_others_is_unknown_without_counts(tmp_path):
    assert Watch(tmp_path / "nothing").others() is None


def test_the_load_of_others_is_unknown_before_any_time_has_passed(tmp_path):
    stat(tmp_path / "stat", 1, 1)
    assert Watch(tmp_path / "stat").others() is None


def test_the_peak_counts_two_operations_for_each_product(monkeypatch):
    now = iter(np.arange(100) * 0.5)
    monkeypatch.setattr(machine, "_SIDE", 8)
    monkeypatch.setattr(machine.time, "perf_counter", lambda: next(now))
    assert sgemm_peak(1) == 2 * 8**3 / 0.5
