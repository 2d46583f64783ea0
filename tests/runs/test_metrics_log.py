"""The log of records."""

import json
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnlab.errors import RunError, SystemFault
from nnlab.runs.chained_lines import FIRST, next_line
from nnlab.runs.metrics_log import MetricsLog, read_metrics, scan, skim, tail


def record(step, loss=0.5, split="train"):
    return {"step": step, "split": split, "loss": loss, "accuracy": 0.25, "seconds": 0.1 * step}


def write(path, *steps, keep=0):
    log = MetricsLog(path, keep)
    for step in steps:
        log.append(record(step))
    log.sync()
    log.close()
    return log.size


@pytest.fixture
def path(tmp_path):
    return tmp_path / "metrics.jsonl"


def test_records_come_back_in_order(path):
    size = write(path, 1, 2)
    assert read_metrics(path) == [record(1), record(2)]
    assert size == path.stat().st_size


def test_each_line_is_json_whose_check_follows_from_the_one_before(path):
    write(path, 1, 1)
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert first["check"] != second["check"]
    assert first | {"check": ""} == second | {"check": ""} == record(1) | {"check": ""}


def test_reopened_it_is_cut_back_to_the_checkpoint(path):
    keep = write(path, 1)
    write(path, 2, 3, keep=keep)
    write(path, 4, keep=keep)
    assert read_metrics(path) == [record(1), record(4)]


def test_a_torn_last_line_is_left_out_and_told(path, caplog):
    keep = write(path, 1)
    write(path, 2, keep=keep)
    os.truncate(path, path.stat().st_size - 3)
    assert read_metrics(path) == [record(1)]
    assert "ends within a record, which is left out" in caplog.text
    assert scan(path).torn == path.stat().st_size - keep
    write(path, 2, keep=keep)
    assert read_metrics(path) == [record(1), record(2)]


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_flipped_bit_is_taken_for_a_record(tmp_path, position, bit):
    path = tmp_path / "m"
    size = write(path, *range(1, 6))
    content = bytearray(path.read_bytes())
    content[int(position * size)] ^= 1 << bit
    path.write_bytes(content)
    reading = scan(path)
    assert reading.damage or reading.torn
    assert reading.records == [record(step) for step in range(1, 6)][: len(reading.records)]
    line = content[: int(position * size)].count(b"\n")
    assert len(reading.records) == line
    if reading.damage:
        with pytest.raises(RunError, match=rf"m:{line + 1} is damaged"):
            read_metrics(path)
    with pytest.raises(RunError):
        MetricsLog(path, size)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [lines[0], lines[2]],
        lambda lines: [lines[1], lines[0], lines[2]],
        lambda lines: [lines[0], lines[1], lines[1]],
        lambda lines: [lines[0], b'{"step": 2}\n', lines[2]],
        lambda lines: [lines[0], b"\xff\n"],
        lambda lines: [lines[0], b"x" * 10**6],
        lambda lines: [lines[0], b"[" * 10**6 + b"\n"],
    ],
)
def test_lines_lost_moved_doubled_or_put_in_are_found(path, change):
    size = write(path, 1, 2, 3)
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(RunError, match=r"metrics\.jsonl:\d is damaged"):
        read_metrics(path)
    with pytest.raises(RunError, match=r"metrics\.jsonl"):
        MetricsLog(path, size)


def test_the_tests_notice_a_missing_check(path, monkeypatch):
    monkeypatch.setattr("nnlab.runs.chained_lines._chained", lambda before, text: "0" * 16)
    write(path, 1, 2, 3)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    assert [r["step"] for r in read_metrics(path)] == [1, 3]


@pytest.mark.parametrize("content", [{"step": 1}, record(1, loss="x"), record(1, split=3)])
def test_what_is_no_record_is_none_even_with_a_check(path, content):
    log = MetricsLog(path)
    log.append(content)
    log.close()
    with pytest.raises(RunError, match=r"metrics\.jsonl:1 is damaged: it is not a record"):
        read_metrics(path)


def test_a_forged_check_does_not_make_nonsense_a_record(path, monkeypatch):
    monkeypatch.setattr("nnlab.runs.metrics_log._LONGEST", 10**6)
    for text in (b"[" * 10**5, b'{"step"'):
        path.write_bytes(next_line(FIRST, text)[0])
        with pytest.raises(RunError, match="it is not a record"):
            read_metrics(path)


def test_a_log_that_lost_records_is_refused_and_left_alone(path):
    keep = write(path, 1, 2)
    os.truncate(path, keep // 2)
    for size in (keep, keep - 1, 10 * keep):
        with pytest.raises(RunError, match="shorter than it was"):
            MetricsLog(path, size)
    assert path.stat().st_size == keep // 2
    path.unlink()
    with pytest.raises(RunError, match="is missing"):
        MetricsLog(path, keep)


def test_a_link_is_not_followed(path, tmp_path):
    other = tmp_path / "precious"
    other.write_text("mine")
    path.symlink_to(other)
    with pytest.raises(RunError, match="is a link"):
        MetricsLog(path)
    assert other.read_text() == "mine"


def test_the_machine_may_refuse(tmp_path, monkeypatch):
    with pytest.raises(SystemFault, match=r"no/such/folder.*No such file"):
        MetricsLog(tmp_path / "no" / "such" / "folder")
    for path, why in ((tmp_path / "missing", "/missing"), (tmp_path, "Is a directory")):
        with pytest.raises(RunError, match=why):
            read_metrics(path)
    log = MetricsLog(tmp_path / "m")
    os.close(log._file)
    for call in (lambda: log.append(record(1)), log.sync, log.close):
        with pytest.raises(SystemFault, match=r"/m\b.*Bad file descriptor"):
            call()
    log = MetricsLog(tmp_path / "m")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda file, line: 3)
        with pytest.raises(SystemFault, match="only a part of the record"):
            log.append(record(1))
    log.close()


def test_a_value_that_is_not_json_is_a_bug_not_a_record(path):
    log = MetricsLog(path)
    with pytest.raises(ValueError, match="not JSON compliant"):
        log.append(record(1, loss=float("nan")))
    log.close()


@pytest.mark.parametrize(
    "change",
    [
        {"step": -1},
        {"step": 1.0},
        {"step": True},
        {"step": 2**53},
        {"step": 10**400},
        {"loss": 10**400},
        {"loss": None},
        {"loss": True},
        {"accuracy": -0.1},
        {"accuracy": 1.1},
        {"accuracy": 10**400},
        {"accuracy": "1"},
        {"seconds": -1},
        {"seconds": []},
        {"learning_rate": "x"},
        {"learning_rate": 10**400},
    ],
    ids=str,
)
def test_values_out_of_range_are_damage_even_with_a_check(path, change):
    log = MetricsLog(path)
    log.append(record(1))
    log.append({**record(2), **change})
    log.close()
    with pytest.raises(RunError, match=r"metrics\.jsonl:2 is damaged: it is not a record"):
        read_metrics(path)
    assert scan(path, split="validation").damage.startswith("2 is damaged")


def mixed(path, count):
    log = MetricsLog(path)
    for step in range(1, count + 1):
        log.append(record(step))
        if step % 3 == 0:
            log.append(record(step, split="validation"))
    log.close()


def test_a_scan_for_one_split_has_its_records_and_the_newest_of_all(path):
    mixed(path, 10)
    every, some = scan(path), scan(path, split="validation")
    assert some.records == [each for each in every.records if each["split"] == "validation"]
    assert [each["step"] for each in some.records] == [3, 6, 9]
    assert some.newest == every.newest == record(10)
    assert (some.size, some.check) == (every.size, every.check) == (path.stat().st_size, every.check)
    assert scan(path, split="test").records == []


@pytest.mark.slow
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_scan_for_one_split_verifies_every_line(tmp_path, position, bit):
    path = tmp_path / "m"
    mixed(path, 5)
    content = bytearray(path.read_bytes())
    content[int(position * len(content))] ^= 1 << bit
    path.write_bytes(content)
    found = scan(path, split="validation")
    assert found.damage or found.torn
    assert found.size == scan(path).size


def test_a_log_is_skimmed_in_even_parts_that_skip_cut_lines(path):
    mixed(path, 3000)
    size = path.stat().st_size
    parts = skim(path, 8, 1000)
    assert len(parts) == 8
    assert all(5 < len(part) < 12 for part in parts)
    firsts = [part[0]["step"] for part in parts]
    assert firsts == pytest.approx(np.linspace(1, 3000, 8), abs=15)
    assert parts[-1][-1] == tail(path, 1000)[-1] == record(3000, split="validation")
    assert [each for part in skim(path, 8, size) for each in part] == tail(path, size) == scan(path).records
    path.write_text("")
    assert skim(path, 8, 1000) == tail(path, 1000) == []
