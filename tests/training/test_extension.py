"""Runs that continue or begin with others: extended runs, weights of another run, frozen layers."""

import json
import re
import shutil

import numpy as np
import pytest
from support.experiments import SMALL, load, stop_at, without_clock, write_config

import nnlab
from nnlab.config import load_config
from nnlab.errors import ConfigError, Interrupted, OptionError, RunError, UsageError
from nnlab.integrity.reproduction import reproduce
from nnlab.integrity.verification import verify
from nnlab.runs.changes import edited
from nnlab.runs.origin import read_origin
from nnlab.sweep import lay_out, load_plan

ADAM = SMALL.replace("{type: sgd, learning_rate: 0.05}", "{type: adam, learning_rate: 0.05, weight_decay: 0.1}")


def is_intact(run):
    return all(finding.state != "damaged" for finding in verify(run).findings)


def same_state(one, other, which):
    a, b = one.load(which), other.load(which)
    facts = [{k: v for k, v in each.facts.items() if k not in {"seconds", "metrics_bytes"}} for each in (a, b)]
    arrays = [{name: array.tobytes() for name, array in each.arrays.items()} for each in (a, b)]
    return a.step == b.step and arrays[0] == arrays[1] and facts[0] == facts[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("extension")


@pytest.fixture(scope="module")
def finished(folder):
    return nnlab.train(load(folder, text=ADAM), runs_dir=folder / "runs")


@pytest.mark.slow
@pytest.mark.parametrize("overrides", [[], ["schedule={type: step, every: 10}", "training.clip_norm=1"]])
def test_an_extended_run_is_a_longer_run_to_the_bit(folder, overrides):
    short = nnlab.train(load(folder, *overrides, text=ADAM), runs_dir=folder / "runs")
    longer = nnlab.train(load(folder, "training.steps=21", *overrides, text=ADAM), runs_dir=folder / "runs")
    extended = nnlab.extend(short, "training.steps=21", runs_dir=folder / "runs")
    assert read_origin(extended).differences == ()
    assert without_clock(extended) == without_clock(longer)
    assert same_state(extended, longer, "last")
    assert same_state(extended, longer, "best")
    assert extended.config.read_text() == longer.config.read_text()


@pytest.mark.slow
def test_an_extended_run_needs_its_ancestor_no_more(folder, finished):
    ancestor = nnlab.open_run(str(shutil.copytree(finished.path, folder / "gone")))
    with pytest.raises(Interrupted):
        nnlab.extend(ancestor, "training.steps=21", runs_dir=folder / "stopped", report=stop_at(14))
    shutil.rmtree(ancestor.path)
    extended = nnlab.open_run("latest", folder / "stopped")
    assert nnlab.resume(extended)
    found = reproduce(extended)
    assert (found.verdict, found.start, found.compared) == ("identical", 12, 21)
    assert is_intact(extended)
    again = nnlab.extend(extended, ["training.steps=24"], runs_dir=folder / "runs")
    assert (read_origin(again).step, read_origin(again).differences) == (21, ())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "changes", "differing"),
    [
        (["schedule=cosine"], [], "schedule"),
        ([], ["schedule=cosine"], "schedule"),
        ([], ["optimizer.learning_rate=0.01"], "optimizer.learning_rate"),
        (["training.steps=11"], [], "evaluation after step 11"),
        (["training.log_every=5"], [], "record of step 12"),
        ([], ["training.early_stopping={patience: 2}"], "training.early_stopping"),
        ([], ["schedule={type: step, every: 12}", "training.checkpoint_every=2"], None),
    ],
)
def test_what_makes_an_extended_run_another_one_is_recorded(folder, first, changes, differing):
    short = nnlab.train(load(folder, *first, text=ADAM), runs_dir=folder / "runs")
    extended = nnlab.extend(short, ["training.steps=15", *changes], runs_dir=folder / "runs")
    differences = read_origin(extended).differences
    assert [text.startswith(differing) for text in differences] == [True] if differing else differences == ()
    if first == ["schedule=cosine"]:  # the one whose first steps cannot be repeated from the config
        assert reproduce(extended).verdict == "identical"


@pytest.mark.parametrize("change", ["training.batch_size=4", "seed=1", "optimizer=adam", "network.6.units=4"])
def test_other_experiments_are_no_extensions(folder, finished, change):
    short = nnlab.train(load(folder), runs_dir=folder / "runs") if change == "optimizer=adam" else finished
    with pytest.raises(UsageError):
        nnlab.extend(short, ["training.steps=20", change], runs_dir=folder / "none")
    assert not (folder / "none").exists()


def test_a_run_without_steps_left_or_without_an_end_is_refused(folder, finished):
    with pytest.raises(UsageError):
        nnlab.extend(finished, "training.steps=12", runs_dir=folder / "none")
    with pytest.raises(Interrupted):
        nnlab.train(load(folder), runs_dir=folder / "part", report=stop_at(4))
    with pytest.raises(RunError):
        nnlab.extend(nnlab.open_run("latest", folder / "part"), "training.steps=20", runs_dir=folder / "none")


FINE = """\
extends: small.yaml
init_from: {run}
freeze: [0, 1]
data: {{classes: 4}}
set: {{network.6: {{type: dense, units: 4}}, network.+3: {{type: dropout, rate: 0.1}}}}
"""


@pytest.fixture(scope="module")
def tuned(folder, finished):
    write_config(folder, ADAM)
    path = write_config(folder, FINE.format(run=f"runs/{finished.name}"), "fine.yaml")
    return nnlab.train(load_config(path), runs_dir=folder / "tuned")


def test_matching_layers_begin_with_the_weights_of_another_run(finished, tuned):
    origin, best = read_origin(tuned), finished.load("best")
    assert [(each.layer, each.source) for each in origin.copied] == [(0, 0), (1, 1), (5, 4)]
    assert origin.new == (7,)
    config = load_config(tuned.config)
    assert config.init_from == f"{finished.path.resolve()}@{origin.fingerprint[:12]}"
    for which in ("last", "best"):
        saved = tuned.load(which).arrays
        for name in (
            "params/0.weight",
            "params/0.bias",
            "params/1.gamma",
            "state/1.running_mean",
            "state/1.running_variance",
        ):
            assert saved[name].tobytes() == best.arrays[name].tobytes()
        assert saved["params/5.body.0.weight"].tobytes() != best.arrays["params/4.body.0.weight"].tobytes()
    moments = tuned.load("last").arrays["optimizer/square"]
    frozen = sum(best.arrays[name].size for name in best.arrays if name.startswith(("params/0.", "params/1.")))
    assert not moments[:frozen].any()
    assert moments[frozen:].any()


def test_a_run_that_begins_with_weights_is_verified_reproduced_and_trained_again(folder, finished, tuned):
    assert is_intact(tuned)
    again = nnlab.train(load_config(tuned.config), runs_dir=folder / "tuned")
    assert without_clock(again) == without_clock(tuned)
    away = finished.path.rename(folder / "away")
    try:
        assert reproduce(tuned).verdict == "identical"
        with pytest.raises(OptionError):
            nnlab.train(load_config(tuned.config), runs_dir=folder / "tuned")
    finally:
        away.rename(finished.path)
    assert edited(tuned, load_config(tuned.config)) == []


def test_a_stopped_run_with_frozen_layers_is_resumed_to_the_same_bits(folder, tuned):
    with pytest.raises(Interrupted):
        nnlab.train(load_config(folder / "fine.yaml"), runs_dir=folder / "halves", report=stop_at(5))
    run = nnlab.open_run("latest", folder / "halves")
    shutil.rmtree(run.path / "checkpoints")  # killed before the first one was saved
    (run.path / "checkpoints").mkdir()
    nnlab.resume(run)
    assert without_clock(run) == without_clock(tuned)


def test_the_cells_of_a_sweep_name_the_weights_of_the_run_that_is_the_latest_now(folder, finished):
    config = write_config(folder, ADAM + "init_from: latest\n", "cells.yaml")
    shutil.copytree(finished.path, folder / "swept" / finished.name)
    sweep = lay_out(load_plan(config, ["seed=0,1"]), folder / "swept")
    named = [load_config(cell.run.config).init_from for cell in sweep.cells]
    assert len(set(named)) == 1
    assert [cell.problem for cell in sweep.cells] == [None, None]
    assert re.fullmatch(rf"/.*/swept/{finished.name}@[0-9a-f]{{12}}", named[0])


def test_edited_origins_are_noticed(folder, tuned):
    copy = nnlab.open_run(str(shutil.copytree(tuned.path, folder / "edited")))
    record = json.loads((copy.path / "origin.json").read_text())
    (copy.path / "origin.json").write_text(json.dumps({**record, "fingerprint": "0" * 64}))
    assert not is_intact(copy)
    with pytest.raises(RunError):
        reproduce(copy)


@pytest.mark.parametrize(
    ("override", "column"),
    [("freeze=[0,9]", 1), ("freeze=[0,1,4,6]", 1), ("freeze=[1]", 1), ("freeze=[5]", 1), ("freeze=x", 1)],
)
def test_layers_that_cannot_be_frozen_are_refused(folder, override, column):
    with pytest.raises(ConfigError) as caught:
        load(folder, override)
    assert len(caught.value.problems) == column


@pytest.mark.parametrize("init_from", ["nothing", "./runs", "{run}@123456789abc"])
def test_weights_that_are_not_there_are_refused(folder, finished, init_from):
    config = load(folder, f"init_from={init_from.format(run=finished.path)}")
    with pytest.raises(OptionError):
        nnlab.train(config, runs_dir=folder / "runs")


def test_frozen_layers_get_no_gradient_and_the_others_get_theirs(rng):
    from nnlab.nn.network import build_network

    config = load_config(
        "glyphs",
        ["network=[{type: dense, units: 5}, tanh, {type: dense, units: 4}, relu, {type: dense, units: 10}]"],
    )
    x, grad_y = rng.normal(size=(6, 28, 28, 1)).astype(np.float32), rng.normal(size=(6, 10)).astype(np.float32)
    whole = build_network(config.network, (28, 28, 1))
    whole.backward(grad_y, whole.forward(x)[1])
    for frozen in ([0], [2], [0, 1, 2], [4]):
        network = build_network(config.network, (28, 28, 1), frozen=frozen)
        network.backward(grad_y, network.forward(x)[1])
        trained = network.trained
        assert not network.gradient[~trained].any()
        assert network.gradient[trained].tobytes() == whole.gradient[trained].tobytes()
