"""Configs of runs are read section by section to what they are when read as a whole."""

import copy
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.planting import RICH, SHIPPED
from support.written import write_run

from nnlab.config import as_yaml, load_config, read_document, validate
from nnlab.config.schema import Experiment
from nnlab.errors import RunError
from nnlab.runs import records
from nnlab.runs.records import Summary, parse_record, read_config


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_config_is_read_as_it_was_resolved(tmp_path, monkeypatch, path):
    config = validate(read_document(path), Experiment).value
    (tmp_path / "config.yaml").write_text(as_yaml(config))
    monkeypatch.setattr(records, "_read_whole", None)  # not needed: every section stands by itself
    assert read_config(tmp_path / "config.yaml") == config


@pytest.mark.slow
@given(seed=st.integers(0, 2**63 - 1), name=st.text(min_size=1, max_size=20), rate=st.floats(1e-9, 1e3))
def test_any_values_are_read_as_they_were_written(tmp_path_factory, seed, name, rate):
    path = tmp_path_factory.mktemp("config") / "config.yaml"
    path.write_text(RICH)
    config = validate(read_document(path, (f"seed={seed}", f"optimizer.learning_rate={rate}")), Experiment).value
    config = config.model_copy(update={"name": name})
    path.write_text(as_yaml(config), encoding="utf-8")
    assert read_config(path) == config


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "# by hand\n" + text,
        lambda text: "---\n" + text,
    ],
)
def test_a_config_changed_by_hand_is_read_as_a_whole(tmp_path, change):
    run = write_run(tmp_path / "r")
    run.config.write_text(change(run.config.read_text()))
    assert read_config(run.config) == load_config(run.config)


def test_sections_of_an_older_version_have_their_defaults(tmp_path):
    run = write_run(tmp_path / "r")
    text = run.config.read_text()
    run.config.write_text("".join(line for line in text.splitlines(True) if not line.startswith("compute:")))
    assert read_config(run.config) == load_config(run.config)
    run.config.write_text(re.sub(r"^optimizer:.*\n( .*\n)*", "", text, flags=re.MULTILINE))
    with pytest.raises(RunError, match=r"config.yaml is damaged or of another version: .*optimizer"):
        read_config(run.config)


@pytest.mark.parametrize(
    "line", ["seed: 0\n", "seed: x\n", "seed: {a: 1, a: 2}\n", "seed: [\n", "!!python/x: 1\n"]
)
def test_what_is_wrong_with_a_section_is_told(tmp_path, line):
    run = write_run(tmp_path / "r")
    run.config.write_text(run.config.read_text() + line)
    with pytest.raises(
        RunError, match=r"^config.yaml (is damaged or of another version|cannot be read): line \d+: "
    ):
        read_config(run.config)


SUMMARY = {
    "status": "completed", "steps": 12, "seconds": 1.5, "parameters": 64, "evaluated_on": "validation",
    "best": {"step": 9, "loss": 0.5, "accuracy": 0.75},
}  # fmt: skip


def test_a_summary_of_an_earlier_version_has_no_steps_per_epoch():
    assert parse_record(json.dumps(SUMMARY).encode(), Summary, "x").steps_per_epoch is None
    assert parse_record(json.dumps({**SUMMARY, "steps_per_epoch": 5}).encode(), Summary, "x").steps_per_epoch == 5


@pytest.mark.parametrize("value", [-1, 2**53, 10**400, 1.5, 12.0, True, "12", None, [], {}, 1e999], ids=repr)
@pytest.mark.parametrize("key", ["steps", "parameters", "steps_per_epoch", "best.step"])
def test_a_count_out_of_range_is_damage(key, value):
    if key == "steps_per_epoch" and value is None:
        return
    data = copy.deepcopy(SUMMARY)
    (data["best"] if "." in key else data)[key.rpartition(".")[2]] = value
    with pytest.raises(RunError, match=rf"^x is damaged: ({key}: |exceeds|.*number out of range)"):
        parse_record(json.dumps(data).encode(), Summary, "x")


@pytest.mark.parametrize(
    "change", [{"accuracy": 1.5}, {"accuracy": -0.5}, {"loss": 1e999}, {"loss": True}], ids=repr
)
def test_a_measurement_out_of_range_is_damage(change):
    data = {**SUMMARY, "best": {**SUMMARY["best"], **change}}
    with pytest.raises(RunError, match=rf"^x is damaged: best.{next(iter(change))}: "):
        parse_record(json.dumps(data).encode(), Summary, "x")
