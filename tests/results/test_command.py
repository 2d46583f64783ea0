"""The command ``python -m results``."""

import sys

import pytest
from typer.testing import CliRunner

from nnlab.errors import Interrupted
from nnlab.runs import list_runs
from results import __main__ as command


def test_train_the_named_experiments_and_write_the_page(entries, tmp_path):
    runs, output = ["--runs-dir", str(tmp_path / "runs")], tmp_path / "docs" / "page.md"
    done = CliRunner().invoke(command.app, ["train", "--only", "by_hand", *runs, "-q"])
    assert (done.exit_code, done.stderr) == (0, "by_hand, seed 0 (1 of 1)\n")
    assert len(list_runs(tmp_path / "runs")) == 1
    done = CliRunner().invoke(command.app, ["write", *runs, "--output", str(output)])
    assert done.stderr == f"wrote {output}, from 1 runs\n"
    assert output.read_text().startswith("# Results\n")


def test_a_failure_sets_the_exit_code(entries, tmp_path):
    (tmp_path / "configs" / "by_hand.yaml").write_text("network: 7")
    done = CliRunner().invoke(
        command.app, ["train", "--only", "by_hand", "--runs-dir", str(tmp_path / "runs"), "-q"]
    )
    assert done.exit_code == 2


def test_a_mistake_is_reported_in_one_line(entries, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["results", "train", "--only", "smal"])
    with pytest.raises(SystemExit) as leaving:
        command.main()
    assert leaving.value.code == 2
    assert capsys.readouterr().err == "error: unknown experiment 'smal' (did you mean small?)\n"


def test_an_interruption_exits_with_its_code(entries, monkeypatch, capsys):
    def stop(*args, **options):
        raise Interrupted("SIGINT at step 5", signal=2)

    monkeypatch.setattr(command, "train_missing", stop)
    monkeypatch.setattr(sys, "argv", ["results", "train"])
    with pytest.raises(SystemExit) as leaving:
        command.main()
    assert leaving.value.code == 130
    assert capsys.readouterr().err == "SIGINT at step 5\n"
