"""A training from the config to the run directory, stopped and resumed, evaluated and repeated."""

import hashlib
import json
import os
import re
import signal
import threading
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.experiments import load, stop_at, train_with_stops, without_clock

import nnlab
from nnlab import seeding
from nnlab.config import as_yaml, load_config
from nnlab.config.resolution import resolved
from nnlab.errors import ConfigError, DataError, DivergedError, Interrupted, RunError, SystemFault, UsageError
from nnlab.nn.layers import Dropout, Relu
from nnlab.runs import create_run, directory
from nnlab.runs.checkpoint_arrays import fingerprint
from nnlab.training import state
from nnlab.training.state import prepare

pytestmark = pytest.mark.slow


def same_end(first, second):
    a, b = (run.checkpoints.load("last") for run in (first, second))
    assert a.step == b.step
    assert a.arrays.keys() == b.arrays.keys()
    for name, array in a.arrays.items():
        assert array.dtype == b.arrays[name].dtype
        assert array.tobytes() == b.arrays[name].tobytes(), name
    clocks = {"seconds", "metrics_bytes"}
    assert {k: v for k, v in a.facts.items() if k not in clocks} == {
        k: v for k, v in b.facts.items() if k not in clocks
    }
    assert without_clock(first) == without_clock(second)


def test_of_two_runs_in_one_second_the_second_is_the_latest(tmp_path, monkeypatch):
    monkeypatch.setattr(directory.time, "strftime", lambda _: "20261121-093000")
    for name in ("zebra", "ant"):
        run = nnlab.train(load(tmp_path, f"name={name}", "training.steps=1"), runs_dir=tmp_path / "runs")
    assert nnlab.open_run("latest", tmp_path / "runs") == run


def test_a_run_directory_holds_everything(tmp_path):
    config = load(tmp_path)
    run = nnlab.train(config, runs_dir=tmp_path / "runs")
    assert load_config(run.config) == resolved(config, evaluate_every=3, checkpoint_every=3, shards=1)
    environment = run.read_json("environment.json")
    assert environment["seed"] == 0
    assert environment["versions"]["numpy"] == np.__version__
    assert len(environment["data"]["train"]) == 64
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", environment["began"])
    summary = run.read_json("summary.json")
    assert summary["status"] == "completed"
    assert summary["steps"] == 12
    assert summary["last"]["step"] == 12
    assert summary["parameters"] == sum(
        a.size for n, a in run.checkpoints.load("last").arrays.items() if n.startswith("params/")
    )
    records = run.records()
    assert [r["step"] for r in records if r["split"] == "train"] == list(range(1, 13))
    assert [r["step"] for r in records if r["split"] == "validation"] == [3, 6, 9, 12]
    assert all(0 <= r["accuracy"] <= 1 and r["loss"] > 0 and r["seconds"] >= 0 for r in records)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    stops=st.lists(st.integers(1, 12), max_size=3),
    optimizer=st.sampled_from(
        [
            "{type: sgd, learning_rate: 0.05, momentum: 0.9}",
            "{type: sgd, learning_rate: 0.05, momentum: 0.9, dampening: 0, nesterov: true, weight_decay: 0.01}",
            "{type: adam, learning_rate: 0.01}",
            "{type: adamw, learning_rate: 0.01, weight_decay: 0.1}",
        ]
    ),
    schedule=st.sampled_from(
        ["constant", "cosine", "one_cycle", "{type: step, every: 4}", "{type: linear_warmup, duration: 6}"]
    ),
    batches=st.sampled_from(
        ["{}", "{replacement: true}", "{drop_last: false}", "{log_every: 5}", "{clip_norm: 0.5}"]
    ),
    augment=st.sampled_from(
        ["[]", "[flip, {type: shift, pixels: 2}]", "[{type: cutout, size: 3}]", "[random_erasing, mixup]"]
    ),
    least_ahead=st.sampled_from([0, 10**9]),
)
def test_stopped_anywhere_and_resumed_it_ends_in_the_same_bits(
    tmp_path_factory, stops, optimizer, schedule, batches, *, augment, least_ahead
):
    folder = tmp_path_factory.mktemp("resume")
    more = [
        f"training.{key}={value}"
        for key, _, value in [p.partition(": ") for p in batches.strip("{}").split(", ")]
        if key
    ]
    config = load(folder, f"optimizer={optimizer}", f"schedule={schedule}", f"data.augment={augment}", *more)
    undisturbed = nnlab.train(config, runs_dir=folder / "a")
    with mock.patch.object(state, "_LEAST_AHEAD", least_ahead):
        stopped = train_with_stops(config, folder / "b", stops)
    same_end(undisturbed, stopped)
    assert stopped.read_json("summary.json")["status"] == "completed"


def test_the_resume_test_notices_a_forgotten_random_stream(tmp_path, monkeypatch):
    config = load(tmp_path)
    undisturbed = nnlab.train(config, runs_dir=tmp_path / "a")
    monkeypatch.setattr(seeding, "restore", lambda rng, state: None)
    stopped = train_with_stops(config, tmp_path / "b", [5])
    with pytest.raises(AssertionError):
        same_end(undisturbed, stopped)


@pytest.fixture
def ahead(monkeypatch):
    """Let even small batches be prepared ahead, if they are costly."""
    monkeypatch.setattr(state, "_LEAST_AHEAD", 0)


def stored(folder):
    """The overrides for images that stay in files."""
    (folder / "own").mkdir()
    rng = np.random.default_rng(0)
    for half, count in ("train", 64), ("test", 20):
        np.save(folder / "own" / f"{half}-inputs.npy", rng.integers(256, size=(count, 6, 6, 1)).astype(np.uint8))
        np.save(folder / "own" / f"{half}-labels.npy", np.arange(count) % 3)
    return [f"data={{type: arrays, path: {folder / 'own'}}}", "training.evaluate_on=test", "training.batch_size=2"]


@pytest.mark.parametrize("replacement", ["true", "false"])
def test_examples_read_and_varied_ahead_give_the_same_bits(tmp_path, monkeypatch, replacement):
    more = ["data.augment=[flip, {type: shift, pixels: 1}]", f"training.replacement={replacement}"]
    config = load(tmp_path, *stored(tmp_path), *more)
    plain = nnlab.train(config, runs_dir=tmp_path / "a")
    monkeypatch.setattr(state, "_LEAST_AHEAD", 0)
    same_end(plain, train_with_stops(config, tmp_path / "b", [1, 4, 11]))
    assert not any(thread.name.startswith("nnlab-batches") for thread in threading.enumerate())


@pytest.mark.usefixtures("ahead")
def test_a_file_cut_short_in_the_middle_is_a_data_error_of_its_step(tmp_path):
    config = load(tmp_path, *stored(tmp_path), "training.checkpoint_every=1", "training.evaluate_every=50")

    def cut(record):
        if record.step == 5:
            os.truncate(tmp_path / "own" / "train-inputs.npy", 200)

    with pytest.raises(DataError, match=r"own/train-inputs\.npy"):
        nnlab.train(config, runs_dir=tmp_path, report=cut)
    assert nnlab.open_run("latest", tmp_path).checkpoints.load("last").step >= 5


def test_augmentation_changes_the_training_and_nothing_else(tmp_path):
    plain, varied = (
        nnlab.train(load(tmp_path, "training.log_every=1", *more), runs_dir=tmp_path / name)
        for name, more in {"a": [], "b": ["data.augment=[{type: cutout, size: 3}]"]}.items()
    )
    first = [run.read_json("environment.json")["data"] for run in (plain, varied)]
    assert first[0] == first[1]
    assert plain.records()[0]["loss"] != varied.records()[0]["loss"]


def test_a_checkpoint_of_an_earlier_version_goes_on_without_augmentation(tmp_path):
    config = load(tmp_path)
    saved = prepare(config).checkpoint(0)
    facts = {k: v for k, v in saved.facts["config"].items() if k not in {"data.augment", "data.test_time_flips"}}
    earlier = replace(saved, facts=saved.facts | {"config": facts})
    prepare(config).restore(earlier, None)
    with pytest.raises(RunError, match=r"the config was changed since the run began: data\.augment"):
        prepare(load(tmp_path, "data.augment=[flip]")).restore(earlier, None)


def test_the_resolved_config_repeats_the_run_bit_for_bit(tmp_path):
    first = nnlab.train(load(tmp_path), runs_dir=tmp_path / "a")
    second = nnlab.train(load_config(first.config), runs_dir=tmp_path / "b")
    same_end(first, second)
    assert first.config.read_bytes() == second.config.read_bytes()


def test_another_seed_is_another_run(tmp_path):
    first = nnlab.train(load(tmp_path), runs_dir=tmp_path)
    second = nnlab.train(load(tmp_path, "seed=1"), runs_dir=tmp_path)
    assert without_clock(first) != without_clock(second)


def test_the_number_of_threads_does_not_change_the_bits(tmp_path):
    runs = [nnlab.train(load(tmp_path, f"compute.threads={n}"), runs_dir=tmp_path / str(n)) for n in (1, 2, 4)]
    same_end(runs[0], runs[1])
    same_end(runs[0], runs[2])


def test_early_stopping_stops_and_a_finished_run_stays_as_it_is(tmp_path):
    config = load(tmp_path, "training.early_stopping={patience: 2, min_delta: 1.0}", "training.steps=100")
    run = nnlab.train(config, runs_dir=tmp_path)
    summary = run.read_json("summary.json")
    assert (summary["status"], summary["steps"]) == ("stopped early", 9)
    validation = [record for record in run.records() if record["split"] == "validation"]
    assert summary["best"]["step"] == min(validation, key=lambda record: record["loss"])["step"]
    before = run.metrics.read_bytes()
    assert nnlab.resume(run) is False
    assert run.metrics.read_bytes() == before


@pytest.mark.parametrize("metric", ["accuracy", "loss"])
def test_the_best_checkpoint_is_the_best_evaluation(tmp_path, metric):
    run = nnlab.train(load(tmp_path, f"training.monitor={metric}", "training.evaluate_every=1"), runs_dir=tmp_path)
    evaluations = [r for r in run.records() if r["split"] == "validation"]
    values = [r[metric] for r in evaluations]
    best = evaluations[int(np.argmax(values) if metric == "accuracy" else np.argmin(values))]
    assert run.checkpoints.load("best").step == best["step"] == run.read_json("summary.json")["best"]["step"]
    evaluation = nnlab.evaluate(run, split="validation", checkpoint="best")
    assert evaluation.metrics.loss == best["loss"]
    assert evaluation.metrics.accuracy == best["accuracy"]


def test_without_validation_data_nothing_is_evaluated(tmp_path):
    run = nnlab.train(load(tmp_path, "data.validation=0", "training.evaluate_every=null"), runs_dir=tmp_path)
    assert {r["split"] for r in run.records()} == {"train"}
    assert run.read_json("summary.json")["best"] is None
    assert nnlab.evaluate(run).step == 12
    with pytest.raises(DataError, match=r"data\.validation"):
        nnlab.evaluate(run, split="validation")


def test_evaluation_on_the_test_set_during_training(tmp_path):
    run = nnlab.train(load(tmp_path, "training.evaluate_on=test", "data.validation=0"), runs_dir=tmp_path)
    assert {r["split"] for r in run.records()} == {"train", "test"}


def test_epochs_and_defaults(tmp_path):
    config = load(tmp_path, "training={epochs: 2, batch_size: 8}")
    run = nnlab.train(config, runs_dir=tmp_path)
    summary = run.read_json("summary.json")
    assert (summary["steps"], summary["epochs"]) == (2 * (30 // 8), 2.0)
    assert [r["step"] for r in run.records() if r["split"] == "validation"] == [3, 6]


def training_records(run):
    return [(record["step"], record["split"]) for record in run.records() if record["split"] == "train"]


def test_the_last_partial_window_is_recorded_when_all_steps_are_done(tmp_path):
    short = nnlab.train(load(tmp_path, "training.log_every=100"), runs_dir=tmp_path / "a")
    assert training_records(short) == [(12, "train")]
    longer = nnlab.train(load(tmp_path, "training.log_every=5"), runs_dir=tmp_path / "b")
    assert [step for step, _ in training_records(longer)] == [5, 10, 12]


def test_the_last_partial_window_is_recorded_at_an_early_stop(tmp_path):
    rule = "training.early_stopping={patience: 1, min_delta: 100.0}"
    run = nnlab.train(load(tmp_path, "training.log_every=100", rule), runs_dir=tmp_path / "runs")
    summary = run.read_json("summary.json")
    assert (summary["status"], summary["steps"]) == ("stopped early", 6)
    assert training_records(run) == [(6, "train")]


def test_the_last_partial_window_is_recorded_once_after_an_interruption(tmp_path):
    whole = nnlab.train(load(tmp_path, "training.log_every=100"), runs_dir=tmp_path / "a")
    run = train_with_stops(load(tmp_path, "training.log_every=100"), tmp_path / "b", [4])
    assert without_clock(run) == without_clock(whole)


def test_the_last_partial_window_is_recorded_when_training_diverges(tmp_path):
    config = load(tmp_path, "training.log_every=100", "optimizer.learning_rate=1e30")
    with pytest.raises(DivergedError):
        nnlab.train(config, runs_dir=tmp_path / "runs")
    run = nnlab.open_run("latest", tmp_path / "runs")
    steps = run.read_json("summary.json")["steps"]
    assert steps > 0
    assert training_records(run) == [(steps, "train")]


def test_records_are_means_over_the_steps_since_the_last(tmp_path):
    every = nnlab.train(load(tmp_path), runs_dir=tmp_path / "a")
    fifth = nnlab.train(load(tmp_path, "training.log_every=5"), runs_dir=tmp_path / "b")
    losses = [r["loss"] for r in every.records() if r["split"] == "train"]
    means = {r["step"]: r["loss"] for r in fifth.records() if r["split"] == "train"}
    assert means == {
        5: pytest.approx(np.mean(losses[:5])),
        10: pytest.approx(np.mean(losses[5:10])),
        12: pytest.approx(np.mean(losses[10:])),
    }


def test_a_summed_loss_is_recorded_per_example(tmp_path):
    mean = nnlab.train(load(tmp_path, "training.steps=1"), runs_dir=tmp_path / "a").records()[0]
    total = nnlab.train(
        load(tmp_path, "training.steps=1", "loss.reduction=sum"), runs_dir=tmp_path / "b"
    ).records()[0]
    assert mean["loss"] == pytest.approx(total["loss"], rel=1e-6)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_leaves_with_its_code(tmp_path, number, code):
    def report(record):
        if record.step == 5:
            os.kill(os.getpid(), number)

    with pytest.raises(Interrupted, match=r"at step 5\b.* nnlab resume ") as caught:
        nnlab.train(load(tmp_path), runs_dir=tmp_path, report=report)
    assert caught.value.exit_code == code
    run = nnlab.open_run("latest", tmp_path)
    assert run.read_json("summary.json")["status"] == "interrupted"
    assert run.checkpoints.load("last").step == 5


def test_a_second_interrupt_leaves_at_once(tmp_path):
    def report(record):
        if record.step == 5:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        nnlab.train(load(tmp_path), runs_dir=tmp_path, report=report)
    assert nnlab.open_run("latest", tmp_path).checkpoints.load("last").step == 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_run_killed_before_its_first_checkpoint_starts_over(tmp_path):
    config = load(tmp_path)
    undisturbed = nnlab.train(config, runs_dir=tmp_path / "a")

    def die(record):
        if record.step == 2:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        nnlab.train(config, runs_dir=tmp_path / "b", report=die)
    run = nnlab.open_run("latest", tmp_path / "b")
    assert not run.checkpoints.exist
    assert nnlab.resume(run) is True
    same_end(undisturbed, run)


def test_a_run_resumes_only_on_the_data_it_began_with(tmp_path):
    with pytest.raises(Interrupted):
        nnlab.train(load(tmp_path), runs_dir=tmp_path, report=stop_at(5))
    run = nnlab.open_run("latest", tmp_path)
    environment = run.read_json("environment.json")
    environment["data"]["train"] = "0" * 64
    run.write_json("environment.json", environment)
    with pytest.raises(RunError, match=r"different now:\n  train data: [0-9a-f]{12}, was 0{12}\nundo"):
        nnlab.resume(run)


def test_a_changed_config_is_not_resumed(tmp_path):
    with pytest.raises(Interrupted):
        nnlab.train(load(tmp_path), runs_dir=tmp_path, report=stop_at(5))
    run = nnlab.open_run("latest", tmp_path)
    run.config.write_text(run.config.read_text().replace("learning_rate: 0.05", "learning_rate: 0.5"))
    with pytest.raises(RunError, match=r"different now:\n  optimizer\.learning_rate: 0\.5, was 0\.05\nundo"):
        nnlab.resume(run)


@pytest.mark.parametrize("damage", ["delete", "truncate", "index", "no index"])
def test_a_lost_checkpoint_or_index_costs_some_steps_at_most(tmp_path, damage, caplog):
    config = load(tmp_path)
    undisturbed = nnlab.train(config, runs_dir=tmp_path / "a")
    with pytest.raises(Interrupted):
        nnlab.train(config, runs_dir=tmp_path / "b", report=stop_at(8))
    run = nnlab.open_run("latest", tmp_path / "b")
    newest = run.path / "checkpoints" / "step-00000008.safetensors"
    index = run.path / "checkpoints" / "index.json"
    if damage == "delete":
        newest.unlink()
    elif damage == "truncate":
        newest.write_bytes(newest.read_bytes()[:-1])
    elif damage == "index":
        index.write_text("{")
    else:
        index.unlink()
    nnlab.resume(run)
    same_end(undisturbed, run)
    if damage in {"delete", "truncate"}:
        assert "going back to step 6" in caplog.text


def test_a_batch_larger_than_the_data_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"training\.batch_size \(1,000\) is more than the 30 training examples"):
        nnlab.train(load(tmp_path, "training.batch_size=1000"), runs_dir=tmp_path)
    run = nnlab.train(
        load(tmp_path, "training.batch_size=1000", "training.drop_last=false", "training.steps=1"),
        runs_dir=tmp_path,
    )
    assert run.read_json("summary.json")["epochs"] == 1.0


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    run = nnlab.train(load(tmp_path), runs_dir=tmp_path)
    text = run.config.read_text().replace("filters: 3", "filters: 4", 2)
    run.config.write_text(text)
    began = run.read_json("environment.json")  # of an earlier version: it does not record the config
    run.write_json("environment.json", {key: began[key] for key in began.keys() - {"config", "files"}})
    with pytest.raises(RunError, match=r"the checkpoint does not fit the config: .*0\.weight"):
        nnlab.evaluate(run)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["optimizer.learning_rate=1e30"], r"step \d+: "),
        (
            ["network.0.init={type: constant, value: 1e38}"],
            r"step 1: the loss is nan; the output of network\[\d\] \(\w+\)",
        ),
    ],
)
def test_divergence_names_step_and_layer_and_keeps_the_last_finite_state(tmp_path, overrides, message):
    with pytest.raises(DivergedError, match=message) as caught:
        nnlab.train(load(tmp_path, *overrides, "training.checkpoint_every=1"), runs_dir=tmp_path)
    assert caught.value.exit_code == 6
    run = nnlab.open_run("latest", tmp_path)
    assert run.read_json("summary.json")["status"] == "diverged"
    if run.checkpoints.exist:
        assert all(np.isfinite(a).all() for a in run.checkpoints.load("last").arrays.values())


def test_a_gradient_that_is_not_finite_is_named(tmp_path, monkeypatch):
    exact = Relu.backward
    monkeypatch.setattr(Relu, "backward", lambda self, g, cache: (exact(self, g, cache)[0] * np.inf, {}))
    with pytest.raises(
        DivergedError, match=r"step 1: the gradient of network\[0\] \(conv2d\) weight is not finite"
    ):
        nnlab.train(load(tmp_path), runs_dir=tmp_path)


def test_an_output_folder_that_cannot_be_written_is_found_before_the_data_are_read(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    config = load(
        tmp_path, "data={type: mnist, root: /nowhere}", "network.6.units=10", "training.evaluate_every=null"
    )
    with pytest.raises(SystemFault, match=r"file/runs.*Not a directory"):
        nnlab.train(config, runs_dir=blocker / "runs")
    with pytest.raises(DataError):
        nnlab.train(config, runs_dir=tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


def test_evaluation_is_kept_in_the_run(tmp_path):
    run = nnlab.train(load(tmp_path), runs_dir=tmp_path)
    evaluation = nnlab.evaluate(run, split="test", checkpoint="last")
    kept = run.read_json("evaluation/metrics.json")
    identity = {key: kept.pop(key) for key in ("fingerprint", "data", "predictions", "ledger", "run")}
    assert kept == json.loads(json.dumps(evaluation.as_json()))
    content = (run.evaluation / "predictions.npz").read_bytes()
    assert identity["predictions"] == hashlib.sha256(content).hexdigest()
    assert identity["data"] == run.read_json("environment.json")["data"]["test"]
    assert identity["fingerprint"] == fingerprint(run.load("last"))
    assert (kept["split"], kept["checkpoint"], kept["step"]) == ("test", "last", 12)
    with np.load(run.evaluation / "predictions.npz") as saved:
        assert saved["labels"].shape == (20,)
        assert (saved["labels"] == saved["predicted"]).mean() == kept["accuracy"]
        assert saved["probabilities"].shape == (20, 3)
        assert saved["losses"].mean(dtype=np.float64) == kept["loss"]


def test_predictions_do_not_depend_on_training_behaviour(tmp_path, monkeypatch):
    run = nnlab.train(load(tmp_path), runs_dir=tmp_path)
    first = nnlab.evaluate(run).predictions.probabilities
    monkeypatch.setattr(Dropout, "forward", None)
    assert (nnlab.evaluate(run).predictions.probabilities == first).all()


def test_the_public_names_are_these():
    assert sorted(nnlab.__all__) == [
        "build_network",
        "check_gradients",
        "evaluate",
        "extend",
        "load_config",
        "open_run",
        "predict",
        "resume",
        "train",
    ]
    for name in nnlab.__all__:
        assert getattr(nnlab, name).__doc__
        assert name in dir(nnlab)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        nnlab.nothing  # noqa: B018 -- the look-up is the test


def test_a_notebook_can_do_what_the_commands_do(tmp_path):
    config = nnlab.load_config(str(tmp_path / "small.yaml") if load(tmp_path) else "", ["training.steps=3"])
    network = nnlab.build_network(config.network, (6, 6, 1), config.seed)
    assert network.predict(np.zeros((2, 6, 6, 1), np.float32)).shape == (2, 3)
    run = nnlab.train(config, runs_dir=tmp_path)
    assert nnlab.open_run("latest", tmp_path) == run
    assert 0 <= nnlab.evaluate(run).metrics.accuracy <= 1
    assert nnlab.resume(run) is False
    assert all(check.ok for check in nnlab.check_gradients(config, samples=3))


def test_gradients_of_the_small_network_are_right_and_a_wrong_one_is_noticed(tmp_path, monkeypatch):
    config = load(tmp_path)
    assert all(check.ok for check in nnlab.check_gradients(config, samples=5))
    exact = Relu.backward
    monkeypatch.setattr(Relu, "backward", lambda self, g, cache: (1.01 * exact(self, g, cache)[0], {}))
    wrong = [check for check in nnlab.check_gradients(config, samples=5) if not check.ok]
    assert wrong[-1].layer == "network[2] (relu)"


def test_a_config_error_comes_before_any_work(tmp_path):
    with pytest.raises(ConfigError):
        load(tmp_path, "network.6.units=4")


def test_a_run_that_is_only_a_config_begins_and_a_summary_that_a_kill_kept_from_it_is_written(tmp_path):
    config = load(tmp_path)
    run = create_run(tmp_path / "runs", "small")
    run.config.write_text(as_yaml(config))
    assert not run.begun
    assert nnlab.resume(run) is True
    assert run.begun
    summary = (run.path / "summary.json").read_bytes()
    (run.path / "summary.json").unlink()
    assert nnlab.resume(run) is False
    assert (run.path / "summary.json").read_bytes() == summary
    same_end(nnlab.train(config, runs_dir=tmp_path), run)
