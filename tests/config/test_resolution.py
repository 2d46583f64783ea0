"""config.yaml and the report have the values that are used, also where the config has null."""

import pytest
import yaml
from support.experiments import load, without_clock

import nnlab
from nnlab.config import load_config
from nnlab.config.resolution import resolved
from nnlab.runs.changes import changes_since
from nnlab.runs.grouping import group

TEXT = """\
name: probe
data: {type: random, shape: [6, 6, 1], classes: 3, train: 50, test: 20, validation: 10}
network:
  - {type: maxpool2d, size: 2}
  - {type: residual, body: [{type: maxpool2d, size: 1}]}
  - {type: dense, units: 3}
optimizer: {type: sgd, learning_rate: 0.05, momentum: 0.9}
training: {epochs: 3, batch_size: 8}
"""


BOTH = {"training.batch_size", "training.evaluate_every"}


def test_options_mean_other_options(tmp_path):
    found = resolved(load(tmp_path, text=TEXT))
    assert found.optimizer.dampening == 0.9
    assert found.network[0].stride == (2, 2)
    assert found.network[1].body[0].stride == (1, 1)
    given = load(tmp_path, "optimizer.dampening=0", text=TEXT)
    assert resolved(given).optimizer.dampening == 0
    assert found.training == load(tmp_path, text=TEXT).training
    assert resolved(found) == found


@pytest.fixture
def run(tmp_path):
    return nnlab.train(load(tmp_path, text=TEXT), runs_dir=tmp_path / "runs")


def test_a_run_records_what_is_used(run, tmp_path):
    written = yaml.safe_load(run.config.read_text())
    assert written["optimizer"]["dampening"] == 0.9
    assert written["network"][0]["stride"] == [2, 2]
    assert written["training"]["evaluate_every"] == written["training"]["checkpoint_every"] == 5
    config = load_config(run.config)
    assert changes_since(config, run.checkpoints.load("last")) == []
    again = nnlab.train(config, runs_dir=tmp_path / "again")
    assert again.config.read_bytes() == run.config.read_bytes()
    assert without_clock(again) == without_clock(run)


def test_without_evaluation_there_is_no_interval_of_it(tmp_path):
    config = load(tmp_path, "data.validation=0", text=TEXT)
    run = nnlab.train(config, runs_dir=tmp_path / "runs")
    training = load_config(run.config).training
    assert (training.evaluate_every, training.checkpoint_every) == (None, 6)


def test_a_value_and_the_null_that_means_it_are_the_same_setting(tmp_path, run):
    before, now = load(tmp_path, text=TEXT), load_config(run.config)
    now = now.model_copy(update={"training": before.training})
    assert len(group([each.model_dump(mode="json") for each in (before, now)])) == 1


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        (["optimizer.momentum=0.5"], {"optimizer.momentum"}),
        (["training.batch_size=16"], {"training.batch_size"}),
        (
            ["training.batch_size=16", "training.evaluate_every=7"],
            {"training.batch_size", "training.evaluate_every"},
        ),
    ],
)
def test_what_follows_from_a_change_is_not_a_change_of_its_own(tmp_path, run, change, differing):
    other = nnlab.train(load(tmp_path, *change, text=TEXT), runs_dir=tmp_path / "other")
    configs = [load_config(each.config).model_dump(mode="json") for each in (run, other)]
    assert {key for each in group(configs) for key in each.differing} == differing


@pytest.mark.slow
def test_the_report_lists_every_effective_setting(tmp_path, run, nnlab_):
    assert nnlab_("report", run.path, "--format", "md")[0] == 0
    report = (run.path / "report-md" / "report.md").read_text()
    assert (
        "sgd (learning_rate 0.05, momentum 0.9, dampening 0.9, nesterov no, weight_decay 0, decay all)" in report
    )
    for setting in ("every 5 steps", "left out if it is smaller", "the mean of 1 step", "all cores"):
        assert setting in report, setting
