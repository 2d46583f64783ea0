"""From run directories to settings, their numbers, and a verdict."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats
from support.experiments import SMALL, load
from support.written import DIGESTS, write_evaluation, write_run, write_sweep

import nnlab
from nnlab.comparison import Estimate, compare, comparing, evaluate_missing, find_runs
from nnlab.errors import RunError
from nnlab.runs import Run

MANY = SMALL.replace("validation: 10", "validation: 1000")
SLOW = [0.50, 0.60, 0.70]
FAST = [0.53, 0.62, 0.74]


def write_two(root, slow=SLOW, fast=FAST, text=MANY, **options):
    """Two learning rates, with the accuracies given for seeds 0, 1, ..."""
    runs = []
    for rate, accuracies in ((0.01, slow), (0.1, fast)):
        for seed, accuracy in enumerate(accuracies):
            changes = (f"optimizer.learning_rate={rate}", f"seed={seed}")
            facts = {"accuracy": accuracy, "test": accuracy, "text": text, **options}
            runs.append(write_run(root / f"{rate}-{seed}", *changes, **facts))
    return runs


def test_runs_that_differ_in_the_seed_only_are_one_setting(tmp_path):
    found = compare(write_two(tmp_path))
    assert found.keys == ("optimizer.learning_rate",)
    assert [setting.name for setting in found.settings] == ["learning_rate = 0.01", "learning_rate = 0.1"]
    assert [setting.seeds for setting in found.settings] == [(0, 1, 2)] * 2
    slow, fast = found.settings
    assert found.reference is slow
    assert slow.differences == {}
    assert slow.results["validation_accuracy"].mean == pytest.approx(0.6)
    assert slow.results["parameters"].mean == 64
    for measure in ("validation_accuracy", "test_accuracy"):
        interval = stats.ttest_rel(FAST, SLOW).confidence_interval(0.95)
        assert fast.differences[measure].interval == pytest.approx(interval)


def test_the_pairs_find_a_best_setting_where_the_settings_intervals_overlap(tmp_path):
    found = compare(write_two(tmp_path))
    slow, fast = (setting.results["validation_accuracy"].interval for setting in found.settings)
    assert fast[0] < slow[1]
    assert found.verdict.best == "learning_rate = 0.1"
    assert found.conclusion.startswith("by validation accuracy, learning_rate = 0.1 is best")


def test_the_interval_of_an_accuracy_ends_where_accuracies_do(tmp_path):
    wide = compare(write_two(tmp_path, slow=[0.0, 0.9], fast=[0.1, 1.0])).reference.results
    assert wide["validation_accuracy"].interval == (0.0, 1.0)
    assert wide["validation_loss"].interval is None


def test_a_wrong_pairing_is_noticed(tmp_path, monkeypatch):
    runs = write_two(tmp_path)
    right = comparing.difference

    def turned(values, reference):
        return right(dict(zip(values, list(values.values())[::-1], strict=True)), reference)

    monkeypatch.setattr(comparing, "difference", turned)
    found = compare(runs).settings[1].differences["validation_accuracy"].interval
    assert found != pytest.approx(stats.ttest_rel(FAST, SLOW).confidence_interval(0.95))


def test_no_best_setting_where_a_tie_is_possible(tmp_path):
    found = compare(write_two(tmp_path, fast=[0.52, 0.58, 0.75]))
    assert found.verdict.best is None
    assert (found.verdict.leading, found.verdict.rivals) == ("learning_rate = 0.1", ("learning_rate = 0.01",))
    assert "cannot be told apart from learning_rate = 0.01" in found.conclusion
    assert f"about {found.verdict.seeds_needed} seeds would show it" in found.conclusion
    assert found.verdict.seeds_needed > 3


def test_equal_differences_are_no_evidence_however_large(tmp_path):
    found = compare(write_two(tmp_path, slow=[0.5, 0.6], fast=[0.7, 0.8]))
    assert found.settings[1].differences["validation_accuracy"] == Estimate(pytest.approx(0.2), 0.0, 2, None)
    assert found.verdict.best is None
    against = found.settings[1].against
    assert (against.outcome, against.seeds_needed) == ("cannot tell", None)
    assert against.reason == "no spread over seeds, hence no interval"


@pytest.mark.parametrize(("validation", "told"), [(5, False), (199, False), (201, True), (2000, True)])
def test_accuracies_that_differ_by_fewer_than_six_examples_are_not_told_apart(tmp_path, validation, told):
    text = SMALL.replace("validation: 10", f"validation: {validation}")
    found = compare(write_two(tmp_path, slow=[0.5, 0.6, 0.7], fast=[0.529, 0.631, 0.73], text=text))
    assert found.settings[1].differences["validation_accuracy"].mean == pytest.approx(0.03)
    assert found.settings[1].differences["validation_accuracy"].excludes(0.0)
    assert found.verdict.best == ("learning_rate = 0.1" if told else None)
    if not told:
        examples = f"{0.03 * validation:.2g} of {validation} examples apart; fewer than 6 may be chance"
        assert found.settings[1].against.reason == examples


def test_five_examples_tell_nothing_apart_even_if_all_of_them_differ(tmp_path):
    text = SMALL.replace("validation: 10", "validation: 5")
    found = compare(write_two(tmp_path, slow=[0.0] * 4, fast=[1.0, 1.0, 0.8, 1.0], text=text))
    assert found.settings[1].differences["validation_accuracy"].excludes(0.0)
    assert (found.verdict.best, found.settings[1].against.outcome) == (None, "cannot tell")


def test_each_setting_is_better_worse_or_not_to_be_told_from_the_reference(tmp_path):
    accuracies = {"a": (0.50, 0.60, 0.70), "b": (0.53, 0.62, 0.74), "c": (0.47, 0.58, 0.66), "d": (0.5, 0.62, 0.7)}
    runs = [
        write_run(tmp_path / f"{name}{seed}", f"name={name}", f"seed={seed}", rate, accuracy=accuracy, text=MANY)
        for rate, (name, all_seeds) in zip(
            (f"optimizer.learning_rate={n}" for n in range(1, 5)), accuracies.items(), strict=True
        )
        for seed, accuracy in enumerate(all_seeds)
    ]
    found = compare(runs)
    assert [setting.against and setting.against.outcome for setting in found.settings] == [
        None,
        "better",
        "worse",
        "cannot tell",
    ]
    undecided = found.settings[3].against
    assert undecided.reason == "the interval includes 0"
    # ((1.96 + 0.8416) * 0.011547 / 0.0066667)^2 + 1.96^2 / 2 = 25.5
    assert undecided.seeds_needed == 26
    told = json.loads(json.dumps(found.as_json()))["settings"]
    assert told[0]["against_reference"] is None
    assert told[3]["against_reference"] == {
        "outcome": "cannot tell",
        "reason": "the interval includes 0",
        "seeds_needed": 26,
    }


def test_runs_are_kept_apart_on_request(tmp_path):
    found = compare(write_two(tmp_path)[:4], each=True)
    assert [setting.name for setting in found.settings] == ["0.01-0", "0.01-1", "0.01-2", "0.1-0"]
    assert found.keys == ("optimizer.learning_rate", "seed")
    assert found.settings[1].values == {"optimizer.learning_rate": 0.01, "seed": 1}
    assert found.settings[3].values == {"optimizer.learning_rate": 0.1, "seed": 0}
    assert [setting.results["validation_accuracy"].mean for setting in found.settings] == [0.5, 0.6, 0.7, 0.53]
    assert found.verdict.best is None
    assert found.settings[3].differences["validation_accuracy"].mean == pytest.approx(0.03)


def test_examples_are_counted_not_multiplied(tmp_path):
    """100,000 examples a batch were asked for, of 90 that there are."""
    changes = ("training.batch_size=100000", "training.drop_last=false", "training.steps=90")
    old, full = (write_run(tmp_path / name, *changes, f"name={name}") for name in ("old", "full"))
    mini = write_run(tmp_path / "mini", "name=mini", "training.batch_size=8")
    summary = json.loads((full.path / "summary.json").read_text())
    (full.path / "summary.json").write_text(json.dumps(summary | {"examples": 8100}))
    found = {setting.name: setting.results.get("examples") for setting in compare([old, full, mini]).settings}
    assert found == {
        "old": None,
        "full": Estimate(8100.0, None, 1, None),
        "mini": Estimate(96.0, None, 1, None),
    }


@pytest.mark.slow
def test_equal_settings_are_seldom_told_apart(tmp_path, rng):
    runs = write_two(tmp_path)
    named = []
    for _ in range(40):
        for run in runs:
            summary = json.loads((run.path / "summary.json").read_text())
            summary["best"]["accuracy"] = float(rng.normal(0.6, 0.05))
            (run.path / "summary.json").write_text(json.dumps(summary))
        named.append(compare(runs).verdict.best is not None)
    assert np.mean(named) < 0.2


def test_without_shared_seeds_the_intervals_must_not_overlap(tmp_path):
    def best(apart):
        runs = []
        for rate, seeds, accuracies in ((0.01, (0, 1), (0.5, 0.51)), (0.1, (2, 3), (0.5 + apart, 0.51 + apart))):
            for seed, accuracy in zip(seeds, accuracies, strict=True):
                changes = (f"optimizer.learning_rate={rate}", f"seed={seed}")
                runs.append(write_run(tmp_path / f"{apart}-{rate}-{seed}", *changes, accuracy=accuracy, text=MANY))
        found = compare(runs)
        assert found.settings[1].differences == {}
        assert found.verdict.seeds_needed is None
        return found.verdict.best

    assert best(0.1) is None
    assert best(0.4) == "learning_rate = 0.1"


@pytest.mark.parametrize("accuracy", [0.6, 0.9])
def test_single_runs_have_the_interval_of_their_examples_and_none_is_best(tmp_path, accuracy):
    text = SMALL.replace("validation: 10", "validation: 30")
    runs = [
        write_run(tmp_path / "a", "optimizer.learning_rate=0.01", text=text, accuracy=0.5, test=0.5),
        write_run(tmp_path / "b", "optimizer.learning_rate=0.1", text=text, accuracy=accuracy),
    ]
    found = compare(runs)
    by_hand = stats.binomtest(15, 30).proportion_ci(0.95, method="wilson")
    first = found.reference.results["validation_accuracy"]
    assert first.interval == pytest.approx((by_hand.low, by_hand.high))
    assert first.sd is None
    by_hand = stats.binomtest(500, 1000).proportion_ci(0.95, method="wilson")
    assert found.settings[0].results["test_accuracy"].interval == pytest.approx((by_hand.low, by_hand.high))
    assert found.settings[1].differences["validation_accuracy"].interval is None
    assert (found.verdict.leading, found.verdict.best) == (None, None)
    assert found.conclusion == "one seed each: a difference cannot be told from chance in the seed"


def test_one_run_is_not_told_from_several(tmp_path):
    runs = write_two(tmp_path, slow=[0.1], fast=[0.9, 0.9, 0.91])
    assert compare(runs).verdict.best is None


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(order=st.permutations(range(1, 6)))
def test_the_order_of_the_runs_does_not_matter(tmp_path, order):
    runs = (
        write_two(tmp_path) if not (tmp_path / "0.1-0").exists() else [Run(p) for p in sorted(tmp_path.iterdir())]
    )
    straight, mixed = compare(runs), compare([runs[0], *(runs[i] for i in order)])
    assert {setting.name: setting for setting in mixed.settings} == {s.name: s for s in straight.settings}
    assert replace(mixed, settings=()) == replace(straight, settings=())


def test_the_first_run_decides_the_reference(tmp_path):
    runs = write_two(tmp_path)
    found, turned = compare(runs), compare(runs[::-1])
    assert turned.reference.name == "learning_rate = 0.1"
    mine, theirs = (c.settings[1].differences["validation_accuracy"].mean for c in (found, turned))
    assert mine == pytest.approx(-theirs)
    assert turned.verdict.best == found.verdict.best


def test_of_runs_with_one_seed_the_newest_finished_one_counts(tmp_path):
    runs = [
        write_run(tmp_path / "1", accuracy=0.1),
        write_run(tmp_path / "2", accuracy=0.2),
        write_run(tmp_path / "3", accuracy=0.3, status="interrupted"),
        write_run(tmp_path / "4", "seed=1", accuracy=0.4),
    ]
    (setting,) = compare(runs).settings
    assert [run.name for run in setting.runs] == ["2", "4"]
    assert sorted(run.name for run in setting.left_out) == ["1", "3"]
    assert setting.results["validation_accuracy"].n == 2


def test_a_run_given_twice_counts_once(tmp_path, monkeypatch):
    run = write_run(tmp_path / "a")
    monkeypatch.chdir(tmp_path)
    (setting,) = compare([run, Run(run.path.relative_to(tmp_path)), Run(tmp_path / "b" / ".." / "a")]).settings
    assert len(setting.runs) + len(setting.left_out) == 1


def test_a_setting_without_finished_runs_has_no_numbers_and_no_part_in_the_verdict(tmp_path):
    diverged = write_run(tmp_path / "x", "optimizer.learning_rate=9", status="diverged", text=MANY)
    runs = [*write_two(tmp_path), diverged]
    found = compare(runs)
    assert (found.settings[2].runs, found.settings[2].results) == ((), {})
    assert found.verdict.best == "learning_rate = 0.1"
    alone = compare([runs[0], runs[-1]])
    assert alone.verdict.leading is None
    assert "fewer than two settings have finished runs" in alone.conclusion
    assert "only one setting" in compare(runs[:2]).conclusion


def test_without_validation_the_test_accuracy_decides_and_without_both_nothing(tmp_path):
    runs = write_two(tmp_path / "a", text=MANY.replace("training: {", "training: {evaluate_on: test, "))
    found = compare(runs)
    assert found.verdict.criterion == "test_accuracy"
    assert found.conclusion.startswith("by test accuracy")
    assert "validation_accuracy" not in found.reference.results
    mixed = compare([write_run(tmp_path / "b", accuracy=0.5), runs[0]])
    assert mixed.verdict.criterion is None
    assert mixed.conclusion.endswith("nothing to choose by")


def test_a_broken_run_is_told_and_the_others_are_compared(tmp_path):
    runs = write_two(tmp_path)
    runs[4].config.write_text("[")
    found = compare(runs)
    assert list(found.broken) == ["0.1-1"]
    assert [setting.seeds for setting in found.settings] == [(0, 1, 2), (0, 2)]
    assert found.settings[1].differences["validation_accuracy"].n == 2
    with pytest.raises(RunError, match=r"no run can be compared: 0\.1-1: config.yaml"):
        compare([runs[4]])
    with pytest.raises(RunError, match=r"no run can be compared$"):
        compare([])


def test_settings_of_other_names_are_told_by_name_and_by_what_differs(tmp_path):
    runs = [write_run(tmp_path / "a"), write_run(tmp_path / "b", "name=wide", "network.0.filters=8")]
    found = compare(runs)
    assert [setting.name for setting in found.settings] == ["small", "wide"]
    assert found.keys == ("network.0.filters", "network.4.body.0.filters")[: len(found.keys)]
    assert found.settings[1].values["network.0.filters"] == 8


def test_networks_of_other_layers_are_told_by_their_changes(tmp_path):
    runs = [
        write_run(tmp_path / "a"),
        write_run(tmp_path / "b", "network.+6={type: dense, units: 9}"),
        write_run(tmp_path / "c", "network.2=tanh"),
    ]
    found = compare(runs)
    assert found.keys == ("network",)
    told = [setting.values["network"] for setting in found.settings]
    assert told == ["7 layers", "+ dense {units: 9} at 6", "tanh for relu at 2"]


def test_long_or_equal_names_are_replaced_by_letters(tmp_path):
    runs = [write_run(tmp_path / str(n), f"name={'x' * 40}{n}") for n in range(28)]
    names = [setting.name for setting in compare(runs).settings]
    assert names[:2] + names[25:] == ["A", "B", "Z", "A2", "B2"]


def test_names_stay_where_only_what_differs_besides_is_too_long(tmp_path):
    runs = [
        write_run(tmp_path / f"{name}-{rate}", f"name={name}", f"optimizer.learning_rate={rate}")
        for name, rates in (("as it always was", (0.011, 0.022)), ("other", (0.011,)))
        for rate in rates
    ]
    names = [setting.name for setting in compare(runs).settings]
    assert names == ["as it always was A", "as it always was B", "other"]


def test_settings_of_other_names_only_are_said_to_be_the_same(tmp_path):
    runs = [write_run(tmp_path / name, f"name={name}", *more) for name, more in VARIANTS.items()]
    told = [text for text in compare(runs).warnings if "same setting" in text]
    assert told == ["as-is, again are the same setting: only their names differ"]


VARIANTS = {"as-is": (), "other": ("optimizer.learning_rate=9",), "again": ("seed=1",)}


@pytest.mark.parametrize("test", ["cc", "dd"])
@pytest.mark.parametrize("data", ["random", "mnist"])
def test_across_data_sets_nothing_is_best(tmp_path, data, test):
    runs = write_two(tmp_path)[:3]
    for seed, accuracy in enumerate(FAST):
        changes = [f"seed={seed}", "optimizer.learning_rate=0.1"]
        changes += ["data={type: mnist, validation: 1000}"] if data == "mnist" else []
        digests = {**DIGESTS, "test": test}
        runs.append(write_run(tmp_path / f"{seed}", *changes, accuracy=accuracy, data=digests, text=MANY))
    found = compare(runs)
    told = found.conclusion == "the runs use different data sets; no setting is best across them"
    differ = (data, test) != ("random", "cc")
    assert (told, found.verdict.best is None) == (differ, differ)


def test_an_edited_config_is_told_by_its_keys(tmp_path):
    run = nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs")
    assert compare([run]).warnings == ()
    text = run.config.read_text()
    assert text.count("batch_size: 8") == 1
    run.config.write_text(text.replace("batch_size: 8", "batch_size: 4"))
    told = f"config.yaml of {run.name} was edited after training: training.batch_size"
    assert compare([run]).warnings == (told,)
    began = run.read_json("environment.json")
    run.write_json("environment.json", {key: began[key] for key in began.keys() - {"config", "files"}})
    assert compare([run]).warnings == (told,)  # of an earlier version: only checkpoints record the config
    index = run.path / "checkpoints" / "index.json"
    last = json.loads(index.read_text())["last"]
    for name in ("missing", "../config.yaml", "index.json", 7):
        index.write_text(json.dumps({"last": name}))
        assert compare([run]).warnings == ()
    index.write_text(json.dumps({"last": last}))
    content = (index.parent / last).read_bytes()
    (index.parent / last).write_bytes(content.replace(b'\\"step\\": 12', b'\\"step\\": 11', 1))
    assert compare([run]).warnings == ()


def test_a_sweeps_cells_are_found_in_its_variants_names(tmp_path):
    cells = [
        ({"variant": name, "seed": seed}, {"accuracy": 0.5}) for name in ("as it is", "other") for seed in (0, 1)
    ]
    sweep = write_sweep(tmp_path / "sweep-x", {"variant": ["as it is", "other"], "seed": [0, 1]}, cells)
    run = write_run(tmp_path / "20260101-a", "seed=7")
    found = find_runs(["sweep-x", "2026", str(run.path), "missing"], tmp_path)
    assert found.runs[:4] == tuple(cell.run for cell in sweep.cells)
    assert {each.path for each in found.runs[4:]} == {run.path}
    assert list(found.missing) == ["missing"]
    names = [setting.name for setting in compare(found.runs, found.names).settings]
    assert names == ["as it is", "other", "small"]


def test_what_is_not_evaluated_is_evaluated_on_demand(tmp_path):
    run = nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs")
    told = []
    damaged = write_run(tmp_path / "damaged")
    evaluate_missing([run, damaged, write_run(tmp_path / "x", status="diverged")], told.append)
    accuracy = json.loads((run.path / "evaluation" / "metrics.json").read_text())["accuracy"]
    assert told[0] == f"{run.name}: test accuracy {100 * accuracy:.2f} %"
    assert told[1].startswith("warning: damaged cannot be evaluated: ")
    assert len(told) == 2
    evaluate_missing([run], told.append)
    assert len(told) == 2
    assert compare([run]).settings[0].results["test_accuracy"].mean == pytest.approx(accuracy)


def test_everything_can_be_written_as_json(tmp_path):
    told = json.loads(json.dumps(compare(write_two(tmp_path)).as_json(), allow_nan=False))
    assert told["reference"] == "learning_rate = 0.01"
    assert told["verdict"]["best"] == "learning_rate = 0.1"
    assert told["settings"][1]["values"] == {"optimizer.learning_rate": 0.1}
    assert told["settings"][1]["seeds"] == [0, 1, 2]
    assert told["settings"][1]["differences"]["test_accuracy"]["n"] == 3


UNFAIR = {
    "test data": (
        [("a", (), {}), ("b", ("optimizer.learning_rate=9",), {"data": {**DIGESTS, "test": "dd"}})],
        "the test examples are not the same in all runs",
    ),
    "validation data": (
        [("a", (), {}), ("b", ("optimizer.learning_rate=9",), {"data": {**DIGESTS, "validation": "dd"}})],
        "the validation examples of runs with seed 0 are not the same",
    ),
    "training data": (
        [("a", (), {}), ("b", ("optimizer.learning_rate=9",), {"data": {**DIGESTS, "train": "dd"}})],
        "the train examples of runs with seed 0 are not the same",
    ),
    "split": (
        [("a", (), {}), ("b", ("training.evaluate_on=test",), {})],
        "not all runs were evaluated on the same split during training, but on test and validation",
    ),
    "chosen on test": (
        [("a", ("training.evaluate_on=test",), {})],
        "some runs chose their best checkpoint on the test examples; their test accuracy is optimistic",
    ),
    "examples": (
        [("a", (), {}), ("b", ("training.batch_size=32",), {})],
        r"batch_size = 32 saw 4 times as many training examples as batch_size = 8$",
    ),
    "commit": (
        [("a", (), {}), ("b", ("seed=1",), {"commit": "decaf"})],
        "the runs used different commits of nnlab: c0ffee, decaf",
    ),
    "version": (
        [("a", (), {}), ("b", ("seed=1",), {"versions": {"nnlab": "2"}})],
        "the runs used different versions of nnlab: 1, 2",
    ),
    "processor": ([("a", (), {}), ("b", ("seed=1",), {"cpu": "quipu"})], "their times are not comparable"),
    "loss": ([("a", (), {}), ("b", ("loss.label_smoothing=0.1",), {})], "compare their accuracies"),
    "unfinished": (
        [("a", (), {}), ("b", ("seed=1",), {"status": "interrupted"})],
        r"b is interrupted at step 12 \(validation accuracy 50.00 % so far\): not counted$",
    ),
    "diverged": (
        [("a", (), {}), ("b", ("seed=1",), {"status": "diverged"})],
        "not counted; the mean does not include seeds that diverge",
    ),
    "repeated": ([("a", (), {}), ("b", (), {})], "only the newest run of each seed counts, not a$"),
    "not evaluated": (
        [("a", (), {"test": 0.5}), *((f"b{n}", (f"seed={n}",), {}) for n in range(1, 6))],
        r"the test accuracy of b1, b2, b3 and 2 more is not known; --test evaluates these runs",
    ),
}


@pytest.mark.parametrize("kind", UNFAIR)
def test_what_is_not_fair_is_said(tmp_path, kind):
    runs, message = UNFAIR[kind]
    warnings = compare([write_run(tmp_path / name, *changes, **o) for name, changes, o in runs]).warnings
    assert any(re.search(message, warning) for warning in warnings), warnings


def test_what_is_fair_brings_no_warning(tmp_path):
    fair = [
        write_run(tmp_path / "a", test=0.5),
        write_run(tmp_path / "b", "optimizer.learning_rate=9", test=0.5),
        write_run(tmp_path / "c", "seed=1", test=0.5, data={**DIGESTS, "train": "ee", "validation": "ff"}),
    ]
    assert compare(fair).warnings == ()
    fewer = {**DIGESTS, "train": "ee", "validation": "bb"}
    fair.append(write_run(tmp_path / "d", "data.train=30", test=0.5, data=fewer))
    assert compare(fair).warnings == ()


def test_an_evaluation_older_than_the_training_does_not_count(tmp_path):
    run = write_run(tmp_path / "a")
    write_evaluation(run.path, accuracy=0.9, step=3)
    assert "test_accuracy" not in compare([run]).reference.results
