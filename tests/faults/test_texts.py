"""Names that try to steer a terminal, other locales, a clock that goes back, and one broken run among many."""

import json
import os
import subprocess
import sys

from faults import tiny
from faults.scale import count

SAVAGE = "<script>alert(1)</script> [red]x[/red] \x1b[31mred\x07"
LITERAL = SAVAGE.replace("\x1b", "\ufffd").replace("\x07", "\ufffd")


def test_names_are_literal_on_the_terminal(folder, children):
    source = folder / "c.yaml"
    quoted = SAVAGE.replace("\x1b", "\\e").replace("\x07", "\\a")
    source.write_text(tiny.CONFIG.replace("name: tiny", f'name: "{quoted}"'))
    commands = (("train", source), ("runs",), ("runs", "show", "latest"), ("eval", "latest"), ("summary", source))
    printed = [children.run(*command, folder=folder) for command in commands]
    assert all((ended.code, ended.is_plain) == (0, True) for ended in printed), printed
    assert all(line.isprintable() for ended in printed for line in (ended.out + ended.err).splitlines())
    assert LITERAL in printed[2].out


def test_labels_are_literal_on_the_terminal(folder, children):
    data = "type: random, shape: [3], classes: 2, train: 12, test: 4, validation: 4"
    names = f"class_names: [plain, {json.dumps(SAVAGE)}]"
    inline = f"type: inline, inputs: [[0, 1, 2], [2, 1, 0], [1, 1, 0], [0, 0, 1]], labels: [0, 1, 1, 0], {names}"
    source = folder / "c.yaml"
    source.write_text(tiny.CONFIG.replace(data, inline))
    assert children.run("train", source, "training.evaluate_on=test", folder=folder).code == 0
    commands = (("eval", "latest"), ("runs", "show", "latest"), ("plot", "all", "latest"), ("verify", "latest"))
    printed = [children.run(*command, folder=folder) for command in commands]
    assert all((ended.code, ended.is_plain) == (0, True) for ended in printed), printed
    assert all(line.isprintable() for ended in printed for line in (ended.out + ended.err).splitlines())
    assert LITERAL in printed[0].out
    told = json.loads(children.run("eval", "latest", "--json", folder=folder).out)
    assert [row["class"] for row in told["per_class"]] == ["plain", SAVAGE]


def test_the_locale_and_unicode_in_paths_change_nothing(folder, children, undisturbed):
    place = folder / "größe 大"
    place.mkdir()
    run = tiny.lay_out(place)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_"))}
    command = [sys.executable, "-m", "nnlab", "resume", str(run.path)]
    done = subprocess.run(command, env={**environment, "LC_ALL": "C"}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert tiny.bits(run) == undisturbed[0]


def test_a_clock_set_back_makes_no_negative_durations(folder, children, undisturbed):
    run = tiny.lay_out(folder)
    assert children.run("resume", run.path, "-q", folder=folder, planted="a clock that goes back").code == 0
    assert tiny.bits(run) == undisturbed[0]
    seconds = [record["seconds"] for record in run.records()]
    assert seconds == sorted(seconds)
    assert seconds[0] >= 0
    assert run.read_json("summary.json")["seconds"] >= 0


def test_one_broken_run_among_many_hides_none(folder, children):
    for number in range(count(30, 1000)):
        place = folder / "runs" / f"r{number:04}"
        place.mkdir(parents=True)
        (place / "config.yaml").write_text(tiny.CONFIG)
    (folder / "runs" / "r0007" / "config.yaml").write_text("{")
    ended = children.run("runs", folder=folder)
    assert (ended.code, ended.is_plain) == (0, True)
    assert sum(line.startswith("r0") for line in ended.out.splitlines()) == count(30, 1000)
    assert "broken" in next(line for line in ended.out.splitlines() if line.startswith("r0007"))
    assert "warning" in ended.err
