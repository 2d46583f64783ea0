"""Runs at a glance, whatever state they are in."""

import os
import re
import shutil

import pytest
from support.experiments import load, stop_at
from support.written import write_evaluation, write_json, write_run, write_sweep

import nnlab
from nnlab.errors import Interrupted, RunError
from nnlab.runs import MetricsLog, Run
from nnlab.runs.locking import is_held
from nnlab.runs.overview import overview, overviews
from nnlab.runs.selection import find_overview


def test_a_trained_and_evaluated_run_is_told_as_it_recorded_itself(tmp_path):
    run = nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs")
    tested = nnlab.evaluate(run)
    found = overview(run)
    summary = run.read_json("summary.json")
    assert (found.status, found.reason, found.finished) == ("completed", None, True)
    assert found.config == nnlab.load_config(run.config)
    assert found.environment.data == run.read_json("environment.json")["data"]
    assert (found.steps, found.seconds, found.parameters) == (12, summary["seconds"], summary["parameters"])
    assert found.validation.model_dump() == summary["best"]
    assert (found.tested.accuracy, found.tested.count) == (tested.metrics.accuracy, 20)


def test_a_stopped_run_is_interrupted_and_while_it_goes_on_it_is_running(tmp_path):
    seen = []

    def look(report):
        seen.append(overview(nnlab.open_run("latest", tmp_path / "runs")))

    with pytest.raises(Interrupted):
        nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs", report=stop_at(6))
    run = nnlab.open_run("latest", tmp_path / "runs")
    assert (overview(run).status, overview(run).steps) == ("interrupted", 6)
    nnlab.resume(run, report=look)
    assert {(each.status, each.steps) for each in seen} == {("running", step) for step in range(7, 13)}
    assert overview(run).status == "completed"


def test_a_killed_run_is_told_from_its_metrics(tmp_path):
    found = overview(write_run(tmp_path / "r", status=None, accuracy=0.6, loss=0.7))
    assert (found.status, found.steps, found.seconds, found.parameters) == ("stopped", 12, 1.5, None)
    assert found.validation.model_dump() == {"step": 9, "loss": 0.7, "accuracy": 0.6}
    (tmp_path / "r" / "metrics.jsonl").write_text("")
    assert (overview(found.run).steps, overview(found.run).best) == (0, None)
    (tmp_path / "r" / "metrics.jsonl").unlink()
    assert (overview(found.run).status, overview(found.run).steps) == ("stopped", 0)


@pytest.mark.parametrize(("monitor", "best"), [("loss", 3), ("accuracy", 6)])
def test_the_best_evaluation_of_a_killed_run_is_by_what_it_monitors(tmp_path, monitor, best):
    run = write_run(tmp_path / "r", f"training.monitor={monitor}", status=None)
    records = [(3, 0.5, 0.6), (6, 0.9, 0.8), (9, 0.7, 0.7)]
    log = MetricsLog(run.metrics)
    run.metrics.write_text("")
    for step, loss, accuracy in records:
        log.append({"step": step, "split": "validation", "loss": loss, "accuracy": accuracy, "seconds": 1})
    log.close()
    assert overview(run).validation.step == best


def test_a_run_that_is_only_a_config_is_pending_until_it_is_held(tmp_path):
    (cell,) = write_sweep(tmp_path / "s", {"seed": [0]}, [({"seed": 0}, None)]).cells
    assert overview(cell.run).status == "pending"
    with cell.run.locked():
        assert is_held(cell.run.path)
        assert overview(cell.run).status == "running"
    assert not is_held(cell.run.path)


def test_to_look_at_a_run_does_not_keep_it_from_training(tmp_path):
    run = write_run(tmp_path / "r")
    with run.locked():
        pass
    assert not is_held(run.path)
    with run.locked():
        pass


@pytest.mark.parametrize(
    ("step", "checkpoint", "known"),
    [(9, "best", True), (6, "best", False), (9, "last", True), (12, "last", False)],
)
def test_a_test_accuracy_counts_as_long_as_it_is_of_the_step_of_the_best_checkpoint(
    tmp_path, step, checkpoint, known
):
    run = write_run(tmp_path / "r")
    write_evaluation(run.path, accuracy=0.75, step=step, checkpoint=checkpoint)
    assert (overview(run).tested is not None) == known


def test_an_evaluation_of_the_last_checkpoint_is_known_until_training_goes_on(tmp_path):
    run = write_run(tmp_path / "r")
    write_evaluation(run.path, accuracy=0.75, step=12, checkpoint="last")
    assert (overview(run).test_of("last").accuracy, overview(run).test_of("best")) == (0.75, None)
    write_evaluation(run.path, accuracy=0.75, step=6, checkpoint="last")
    assert (overview(run).test_of("last"), overview(run).test_of("best")) == (None, None)


def test_what_was_measured_on_test_examples_in_training_is_no_validation(tmp_path):
    run = write_run(tmp_path / "r", "training.evaluate_on=test", accuracy=0.6)
    assert overview(run).validation is None
    assert overview(run).tested.accuracy == 0.6
    write_evaluation(run.path, accuracy=0.6)
    assert overview(run).tested.count == 1000


BREAKING = {
    "without config": (lambda path: (path / "config.yaml").unlink(), "config.yaml "),
    "config of zeros": (lambda path: (path / "config.yaml").write_bytes(b"\x00\xff"), "config.yaml "),
    "no environment": (lambda path: (path / "environment.json").unlink(), "environment.json "),
    "cut summary": (
        lambda path: (path / "summary.json").write_text('{"status": "comp'),
        "summary.json ",
    ),
    "wrong summary": (
        lambda path: write_json(path / "summary.json", {"status": "great"}),
        "summary.json .*status: ",
    ),
    "list": (lambda path: write_json(path / "summary.json", []), "summary.json "),
    "pipe": (
        lambda path: ((path / "summary.json").unlink(), os.mkfifo(path / "summary.json")),
        "/summary.json\\b",
    ),
    "folder": (lambda path: ((path / "summary.json").unlink(), (path / "summary.json").mkdir()), "summary.json"),
    "evaluation": (lambda path: write_evaluation(path, accuracy="?"), "metrics.json .*accuracy"),
    "metrics": (
        lambda path: ((path / "summary.json").unlink(), (path / "metrics.jsonl").write_text("{\n")),
        "metrics.jsonl:1 ",
    ),
    "other version": (
        lambda path: (path / "config.yaml").write_text((path / "config.yaml").read_text() + "gpu: true\n"),
        r"config.yaml .*line \d+.*'gpu'",
    ),
}


@pytest.mark.parametrize("kind", BREAKING)
def test_a_broken_run_is_listed_with_its_reason_and_hides_nothing(tmp_path, kind):
    write_run(tmp_path / "a")
    write_run(tmp_path / "b")
    write_run(tmp_path / "c")
    breaking, reason = BREAKING[kind]
    breaking(tmp_path / "b")
    found = overviews(tmp_path)
    assert [(run.name, run.status) for run in found] == [("a", "completed"), ("b", "broken"), ("c", "completed")]
    assert re.search(reason, found[1].reason)
    assert found[1].reason.isprintable()


def test_what_cannot_be_entered_is_broken(tmp_path, monkeypatch):
    write_run(tmp_path / "a")
    write_run(tmp_path / "b")
    whole = os.scandir

    def scandir(path):
        if path == tmp_path / "a":
            raise PermissionError(13, "Permission denied")
        return whole(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = overviews(tmp_path)
    assert [(run.name, run.status) for run in found] == [("a", "broken"), ("b", "completed")]
    assert re.search(r"\ba\b.*Permission denied$", found[0].reason)
    assert overview(Run(tmp_path / "a")).status == "broken"


def test_other_folders_and_files_are_no_runs(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / ".check-x").mkdir()
    (tmp_path / "results.csv").write_text("")
    (tmp_path / "checkpoints").mkdir()
    assert overviews(tmp_path) == []
    with pytest.raises(RunError, match=r"/missing\b.*No such file"):
        overviews(tmp_path / "missing")


def test_cells_of_sweeps_are_listed_and_those_of_a_broken_one_too(tmp_path):
    sweep = write_sweep(tmp_path / "sweep-x", {"seed": [0, 1]}, [({"seed": 0}, {}), ({"seed": 1}, None)])
    assert [(run.name, run.status) for run in overviews(tmp_path)] == [
        ("sweep-x/cells/000", "completed"),
        ("sweep-x/cells/001", "pending"),
    ]
    (sweep.path / "sweep.json").write_text("{")
    assert [run.status for run in overviews(tmp_path)] == ["broken", "completed", "pending"]


def test_a_sweep_is_outlined_by_its_best_cell(tmp_path):
    cells = [({"seed": seed}, {"accuracy": accuracy}) for seed, accuracy in enumerate([0.4, 0.8, 0.6])]
    write_sweep(tmp_path / "sweep-x", {"seed": [0, 1, 2]}, cells)
    found = find_overview("sweep-x", tmp_path)
    assert (found.status, found.cells, found.validation.accuracy) == ("completed", (3, 3), 0.8)
    assert (found.steps, found.seconds, found.parameters) == (36, 4.5, 64)
    assert found.as_json()["seed"] is None


def test_a_run_is_found_broken_or_not(tmp_path):
    write_run(tmp_path / "20260101-a")
    assert find_overview("2026", tmp_path).status == "completed"
    (tmp_path / "20260101-a" / "config.yaml").unlink()
    assert find_overview("20260101-a", tmp_path).status == "broken"
    for address in ("2027", "a\x00b", "x" * 5000):
        with pytest.raises(RunError):
            find_overview(address, tmp_path)


def test_values_of_a_config_are_found_by_their_keys(tmp_path):
    found = overview(write_run(tmp_path / "r"))
    assert found.setting("network.0.filters") == 3
    assert found.setting("network.0.kernel") == [3, 3]
    assert found.setting("network.4.body.1.rate") == 0.2
    for key in ("network.99.filters", "network.x", "optimizer.lr", "seed.x", "nothing", ""):
        with pytest.raises(KeyError):
            found.setting(key)


@pytest.mark.slow
def test_a_thousand_runs_are_read_and_each_is_what_it_is(tmp_path):
    template = write_run(tmp_path / "template", test=0.5).path
    text = (template / "config.yaml").read_text()
    kinds = list(BREAKING)
    for number in range(1000):
        path = tmp_path / "runs" / f"{number:04}"
        shutil.copytree(template, path)
        (path / "config.yaml").write_text(text.replace("seed: 0", f"seed: {number}"))
        if number % 50 == 7:
            BREAKING[kinds[number // 50 % len(kinds)]][0](path)
    found = overviews(tmp_path / "runs")
    assert [run.name for run in found] == [f"{number:04}" for number in range(1000)]
    assert [n for n, run in enumerate(found) if run.status == "broken"] == list(range(7, 1000, 50))
    assert all(run.config.seed == n for n, run in enumerate(found) if run.config)
