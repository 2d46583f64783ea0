"""``nnlab runs`` as a user meets it."""

import json
import re
from dataclasses import replace

import pytest
from support.experiments import write_config
from support.written import write_run, write_sweep


@pytest.fixture
def runs(tmp_path):
    root = tmp_path / "runs"
    write_run(root / "20260101-000000-small-0001", accuracy=0.5, test=0.4)
    write_run(root / "20260102-000000-small-0002", "name=other", "seed=1", accuracy=0.9)
    write_run(root / "20260103-000000-small-0003", status="interrupted")
    write_run(root / "20260104-000000-small-0004").config.unlink()
    cells = [({"seed": 0}, {"accuracy": 0.6}), ({"seed": 1}, {"accuracy": 0.7})]
    write_sweep(root / "sweep-rates-0123abcd", {"seed": [0, 1]}, cells)
    return root


def test_runs_are_listed_the_newest_first_and_broken_ones_with_the_reason(nnlab_, runs, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    code, out, err = nnlab_("runs")
    assert code == 0
    assert re.fullmatch(r"warning: 20260104-\S+ is broken: \S+config.yaml .*\n", err)
    head, _, *lines = out.splitlines()
    assert head.split("  ")[0] == "run"
    told = r"status +config +data +seed +steps +val. loss +val. acc. +test acc. +time$"
    assert re.search(told, head)
    assert [line[:8] for line in lines] == ["sweep-ra", "20260104", "20260103", "20260102", "20260101"]
    lines = [*lines[1:], lines[0]]
    assert re.search(r"0004 +broken$", lines[0])
    assert re.search(r"0003 +interrupted +small +random +0 +12 +1.0000 +50.00 % +0:02$", lines[1])
    assert re.search(r"0002 +completed +other +random +1 +12 ", lines[2])
    assert re.search(r"0001 +completed +small +random +0 .* 50.00 % +40.00 % +0:02$", lines[3])
    assert re.search(r"^sweep-rates-0123abcd \(2 of 2 cells\) +completed +small .* 70.00 % +0:03$", lines[4])
    assert max(map(len, lines)) <= 120
    assert "config" not in nnlab_("runs", "name=small", "run!=sweep-rates-0123abcd", "accuracy<0.6")[1]


def test_runs_are_chosen_sorted_and_cut(nnlab_, runs):
    def names(*arguments):
        code, out, _ = nnlab_("runs", *arguments, "--json")
        assert code == 0
        return [run["run"][:8].removeprefix("2026") for run in json.loads(out)]

    assert names("list", "dataset=random", "status=completed") == ["sweep-ra", "0102", "0101"]
    assert names("accuracy>0.5", "--sort", "accuracy", "--reverse") == ["0102", "sweep-ra"]
    assert names("accuracy>0.5", "--sort", "accuracy", "--cells") == ["sweep-ra", "sweep-ra", "0102"]
    assert names("-n", 2, "-r") == ["0101", "0102"]
    assert names("status=broken") == ["0104"]
    assert names("name=nothing") == []


def test_where_nothing_is_so_that_is_said(nnlab_, tmp_path, runs):
    code, out, err = nnlab_("runs", "seed=77")
    assert (code, out) == (0, "")
    assert re.search(r"\bruns\b.*\b6\b", err)
    (tmp_path / "empty").mkdir()
    assert nnlab_("runs", "--runs-dir", "empty") == (0, "", "no runs in empty\n")
    assert nnlab_("runs", "--runs-dir", "empty", "--json") == (0, "[]\n", "")


def test_a_line_of_a_part_of_a_sweep_says_so(nnlab_, runs, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    _, out, _ = nnlab_("runs", "accuracy>0.65")
    assert re.search(r"^sweep-rates-0123abcd \(1 of its 2 cells\) +completed .* 12 .* 70.00 %", out, re.MULTILINE)
    _, out, _ = nnlab_("runs", "accuracy>0.65", "--json")
    assert [line["cells"] for line in json.loads(out)] == [{"finished": 1, "total": 2, "chosen": 1}, None]


def test_many_broken_runs_are_counted(nnlab_, tmp_path):
    for number in range(13):
        (tmp_path / "runs" / str(number) / "checkpoints").mkdir(parents=True)
    code, out, err = nnlab_("runs")
    assert code == 0
    assert len(out.splitlines()) == 15
    assert len(err.splitlines()) == 11
    assert err.endswith("warning: 3 more are broken: nnlab runs status=broken --json\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nothing"], 2, "'nothing'"),
        (["optimizer.lr=1"], 2, "learning_rate"),
        (["--sort", "acc"], 2, "'acc'"),
        (["--limit", "0"], 2, "'--limit'"),
        (["--runs-dir", "missing"], 4, "missing"),
        (["show", "nothing"], 4, "'nothing'"),
        (["show"], 2, "'RUN'"),
    ],
)
def test_mistakes_cost_a_message(nnlab_, runs, arguments, code, message):
    left, out, err = nnlab_("runs", *arguments)
    assert (left, out) == (code, "")
    assert message in err


def test_help_names_the_commands(nnlab_):
    code, out, _ = nnlab_("runs", "--help")
    assert code == 0
    assert re.search(r"^  list  .*\n  show  ", out, re.MULTILINE)
    assert "KEY" in nnlab_("runs", "list", "--help")[1]


SHOWN = {
    "20260101": (r"^status +completed$", r"^next +nnlab plot all runs/20260101-\S+$"),
    "20260102": (r"^config +other$", r"^next +nnlab eval runs/20260102-\S+$"),
    "20260103": (r"^steps +12 of 12$", r"^next +nnlab resume runs/20260103-\S+$"),
    "20260104-000000-small-0004": (r"^status +broken: \S+config.yaml .*$", r"broken"),
    "sweep-rates": (r"^cells +2 of 2 finished", r"^next +nnlab compare runs/sweep-rates-0123abcd$"),
}


@pytest.mark.parametrize("address", SHOWN)
def test_a_run_is_shown_with_what_may_come_next(nnlab_, runs, address):
    code, out, err = nnlab_("runs", "show", address)
    assert (code, err) == (0, "")
    assert all(re.search(told, out, re.MULTILINE) for told in SHOWN[address]), out
    code, out, _ = nnlab_("runs", "show", address, "--json")
    assert json.loads(out)["run"].startswith(address)


def test_what_comes_next_depends_on_what_became_of_a_run(nnlab_, tmp_path):
    def after(run):
        return re.search(r"^next +(.*)$", nnlab_("runs", "show", run.path)[1], re.MULTILINE)[1]

    diverged = write_run(tmp_path / "a", "optimizer.learning_rate=0.5", status="diverged")
    assert after(diverged) == f"nnlab train {diverged.config} optimizer.learning_rate=0.05"
    with diverged.locked():
        assert after(diverged) == f"nnlab plot curves {diverged.path}"
    cut = write_run(tmp_path / "b", test=0.5)
    (cut.path / "summary.json").write_text("{")
    assert after(cut) == f"nnlab resume {cut.path}"
    (sweep,) = [write_sweep(tmp_path / "s", {"seed": [0, 1]}, [({"seed": 0}, {}), ({"seed": 1}, None)])]
    assert after(sweep) == f"nnlab sweep {sweep.path}"
    assert after(sweep.cells[1].run) == f"nnlab resume {sweep.cells[1].run.path}"


def test_why_a_run_or_a_cell_failed_is_told_where_it_is_known(nnlab_, tmp_path):
    def why(address):
        return re.findall(r"^(?:reason|failed) +(.*)$", nnlab_("runs", "show", address)[1], re.MULTILINE)

    diverged = write_run(tmp_path / "a", status="diverged")
    assert why(diverged.path) == ["loss, gradient or parameters were no longer finite after step 12"]
    sweep = write_sweep(
        tmp_path / "s", {"seed": [0, 1]}, [({"seed": 0}, {}), ({"seed": 1}, {"status": "diverged"})]
    )
    cells = [sweep.cells[0], replace(sweep.cells[1], status="failed", error="step 12: inf")]
    replace(sweep, cells=tuple(cells)).write()
    assert why(sweep.path) == ["001: step 12: inf"]
    assert why(cells[1].run.path) == ["step 12: inf"]
    assert why(cells[0].run.path) == []


def test_a_damaged_ledger_costs_a_warning(nnlab_, tmp_path):
    run = write_run(tmp_path / "a")
    (run.path / "test-ledger.jsonl").write_text("x\n")
    code, out, err = nnlab_("runs", "show", run.path)
    assert (code, "test set" in out) == (0, False)
    assert re.fullmatch(r"warning: \S+test-ledger.jsonl:1 .*\n", err)


def test_damaged_records_are_told(nnlab_, tmp_path):
    run = write_run(tmp_path / "a")
    log = run.metrics.read_bytes()
    assert "metrics.jsonl" not in nnlab_("runs", "show", run.path)[2]
    run.metrics.write_bytes(log.replace(b"0.5", b"0.9", 1))
    code, out, err = nnlab_("runs", "show", run.path)
    assert (code, "completed" in out) == (0, True)
    assert err.startswith(f"warning: {run.metrics}:1 ")
    assert err.endswith(f"; for what is usable: nnlab verify {run.path}\n")
    run.metrics.unlink()
    assert f"warning: {run.metrics} " in nnlab_("runs", "show", run.path)[2]
    assert json.loads(nnlab_("runs", "show", run.path, "--json")[1])["status"] == "completed"


def test_a_config_that_was_edited_is_told(nnlab_, tmp_path):
    nnlab_("train", write_config(tmp_path), "-q")
    assert nnlab_("runs", "show", "latest")[2] == ""
    (config,) = (tmp_path / "runs").glob("*/config.yaml")
    config.write_text(config.read_text().replace("learning_rate: 0.05", "learning_rate: 0.5"))
    code, _, err = nnlab_("runs", "show", "latest")
    assert (code, err) == (0, "warning: config.yaml was edited after training: optimizer.learning_rate\n")


def test_names_cannot_steer_the_terminal(nnlab_, tmp_path):
    write_run(tmp_path / "runs" / "a\x1b[31m", 'name="\\e[31m[red]"')
    (tmp_path / "runs" / "b\x1b[31m" / "checkpoints").mkdir(parents=True)
    for arguments in (("runs",), ("runs", "show", "a\x1b[31m"), ("runs", "show", "runs/b\x1b[31m")):
        _, out, err = nnlab_(*arguments)
        assert "\x1b" not in out + err


def test_a_list_of_runs_fits_a_terminal_and_keeps_every_column(nnlab_, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    write_run(tmp_path / "runs" / "20260101-000000-small-0001", accuracy=0.9, test=0.8)
    code, out, _ = nnlab_("runs")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert re.search(r"^20260101-000000-small-0001 .* 90\.00 %$", out, re.MULTILINE)
    assert re.search(r"^20260101-000000-small-0001 +80\.00 % +0:02$", out, re.MULTILINE)
    monkeypatch.delenv("COLUMNS")
    code, out, _ = nnlab_("runs")
    assert code == 0
    assert re.search(r"^20260101-000000-small-0001 .* 90\.00 % +80\.00 % +0:02$", out, re.MULTILINE)
