"""All runs on a page: each with its numbers, a curve and a link; broken ones too."""

import json
import re
import shutil

import pytest
from support.experiments import load
from support.written import write_run, write_sweep

import nnlab
from nnlab.errors import RunError
from nnlab.report.index import as_index
from nnlab.report.sparklines import sparkline
from nnlab.runs import metrics_log


def write_log(path, losses, split="train"):
    records = ({"step": i, "split": split, "loss": loss} for i, loss in enumerate(losses))
    lines = (json.dumps({**record, "accuracy": 0.5, "seconds": 1.0}) for record in records)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def points(curve):
    return [tuple(map(int, pair.split(","))) for pair in curve.points.split()]


def rows(page):
    """The text of the cells of each row."""
    bodies = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    cells = (
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        for body in bodies
        for row in body.split("<tr>")[1:]
    )
    return [[" ".join(re.sub(r"<[^>]*>", "", cell).split()) for cell in row] for row in cells]


def test_a_run_has_its_numbers_and_its_curve(tmp_path):
    run = write_run(tmp_path / "20260102-a", accuracy=0.5, test=0.25)
    write_log(run.metrics, [3, 2, 1])
    page = as_index(tmp_path)
    (row,) = rows(page)
    assert row == [
        "20260102-a",
        "completed",
        "",
        "50.00 %",
        "25.00 %",
        "1.0000",
        "small",
        row[7],
        "0",
        "12",
        "0:02",
    ]
    assert '<polyline points="2,2 48,12 94,22"' in page
    assert 'data-number="0.25"' in page
    assert 'href="./20260102-a"' in page
    (run.path / "report.html").touch()
    assert 'href="./20260102-a/report.html"' in as_index(tmp_path)


def test_a_sweep_is_a_line_with_its_cells(tmp_path):
    cells = [({"seed": seed}, {"accuracy": 0.5 + seed / 10, "test": 0.25}) for seed in (0, 1)]
    write_sweep(tmp_path / "sweep-x", {"seed": [0, 1]}, [*cells, ({"seed": 2}, None)])
    write_run(tmp_path / "20260102-a")
    page = as_index(tmp_path)
    assert [row[0] for row in rows(page)] == ["sweep-x", "20260102-a", "000", "001", "002"]
    told = {row[0]: row for row in rows(page)}
    assert told["sweep-x"][1] == "stopped, 2 of 3 cells; the best cell's results"
    assert told["sweep-x"][3] == "60.00 %"
    assert told["000"][1:5] == ["completed", "", "50.00 %", "25.00 %"]
    assert told["002"][1] == "pending"
    anchor = re.search(r'href="#(sweep-\d+)"', page)[1]
    assert page.index(f'<section id="{anchor}">') < page.index('href="./sweep-x/cells/000"')
    assert "4 runs, cells of sweeps included" in page


def test_broken_runs_are_shown_with_the_reason(tmp_path):
    write_run(tmp_path / "20260102-a").config.write_text("[")
    sweep = write_sweep(tmp_path / "sweep-x", {"seed": [0]}, [({"seed": 0}, {})])
    (sweep.path / "sweep.json").write_text("[")
    page = as_index(tmp_path)
    told = {row[0]: row[1] for row in rows(page)}
    assert told["20260102-a"].startswith("broken: config.yaml ")
    assert told["sweep-x"].startswith("broken: ")
    assert told["sweep-x/cells/000"] == "completed"
    assert "3 runs, cells of sweeps included; 2 broken" in page


def test_hostile_names_do_no_harm(tmp_path):
    name = "javascript:alert(1)\"'<script>alert(1)<\u202e"
    write_run(tmp_path / name, f"name={json.dumps(name)}")
    page = as_index(tmp_path)
    assert page.count("<script>") == 1
    assert "\u202e" not in page
    assert 'href="./javascript%3Aalert%281%29%22%27%3Cscript%3E' in page
    assert as_index(tmp_path) == page


def test_a_folder_without_runs_and_none_at_all(tmp_path):
    assert rows(as_index(tmp_path)) == []
    with pytest.raises(RunError, match=r"/missing\b.*No such file"):
        as_index(tmp_path / "missing")


def test_a_curve_falls_as_the_loss_does(tmp_path):
    curve = sparkline(write_log(tmp_path / "log", [4, 2, 3]))
    assert points(curve) == [(2, 2), (48, 22), (94, 12)]
    assert curve.last == 3
    assert points(sparkline(write_log(tmp_path / "log", [5, 5]))) == [(2, 22), (94, 22)]


@pytest.mark.parametrize(
    "content", ["", "{torn", '{"split": "train"}\n' * 3, '{"split": "train", "loss": 1}\n', "\0"]
)
def test_no_curve_of_too_little(tmp_path, content):
    (tmp_path / "log").write_text(content)
    assert sparkline(tmp_path / "log") is None
    assert sparkline(tmp_path / "missing") is None


def test_evaluations_and_what_is_not_finite_are_not_drawn(tmp_path):
    log = write_log(tmp_path / "log", [2, float("nan"), 1, float("inf")])
    log.write_text(log.read_text() + write_log(tmp_path / "other", [9], split="validation").read_text())
    assert points(sparkline(log)) == [(2, 2), (94, 22)]


def test_numbers_too_large_to_draw_are_not_drawn(tmp_path):
    log = write_log(tmp_path / "log", [2, 1e308, 1e308, -1e308, 10**400, 1])
    assert points(sparkline(log)) == [(2, 2), (94, 22)]


def test_of_a_long_log_only_a_part_is_read(tmp_path, monkeypatch):
    log = write_log(tmp_path / "log", [1000 - i / 20 for i in range(20000)])
    read, whole = [], metrics_log._window

    def window(file, start, size):
        read.append(size)
        return whole(file, start, size)

    monkeypatch.setattr(metrics_log, "_window", window)
    drawn = points(sparkline(log))
    assert len(drawn) == 32
    assert [x for x, _ in drawn] == sorted({x for x, _ in drawn})
    # The loss falls evenly, and so does the curve, from corner to corner.
    for x, y in drawn:
        assert y == pytest.approx(2 + (x - 2) * 20 / 92, abs=2)
    assert sum(read) <= 32 * 2048


def test_a_planted_loss_is_seen(tmp_path):
    falling = write_log(tmp_path / "log", [3, 2, 1])
    rising = shutil.copy(falling, tmp_path / "copy")
    write_log(rising, [1, 2, 3])
    assert sparkline(falling) != sparkline(rising)


@pytest.fixture
def trained(tmp_path):
    """A run that was evaluated, in a folder of its own."""
    run = nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs")
    nnlab.evaluate(run)
    return run


def status(runs, name):
    return next(row[1] for row in rows(as_index(runs)) if row[0] == name)


def test_an_intact_run_has_no_remark(trained):
    assert status(trained.path.parent, trained.name) == "completed"
    assert "with remarks" not in as_index(trained.path.parent)


def test_a_summary_that_does_not_follow_from_the_records_is_marked(trained):
    summary = trained.read_json("summary.json")
    trained.write_json("summary.json", summary | {"best": summary["best"] | {"accuracy": 1.0}})
    step = summary["best"]["step"]
    assert status(trained.path.parent, trained.name) == (
        f"completed; summary.json: its best evaluation, of step {step}, is not in metrics.jsonl"
    )
    assert "1 run with remarks on the figures" in as_index(trained.path.parent)


def test_an_evaluation_that_is_not_of_the_predictions_beside_it_is_marked(trained):
    record = trained.read_json("evaluation/metrics.json")
    trained.write_json("evaluation/metrics.json", record | {"accuracy": 1.0})
    assert "is not of the predictions beside it" in status(trained.path.parent, trained.name)
    trained.write_json("evaluation/metrics.json", record | {"predictions": "0" * 64})
    assert "is not of the predictions beside it" in status(trained.path.parent, trained.name)


def test_identical_copies_are_marked_and_repetitions_are_not(trained, tmp_path):
    runs = trained.path.parent
    shutil.copytree(trained.path, runs / "zz-copy")
    again = nnlab.train(load(tmp_path), runs_dir=runs)
    found = {row[0]: row[1] for row in rows(as_index(runs))}
    marked = {name for name, text in found.items() if "a copy of" in text}
    assert len(marked & {"zz-copy", trained.name}) == 1
    assert again.name not in marked


def test_a_copy_that_pretends_to_be_of_another_seed_is_marked(trained):
    runs = trained.path.parent
    shutil.copytree(trained.path, runs / "zz-copy")
    config = runs / "zz-copy" / "config.yaml"
    config.write_text(config.read_text().replace("seed: 0", "seed: 1"))
    assert "a copy of" in " ".join(row[1] for row in rows(as_index(runs)))
