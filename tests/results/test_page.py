"""The page of results against the run directories it is written from."""

import json
import re
from statistics import mean, stdev

import pytest

import nnlab
from nnlab import files
from nnlab.errors import RunError
from nnlab.runs import list_runs
from results import published
from results.archive import read_archive
from results.measured import measure
from results.notes import NOTES, notes_on
from results.page import page
from results.training import train_missing


@pytest.fixture
def runs_dir(entries, tmp_path):
    """Return a folder with a short run of every experiment."""
    train_missing(list(entries.values()), tmp_path / "runs", quiet=True)
    return tmp_path / "runs"


def write(runs_dir):
    archive = read_archive(runs_dir)
    results = {e.config: measure(e, archive) for section in published.SECTIONS for e in section.entries}
    return page(published.SECTIONS, results)


def rows(text):
    """Return the cells of each row of the tables, by the first two."""
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    ]
    return {(line[0], line[1]): line[2:] for line in lines}


def runs_of(runs_dir, name):
    return [run for run in list_runs(runs_dir) if f"-{name}-" in run.name]


def test_mean_and_deviation_are_those_of_the_evaluations(runs_dir):
    found = rows(write(runs_dir))
    metrics = [run.read_json("evaluation/metrics.json") for run in runs_of(runs_dir, "small")]
    accuracies, losses = [100 * m["accuracy"] for m in metrics], [m["loss"] for m in metrics]
    count = runs_of(runs_dir, "small")[0].read_json("summary.json")["parameters"]
    assert found["small", "accuracy"] == [
        "0 %",
        f"{mean(accuracies):.2f} ± {stdev(accuracies):.2f} %",
        "yes",
        "2",
        str(count),
        "0:00",
        "`nnlab train configs/small.yaml`",
    ]
    assert found["", "loss"][:3] == ["0.01", f"{mean(losses):.4f} ± {stdev(losses):.4f}", "**no**"]
    assert "\nsmall: It is small.\n" in write(runs_dir)


def test_a_single_run_has_its_interval_and_the_best_of_its_evaluations(runs_dir):
    found = rows(write(runs_dir))
    (run,) = runs_of(runs_dir, "watched")
    metrics = run.read_json("evaluation/last/metrics.json")
    records = [record for record in run.records() if record["split"] == "test"]
    assert metrics["accuracy"] == records[-1]["accuracy"]
    low, high = (100 * bound for bound in metrics["interval"])
    assert found["watched", "accuracy"][:3] == [
        "",
        f"{100 * metrics['accuracy']:.2f} % ({low:.2f}-{high:.2f})",
        "",
    ]
    best = max(record["accuracy"] for record in records)
    assert found["", "best accuracy"][:3] == ["100 % at best", f"{100 * best:.2f} %", "**no**"]


def test_a_parameter_count_other_than_the_published_one_is_marked(runs_dir):
    assert re.fullmatch(r"\*\*\d+\*\*, published 7", rows(write(runs_dir))["watched", "accuracy"][4])


def test_gradients_are_those_computed_by_hand(runs_dir):
    found = rows(write(runs_dir))
    assert found["dL/d 0.bias", "(-0.5000, 0.5000)"] == ["(-0.5000, 0.5000)", "yes"]
    # x = (1, -1) turns the sign of the second row; and one published value was planted to be wrong.
    assert found["dL/d 0.weight", "(-0.5000, 0.4000)"] == ["(-0.5000, 0.5000), (0.5000, -0.5000)", "**no**"]


def test_accuracy_per_class(runs_dir, entries, monkeypatch):
    entry = published.Entry("small", 2, entries["small"].figures, recall={"0": 0, "1": 101})
    monkeypatch.setattr(published, "SECTIONS", (published.Section("First", "One.", (entry,)),))
    found = rows(write(runs_dir))
    metrics = [run.read_json("evaluation/metrics.json") for run in runs_of(runs_dir, "small")]
    recalls = [[100 * m["per_class"][index]["recall"] for m in metrics] for index in (0, 1)]
    assert found["0", "0 %"] == [f"{mean(recalls[0]):.2f} ± {stdev(recalls[0]):.2f} %", "yes"]
    assert found["1", "101 %"] == [f"{mean(recalls[1]):.2f} ± {stdev(recalls[1]):.2f} %", "**no**"]


def test_the_page_names_the_machines_of_the_runs(runs_dir):
    run = list_runs(runs_dir)[0]
    environment = run.read_json("environment.json")
    run.write_json(
        "environment.json", {**environment, "cpu": "Abacus", "threads": 1, "commit": "c0ffee" * 6 + "+"}
    )
    text = write(runs_dir)
    numpy = environment["versions"]["numpy"]
    assert f"- Abacus, 1 thread, NumPy {numpy}, commit c0ffeec0ffee with changes (runs: 1)" in text
    assert "(runs: 3)" in text


def test_missing_runs_are_reported_as_not_run(entries, tmp_path):
    found = rows(write(tmp_path / "nothing"))
    assert found["small", "accuracy"] == [
        "0 %",
        "not run",
        "",
        "0 of 2",
        "",
        "",
        "`nnlab train configs/small.yaml`",
    ]
    assert found["", "best accuracy"][1] == "not run"
    assert found["by_hand", "gradients"][:3] == ["below", "not run", ""]
    assert "Trained on" not in write(tmp_path / "nothing")


@pytest.mark.parametrize("lost", ["summary.json", "evaluation/metrics.json"])
def test_a_run_that_is_not_finished_and_evaluated_does_not_count(runs_dir, lost):
    (runs_of(runs_dir, "small")[0].path / lost).unlink()
    assert rows(write(runs_dir))["small", "accuracy"][3] == "1 of 2"


def test_the_page_changes_with_the_metrics_of_a_run(runs_dir):
    before = write(runs_dir)
    path = runs_of(runs_dir, "small")[0].evaluation / "metrics.json"
    metrics = json.loads(path.read_text())
    files.write_json(path, {**metrics, "accuracy": metrics["accuracy"] + 0.001})
    assert write(runs_dir) != before


def test_a_damaged_run_is_named(runs_dir):
    run = runs_of(runs_dir, "small")[0]
    (run.path / "environment.json").write_text("{}")
    with pytest.raises(RunError, match=f"{run.name}: environment.json "):
        write(runs_dir)


def test_a_loss_that_is_not_finite_does_not_reach_the_figure(runs_dir):
    for run in runs_of(runs_dir, "small"):
        path = run.evaluation / "metrics.json"
        files.write_json(path, {**json.loads(path.read_text()), "loss": None})
    assert rows(write(runs_dir))["", "loss"][1:3] == ["inf", "**no**"]


def test_notes_describe_the_copies_that_were_used():
    mnist, fashion, cifar10 = NOTES
    used = [
        (fashion.data, fashion.digest),
        (mnist.data, mnist.digest),
        (mnist.data, mnist.digest),
        ("ellipse", "ab"),
    ]
    assert notes_on(used) == [mnist.text, fashion.text]
    (unknown,) = notes_on([(cifar10.data, "0123456789abcdef")])
    assert unknown == "cifar10: an unknown copy (SHA-256 of its test examples: 0123456789ab...)."


def test_the_page_has_notes_only_if_there_are_any(runs_dir, monkeypatch):
    assert "Data notes" not in write(runs_dir)
    monkeypatch.setattr(
        "results.page.notes_on",
        lambda copies: ["Beware."] if ("random", digest_of_test(runs_dir)) in copies else [],
    )
    assert write(runs_dir).endswith("## Data notes\n\n- Beware.\n")


def digest_of_test(runs_dir):
    return runs_of(runs_dir, "small")[0].read_json("environment.json")["data"]["test"]


def test_the_page_is_the_same_from_the_same_runs(runs_dir):
    before = write(runs_dir)
    nnlab.evaluate(runs_of(runs_dir, "watched")[0], checkpoint="last")
    assert write(runs_dir) == before


def test_the_shipped_page_has_the_words_of_the_generator():
    shipped = (published.CONFIGS.parent / "docs" / "results.md").read_text(encoding="utf-8")
    assert shipped.startswith(page([], {}))
    for section in published.SECTIONS:
        assert f"## {section.title}\n\n{section.source}\n" in shipped
        assert all(f"\n{e.config}: {e.remark}\n" in shipped for e in section.entries if e.remark)
    assert all(f"- {note.text}\n" in shipped for note in NOTES)
