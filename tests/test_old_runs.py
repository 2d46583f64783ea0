"""Run directories of nnlab 0.1, made before the package was reorganized, still serve every command."""

import json
import shutil

import pytest
from support import ROOT

from nnlab.sweep.plan import load_plan

OLD = ROOT / "tests" / "fixtures" / "runs-0.1"
EXPECTED = json.loads((OLD / "expected.json").read_text())
FINISHED, INTERRUPTED, SWEEP = "20261130-210853-points-a320", "20261130-210858-images-baef", "sweep-sweep-b1fc35f5"
RUNS = [FINISHED, INTERRUPTED]


@pytest.fixture
def runs(tmp_path):
    """Return a folder with copies of the old runs."""
    for name in (*RUNS, SWEEP):
        shutil.copytree(OLD / name, tmp_path / "runs" / name)
    return tmp_path / "runs"


def told(result):
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


def measured(run):
    return json.loads((run / "evaluation" / "metrics.json").read_text())


def records(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_the_runs_are_small():
    assert sum(path.stat().st_size for path in OLD.rglob("*") if path.is_file()) < 200 * 1024


def test_they_are_listed(nnlab_, runs):
    listed = {run["run"]: run["status"] for run in told(nnlab_("runs", "--json"))}
    assert listed == {FINISHED: "completed", INTERRUPTED: "interrupted", SWEEP: "completed"}


@pytest.mark.parametrize("name", [*RUNS, SWEEP])
def test_they_are_shown(nnlab_, runs, name):
    assert told(nnlab_("runs", "show", name, "--json"))["run"] == name


@pytest.mark.parametrize("name", RUNS)
def test_they_are_intact(nnlab_, runs, name):
    states = {finding["file"]: finding["state"] for finding in told(nnlab_("verify", name, "--json"))["files"]}
    assert set(states.values()) <= {"intact", "not checked"}, states
    assert states["metrics.jsonl"] == states["the data"] == "intact"


@pytest.mark.parametrize("name", RUNS)
def test_they_evaluate_to_what_was_measured_then(nnlab_, runs, name):
    before = measured(runs / name)
    now = told(nnlab_("eval", name, "--json"))
    assert [now[key] for key in ("accuracy", "count", "step", "confusion")] == [
        before[key] for key in ("accuracy", "count", "step", "confusion")
    ]
    assert now["loss"] == pytest.approx(before["loss"], rel=1e-5)


def test_an_interrupted_run_resumes_to_the_same_records(nnlab_, runs):
    code, _, err = nnlab_("resume", INTERRUPTED, "-q", "--allow-inexact")
    assert code == 0, err
    resumed = [record for record in records(runs / INTERRUPTED) if record["step"] > 23]
    assert [(r["step"], r["split"]) for r in resumed] == [(e["step"], e["split"]) for e in EXPECTED["records"]]
    for key in ("loss", "accuracy"):
        assert [r[key] for r in resumed] == pytest.approx([e[key] for e in EXPECTED["records"]], rel=1e-4)
    now = told(nnlab_("eval", INTERRUPTED, "--checkpoint", "last", "--json"))
    assert (now["step"], now["accuracy"]) == (EXPECTED["test"]["step"], EXPECTED["test"]["accuracy"])


@pytest.mark.slow
def test_a_finished_run_is_reported(nnlab_, runs):
    written = (runs / FINISHED / "report-md" / "report.md").read_text()
    code, out, err = nnlab_("report", FINISHED, "--format", "md")
    assert code == 0, err
    report = (runs.parent / out.strip()).read_text()
    accuracy = f"{100 * measured(runs / FINISHED)['accuracy']:.2f} %"
    assert accuracy in written
    assert accuracy in report
    assert (runs / FINISHED / "report-md" / "figures" / "curves.svg").is_file()


@pytest.mark.slow
def test_a_finished_run_is_reproduced(nnlab_, runs):
    code, _, err = nnlab_("reproduce", FINISHED, "--tolerance", "1e-3")
    assert code == 0, err


def test_a_sweep_is_compared(nnlab_, runs):
    compared = told(nnlab_("compare", f"runs/{SWEEP}", "--json"))
    (setting,) = compared["settings"]
    assert setting["results"]["validation_accuracy"]["mean"] == pytest.approx((0.55 + 26 / 60) / 2)


def test_a_sweep_has_the_name_that_it_had():
    assert load_plan(OLD / "sweep.yaml").directory == SWEEP
