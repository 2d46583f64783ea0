"""What long work shows: how training begins, means that say what they are means of, speed, and signs of life."""

import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.cells import cell_len
from support.experiments import write_config

from nnlab.activity import Activity, announce, listening
from nnlab.cli.activity_display import Heartbeat, activity
from nnlab.cli.training_display import Meter, PlainLines, evaluation_line, opening
from nnlab.training.progress import Beginning, Progress


def report(step, seconds=0.0, training=None, evaluation=None, total=1000):
    return Progress(
        step=step,
        total_steps=total,
        steps_per_epoch=100,
        examples=8,
        seconds=seconds,
        learning_rate=0.1,
        training=training,
        evaluated_on="validation",
        evaluation=evaluation,
        improved=evaluation is not None,
    )


BEGINNING = Beginning(
    path=Path("runs/here"),
    data="mnist, unverified",
    parameters=14682,
    examples={"train": 58000, "validation": 2000, "test": 0},
    batch_size=16,
    steps=0,
    total_steps=300,
)


def values(loss, accuracy=0.5):
    return {"loss": loss, "accuracy": accuracy}


def test_speed_and_time_left_are_those_of_the_steps_since_the_training_went_on():
    meter = Meter()
    meter.add(report(501, 9000.0))
    assert meter.numbers() == ""  # nothing is known yet
    for step in range(502, 512):
        meter.add(report(step, 9000.0 + 2 * (step - 501)))
    assert meter.numbers() == "4 images/s"
    assert meter.left(report(511, 9020.0)) == "16:18 left"


def test_the_numbers_are_means_over_the_last_fifty_steps_and_say_so():
    meter = Meter()
    meter.add(report(1, training=values(7.0, 0.25)))
    assert meter.numbers() == "loss 7.0000  accuracy 25.00 %  (last step)"
    for step in range(2, 31):
        meter.add(report(step, training=values(7.0, 0.25)))
    assert meter.numbers() == "loss 7.0000  accuracy 25.00 %  (mean of last 30 steps)"
    for step in range(31, 81):
        meter.add(report(step, training=values(float(step % 2), 0.75)))
    assert meter.numbers() == "loss 0.5000  accuracy 75.00 %  (mean of last 50 steps)"


def test_a_record_counts_as_many_steps_as_it_covers():
    meter = Meter()
    for step in range(1, 51):
        meter.add(report(step, training={10: values(4.0), 50: values(1.0)}.get(step)))
    assert meter.numbers() == "loss 1.6000  accuracy 50.00 %  (mean of last 50 steps)"  # (10 * 4 + 40 * 1) / 50
    for step in range(51, 251):
        meter.add(report(step, training=values(3.0) if step == 250 else None))
    assert meter.numbers() == "loss 3.0000  accuracy 50.00 %  (mean of last 200 steps)"


def test_the_beginning_says_network_data_steps_and_directory():
    assert opening(BEGINNING).splitlines() == [
        "network   14,682 parameters",
        "examples  58,000 training, 2,000 validation (mnist, unverified)",
        "training  300 steps, batches of 16",
        "run       runs/here",
    ]


def test_the_lines_of_a_terminal_fit_it():
    line = evaluation_line(report(1_000_000, evaluation=values(1234.56789, 1.0), total=1_000_000))
    assert line == "step 1,000,000/1,000,000  validation loss 1234.5679  accuracy 100.00 %  best"
    assert len(line) <= 80
    meter = Meter()
    for step in range(1, 102):
        meter.add(report(step, step * 1e-5, values(1234.5678, 1.0)))
    assert len(meter.numbers()) <= 80


def test_a_log_gets_a_line_in_time_even_without_news(capsys):
    with PlainLines(interval=0.2) as lines:
        lines.begin(BEGINNING)
        lines(report(7, 1.0, values(2.0)))
        time.sleep(0.5)
        announce("evaluating the validation split", 250, 2000)
        time.sleep(0.3)
        lines(report(8, 2.0, values(2.0)))
        time.sleep(0.3)
    printed = capsys.readouterr().err.splitlines()[4:]
    assert printed[0] == "step     7/1,000  loss 2.0000  accuracy 50.00 %  (last step)"
    assert "evaluating the validation split: 250 of 2,000" in printed
    assert (
        printed[-1]
        == "step     8/1,000  loss 2.0000  accuracy 50.00 %  (mean of last 2 steps)  8 images/s  16:32 left"
    )
    assert 3 <= len(printed) <= 6


def test_a_line_puts_the_next_sign_of_life_off():
    beats = []
    with Heartbeat(lambda: beats.append(1), 0.3) as heart:
        for _ in range(6):
            time.sleep(0.1)
            heart.restart()
    assert beats == []


def test_long_work_speaks_up_in_a_log_and_only_then(capsys):
    with activity("reading the run", interval=0.2):
        announce("evaluating the test split", 500, 10_000)
        time.sleep(0.3)
    assert capsys.readouterr().err == "evaluating the test split: 500 of 10,000, after 0:00\n"
    with activity("reading the run", interval=5):
        announce("drawing curves")
    assert capsys.readouterr().err == ""


def test_nobody_has_to_listen():
    heard = []
    announce("drawing curves")
    with listening(heard.append):
        announce("drawing curves", 1, 2)
    announce("drawing curves")
    assert heard == [Activity("drawing curves", 1, 2)]


@pytest.fixture
def heard(monkeypatch):
    """Collect what commands announce."""
    found = []
    monkeypatch.setattr(
        "nnlab.cli.activity_display._in_file", lambda first, _: found.append(first) or listening(found.append)
    )
    return found


def test_evaluation_report_figures_and_verification_say_what_they_do(nnlab_, tmp_path, heard):
    code, _, _ = nnlab_("train", write_config(tmp_path), "-q")
    assert code == 0
    for arguments, expected in (
        (["eval", "latest"], ["evaluating the test split: 0 of 20"]),
        (["verify", "latest"], ["checking config.yaml", "checking metrics.jsonl", "checking the data"]),
        (["plot", "all", "latest"], ["drawing confusion", "writing confusion.png", "drawing filters"]),
        (["report", "latest"], ["drawing curves", "writing the figure curves", "writing the figure filters"]),
        (["runs", "list"], ["reading runs: 0 of 1"]),
    ):
        heard.clear()
        code, _, _ = nnlab_(*arguments)
        assert code == 0, arguments
        assert set(expected) <= set(map(str, heard)), (arguments, heard)


def on_a_terminal(*arguments, folder):
    """Return what ``nnlab`` with ``arguments`` writes to a terminal of 80 columns, stdout and stderr together."""
    program = "import termios, sys; termios.tcsetwinsize(2, (24, 80)); from nnlab.cli import main; main()"
    primary, secondary = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES", "NO_COLOR"}}
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), secondary)
    command = [sys.executable, "-c", program, *map(str, arguments)]
    process = subprocess.Popen(command, cwd=folder, env={**environment, "TERM": "xterm"}, **streams)
    os.close(secondary)
    written = b""
    while True:
        try:
            part = os.read(primary, 65536)
        except OSError:  # Linux says so at the end
            break
        if not part:
            break
        written += part
    os.close(primary)
    assert process.wait() == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode())


def test_on_a_terminal_the_same_stands_in_a_line_that_disappears(tmp_path):
    config = write_config(tmp_path)
    many = ("data.train=90000", "data.validation=80000")  # enough that the line is drawn before it is replaced
    shown = on_a_terminal("train", config, *many, folder=tmp_path)
    assert re.search(r"evaluating the validation split: [\d,]+ of 80,000", shown)
    assert "network   " in shown
    assert re.search(r"[\r\n]step 12/12  validation loss \d\.\d{4}  accuracy \d+\.\d\d %", shown), shown
    assert max(cell_len(line) for line in re.split(r"[\r\n]+", shown)) <= 80
    shown = on_a_terminal("eval", "latest", folder=tmp_path)
    assert re.search(r"(reading|evaluating) .*0:00:00", shown)
