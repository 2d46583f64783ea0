"""The ledger of looks at the test set: what counts, what is kept, and what a kill or damage leaves."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.experiments import SMALL, load, stop_at, train_with_stops

import nnlab
from nnlab import files
from nnlab.comparison import evaluate_missing
from nnlab.errors import Interrupted, RunError, SystemFault
from nnlab.runs.ledger import NAME, Ledger, LedgerEntry, enter, read_ledger
from nnlab.sweep.executor import Job
from nnlab.sweep.job import run_job

ON_TEST = SMALL.replace("evaluate_every: 3", "evaluate_every: 3, evaluate_on: test")


def entry(step=9, cause="nnlab eval", **more):
    return LedgerEntry(when="2026-11-21T09:30:00+00:00", cause=cause, step=step, accuracy=0.5, **more)


def training(step, every=3):
    return entry(step, "training", every=every)


@pytest.mark.parametrize(
    ("entries", "looks", "evaluations", "words"),
    [
        ([], 0, 0, "not looked at"),
        ([entry()], 1, 1, "looked at once"),
        ([entry(), entry(checkpoint="last")], 1, 2, "looked at once; 1 evaluation repeats a look"),
        ([entry(9), entry(12)], 2, 2, "looked at 2 times"),
        ([training(9)], 3, 3, "looked at 3 times (3 in training, to choose the best checkpoint)"),
        ([training(10)], 4, 4, "looked at 4 times (4 in training, to choose the best checkpoint)"),
        ([training(2)], 1, 1, "looked at once (1 in training, to choose the best checkpoint)"),
        (
            [training(9), entry(6), entry(9), entry(8)],
            4,
            6,
            "looked at 4 times (3 in training, to choose the best checkpoint); 2 evaluations repeat a look",
        ),
    ],
)
def test_looks_are_states_of_the_network(entries, looks, evaluations, words):
    ledger = Ledger(tuple(entries))
    assert (ledger.looks, ledger.evaluations, str(ledger)) == (looks, evaluations, words)


def test_the_same_checkpoint_again_is_no_new_look(tmp_path):
    assert not enter(tmp_path, training(9)).repeats
    assert enter(tmp_path, entry(6)).repeats
    assert not enter(tmp_path, entry(7)).repeats
    assert read_ledger(tmp_path) == Ledger((training(9), entry(6), entry(7)))


def test_a_training_has_one_line_that_never_goes_back(tmp_path):
    for step in (3, 6, 9, 3, 6):
        enter(tmp_path, training(step))
        enter(tmp_path, entry(2)) if step == 6 else None
    steps = [(each.cause, each.step) for each in read_ledger(tmp_path).entries]
    assert steps == [("training", 9), ("nnlab eval", 2), ("nnlab eval", 2)]


def test_each_way_to_evaluate_test_data_is_entered_with_its_cause(tmp_path):
    run = nnlab.train(load(tmp_path), runs_dir=tmp_path)
    assert read_ledger(run.path) == Ledger()
    evaluation = nnlab.evaluate(run, split="validation")
    assert read_ledger(run.path) == Ledger()
    evaluation = nnlab.evaluate(run)
    nnlab.evaluate(run, checkpoint="last", cause="nnlab eval")
    (run.evaluation / "metrics.json").unlink()
    evaluate_missing([run], str)
    (run.evaluation / "metrics.json").unlink()
    run_job(Job(run.path, test=True))
    ledger = read_ledger(run.path)
    causes = ["nnlab.evaluate", "nnlab eval", "nnlab compare --test", "nnlab sweep --test"]
    assert [each.cause for each in ledger.entries] == causes
    first, second, *_ = ledger.entries
    assert (first.step, first.checkpoint) == (evaluation.step, "best")
    assert (first.accuracy, first.loss) == (evaluation.metrics.accuracy, evaluation.metrics.loss)
    assert (second.step, second.checkpoint) == (12, "last")
    assert ledger.looks == len({first.step, 12})


@pytest.mark.parametrize("stops", [(), (4, 7), (3, 6, 9)])
def test_training_on_test_data_is_one_line_however_often_it_was_stopped(tmp_path, stops):
    run = train_with_stops(load(tmp_path, text=ON_TEST), tmp_path, stops)
    (only,) = read_ledger(run.path).entries
    last = run.records()[-1]
    assert (only.cause, only.every, only.step, only.loss) == ("training", 3, 12, last["loss"])
    assert read_ledger(run.path).looks == sum(record["split"] == "test" for record in run.records()) == 4


def test_a_training_that_was_stopped_has_told_its_looks(tmp_path):
    with pytest.raises(Interrupted):
        nnlab.train(load(tmp_path, text=ON_TEST), runs_dir=tmp_path, report=stop_at(7))
    run = nnlab.open_run("latest", tmp_path)
    assert read_ledger(run.path).looks == 2
    nnlab.evaluate(run, checkpoint="last")
    assert read_ledger(run.path).looks == 3


def test_what_cannot_be_entered_is_not_told(tmp_path, monkeypatch):
    run = nnlab.train(load(tmp_path), runs_dir=tmp_path)

    def refuse(path, text):
        raise SystemFault(f"cannot write {path}: no space")

    monkeypatch.setattr(files, "write_text", refuse)
    with pytest.raises(SystemFault, match=r"test-ledger\.jsonl: no space"):
        nnlab.evaluate(run)
    assert not (run.evaluation / "metrics.json").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{\n", ":1 is damaged"),
        ('{"cause": "x", "step": 1}\n', ":1 is damaged: accuracy: field required"),
        ('{"cause": "x", "step": -1, "accuracy": 1}\n', ":1 is damaged: step"),
        ('{"cause": "x", "step": 1, "accuracy": 1}\n[]\n', ":2 is damaged"),
        ("\xff\n", ":1 is damaged"),
        ("x" * 200, "is damaged: it has more than 100 bytes"),
    ],
)
def test_a_damaged_ledger_is_told_and_left_as_it_is(tmp_path, monkeypatch, content, message):
    monkeypatch.setattr("nnlab.files._LARGEST", 100)
    path = tmp_path / NAME
    path.write_text(content, encoding="latin-1")
    with pytest.raises(RunError, match=message):
        read_ledger(tmp_path)
    with pytest.raises(RunError, match="damaged"):
        enter(tmp_path, entry())
    assert path.read_text(encoding="latin-1") == content


def test_a_loss_that_is_not_finite_is_left_out(tmp_path):
    enter(tmp_path, entry(loss=None))
    assert "loss" not in (tmp_path / NAME).read_text()
    assert read_ledger(tmp_path).entries[0].loss is None


def test_a_directory_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(SystemFault, match=r"/gone\b.*No such file"):
        enter(tmp_path / "gone", entry())


def test_two_that_write_at_once_lose_no_line(tmp_path):
    with ThreadPoolExecutor(4) as writers:
        list(writers.map(lambda step: enter(tmp_path, entry(step)), range(40)))
    assert read_ledger(tmp_path).looks == 40
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_without_a_lock_lines_are_lost(tmp_path, monkeypatch):
    read = read_ledger

    def slowly(directory):
        ledger = read(directory)
        time.sleep(0.02)
        return ledger

    monkeypatch.setattr("nnlab.runs.ledger.read_ledger", slowly)
    monkeypatch.setattr("fcntl.flock", lambda *_: None)
    with ThreadPoolExecutor(4) as writers:
        list(writers.map(lambda step: enter(tmp_path, entry(step)), range(8)))
    assert read(tmp_path).looks < 8


@pytest.mark.parametrize(
    "change", [{"step": 10**400}, {"step": 9.5}, {"every": 0}, {"accuracy": 2}, {"loss": 1e999}]
)
def test_values_out_of_range_are_damage(tmp_path, change):
    (tmp_path / NAME).write_text(json.dumps({"when": "now", "cause": "x", "step": 9, "accuracy": 1, **change}))
    with pytest.raises(RunError, match=rf":1 is damaged: {next(iter(change))}: .*move the file away"):
        read_ledger(tmp_path)


def test_a_forged_number_of_evaluations_costs_no_memory(tmp_path):
    many = training(2**53 - 1, every=1)
    assert Ledger((many, entry(5), entry(5))).looks == 2**53 - 1
    assert Ledger((many, entry(5))).repeats
    assert not Ledger((entry(5), many)).repeats
    for each in (many, many):
        with (tmp_path / NAME).open("a") as file:
            file.write(each.model_dump_json(exclude_none=True) + "\n")
    with pytest.raises(RunError, match="it has several entries of training"):
        read_ledger(tmp_path)
