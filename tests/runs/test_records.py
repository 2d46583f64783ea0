"""Configs of runs are read section by section to what they are when read as a whole."""

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
from nnlab.runs.records import read_config


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_config_is_read_as_it_was_resolved(tmp_path, monkeypatch, path):
    config = validate(read_document(path), Experiment).value
    (tmp_path / "config.yaml").write_text(as_yaml(config))
    monkeypatch.setattr(records, "_read_whole", None)  # not needed: every section stands by itself
    assert read_config(tmp_path / "config.yaml") == config


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
