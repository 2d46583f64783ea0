"""The log of records."""

import os

import pytest

from nnlab.errors import RunError, SystemFault
from nnlab.runs.metrics import MetricsLog, read_metrics


def test_records_come_back_in_order(tmp_path):
    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(path)
    log.append({"step": 1, "loss": 0.1})
    log.append({"step": 2, "loss": 1e-9})
    log.sync()
    log.close()
    assert read_metrics(path) == [{"step": 1, "loss": 0.1}, {"step": 2, "loss": 1e-9}]
    assert log.size == path.stat().st_size


def test_reopened_it_is_cut_back_to_the_checkpoint(tmp_path):
    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(path)
    log.append({"step": 1})
    keep = log.size
    log.append({"step": 2})
    log.close()
    log = MetricsLog(path, keep=keep)
    log.append({"step": 2, "again": True})
    log.close()
    assert read_metrics(path) == [{"step": 1}, {"step": 2, "again": True}]


def test_a_torn_last_line_is_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step": 1}\n{"step": 2')
    assert read_metrics(path) == [{"step": 1}]


@pytest.mark.parametrize("line", [b"nonsense", b"[1]", b"\xff"])
def test_a_damaged_line_is_named(tmp_path, line):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step": 1}\n' + line + b"\n")
    with pytest.raises(RunError, match=r"metrics\.jsonl:2 is not a record"):
        read_metrics(path)


def test_a_log_that_lost_records_is_refused(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b"{}\n")
    with pytest.raises(RunError, match="shorter than it was"):
        MetricsLog(path, keep=100)


def test_the_machine_may_refuse(tmp_path):
    with pytest.raises(SystemFault, match="cannot write"):
        MetricsLog(tmp_path / "no" / "such" / "folder")
    with pytest.raises(RunError, match="cannot read"):
        read_metrics(tmp_path / "missing")
    log = MetricsLog(tmp_path / "m")
    os.close(log._file.fileno())
    with pytest.raises(SystemFault, match="cannot write"):
        log.append({})
    with pytest.raises(SystemFault, match="cannot write"):
        log.sync()
    with pytest.raises(OSError, match="Bad file descriptor"):
        log.close()


def test_a_value_that_is_not_json_is_a_bug_not_a_record(tmp_path):
    log = MetricsLog(tmp_path / "m")
    with pytest.raises(ValueError, match="not JSON compliant"):
        log.append({"loss": float("nan")})
    log.close()
