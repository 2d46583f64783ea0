"""``nnlab sweep`` as a user meets it."""

import json
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from support.experiments import write_config

from nnlab.cli import sweep_display
from nnlab.runs import Run
from nnlab.runs.sweeps import read_sweep
from nnlab.sweep import load_plan

pytestmark = pytest.mark.slow

CONFIGS = Path(__file__).parents[2] / "configs" / "sweeps"


@pytest.fixture(autouse=True)
def small_config(tmp_path):
    """Let there be a config in the folder."""
    write_config(tmp_path)


def test_a_dry_run_prints_the_cells_and_does_nothing(nnlab_, tmp_path):
    arguments = ("sweep", "small.yaml", "optimizer.learning_rate=0.1,0.01", "--seeds", 2, "--dry-run")
    code, out, err = nnlab_(*arguments)
    assert (code, err) == (0, "")
    assert re.search(r"^runs/sweep-small-[0-9a-f]{8}: 4 cells$", out, re.MULTILINE)
    assert re.search(r"^003 +0\.01 +1$", out, re.MULTILINE)
    code, out, _ = nnlab_(*arguments, "--json")
    assert [cell["settings"]["seed"] for cell in json.loads(out)["cells"]] == [0, 1, 0, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]


def test_a_sweep_prints_its_directory_and_tables_and_leaves_with_7_if_a_cell_failed(nnlab_, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    arguments = ("sweep", "small.yaml", "optimizer.learning_rate=0.05,1e30", "training.steps=6", "--workers", 1)
    code, out, err = nnlab_(*arguments, "--test")
    assert code == 7
    directory = Path(out.strip())
    assert err.startswith(f"{directory}: 2 cells, ")
    assert (directory / "sweep.json").is_file()
    assert re.search(
        r"^1/2  learning_rate=0\.05  completed  best validation loss \d.*  accuracy \d.* %  test accuracy \d.* s$",
        err,
        re.MULTILINE,
    )
    assert re.search(r"^2/2  learning_rate=1e\+30  failed  step \d: .*\bnan\b", err, re.MULTILINE)
    assert re.search(
        r"^learning_rate +status +best validation loss +validation accuracy +test accuracy +seconds$",
        err,
        re.MULTILINE,
    )
    assert re.search(r"^error: 1 of 2 cells failed:\n  learning_rate=1e\+30: step \d: the loss", err, re.MULTILINE)
    for run in sorted((directory / "cells").iterdir())[:1]:
        assert nnlab_("eval", run)[0] == 0
        assert nnlab_("resume", run)[:2] == (0, f"{run}\n")
    code, out, err = nnlab_("sweep", directory, "--json", "-q")
    told = json.loads(out)
    assert (code, told["path"]) == (7, str(directory))
    assert [cell["attempts"] for cell in told["cells"]] == [1, 2]
    assert told["cells"][0]["test"]["count"] == 20
    assert told["cells"][0]["summary"]["steps"] == 6
    assert told["cells"][1]["test"] is None
    code, out, err = nnlab_("sweep", "sweep-small", "--dry-run")
    assert code == 0
    assert f"{directory}: 2 cells" in out


def test_a_sweep_file_takes_changes_on_the_command_line(nnlab_, tmp_path):
    write_config(
        tmp_path, "config: small.yaml\nvariants:\n  as it is: {}\n  no norm: {network.1: null}\n", "v.yaml"
    )
    code, out, err = nnlab_("sweep", "v.yaml", "training.steps=3", "--runs-dir", "here", "-q")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"here/sweep-v-[0-9a-f]{8}\n", out)
    assert sorted(path.name for path in Path(out.strip(), "cells").iterdir()) == ["000-as-it-is", "001-no-norm"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nothing"], 4, "'nothing'"),
        (["nothing.yaml"], 2, "nothing.yaml"),
        (
            ["small.yaml", "optimizer.learning_rate=0.1,-1"],
            2,
            " -1 (cell learning_rate=-1)",
        ),
        (["small.yaml", "seed=1,2", "--workers", "0"], 2, "--workers"),
        (["small.yaml", "--timeout", "0"], 2, "--timeout"),
        (["small.yaml", "--runs-dir", "small.yaml"], 5, "small.yaml: File exists"),
    ],
)
def test_mistakes_have_their_exit_codes(nnlab_, arguments, code, message):
    told = nnlab_("sweep", *arguments)
    assert told[0] == code
    assert message in told[2]


def test_a_begun_sweep_takes_no_other_settings(nnlab_):
    directory = nnlab_("sweep", "small.yaml", "training.steps=1", "-q")[1].strip()
    code, _, err = nnlab_("sweep", directory, "seed=1,2")
    assert code == 2
    assert "was started with its own settings" in err


def test_on_a_terminal_the_cells_under_way_are_shown_and_finished_ones_above_them(nnlab_, monkeypatch, capfd):
    directory = nnlab_("sweep", "small.yaml", "seed=0..1", "training.steps=3", "-q")[1].strip()
    sweep = read_sweep(directory)
    first, second = sweep.cells
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with sweep_display.sweep_display(sweep, 2, quiet=False) as report:
        running = replace(second, status="running")
        now = replace(sweep, cells=(first, running))
        report(now, running)
        report(now, first)
        shown = ""
        end = time.monotonic() + 10
        while not re.search(r"seed=1 .*3 .*\d\.\d{4}", shown) and time.monotonic() < end:
            time.sleep(0.1)
            shown += capfd.readouterr().err
    assert "1 of 2 cells done" in shown
    assert "1/2  seed=0  completed  best validation loss" in shown
    assert re.search(r"seed=1 +3/3 ", shown)
    assert re.search(r"seed=1 .*3 .*\d\.\d{4}", shown)


def test_the_newest_records_of_a_run_are_read_from_its_end(tmp_path):
    run = Run(tmp_path)
    assert sweep_display.newest_records(run) == {}
    line = '{"step": %d, "split": "%s", "loss": 0.5, "accuracy": 0.9, "seconds": 1.5}\n'
    lines = [line % (step, split) for step in range(1, 1001) for split in ("train", "validation")]
    run.metrics.write_text("".join(lines) + '{"step": 1001, "lo')
    found = sweep_display.newest_records(run)
    facts = {"step": 1000, "loss": 0.5, "accuracy": 0.9, "seconds": 1.5}
    assert found == {split: {**facts, "split": split} for split in ("train", "validation")}
    run.metrics.write_text('{"step": 1')
    assert sweep_display.newest_records(run) == {}
    run.metrics.write_text("[1]\n")
    assert sweep_display.newest_records(run) == {}


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_sweep_has_its_cells(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert len(lines) <= 15
    plan = load_plan(path)
    cells = {"mnist_mlp_learning_rates": 9, "mnist_mlp_seeds": 5, "cifar10_variants": 12}
    assert len(plan.cells) == cells[plan.name]


def test_the_file_in_the_docs_is_a_sweep(tmp_path):
    docs = (CONFIGS.parents[1] / "docs" / "sweeps.md").read_text(encoding="utf-8")
    text = docs.partition("```yaml\n")[2].partition("```")[0]
    path = write_config(tmp_path, text.replace("../", f"{CONFIGS.parent}/"), "did-it-help.yaml")
    plan = load_plan(path)
    assert "saved as `configs/sweeps/" in docs
    assert [len(cell.config.network) for cell in plan.cells] == [6, 6, 6, 8, 8, 8]
