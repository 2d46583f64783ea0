"""A config written back reads as the same config."""

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnlab.blueprint import load_config
from nnlab.config import as_yaml

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_configs(path, tmp_path):
    config = load_config(path)
    copy = tmp_path / "copy.yaml"
    copy.write_text(as_yaml(config), encoding="utf-8")
    assert load_config(copy) == config
    assert as_yaml(load_config(copy)) == as_yaml(config)


@settings(max_examples=200)
@given(
    name=st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=30),
    rate=st.floats(min_value=5e-324, max_value=1e300),
    seed=st.integers(0, 2**63 - 1),
)
@example("1e4", 1e-5, 0)
@example("NO", 5e-324, 0)
@example("010", 1e22, 0)
@example("null", 1.0, 0)
@example("- a", 0.1, 0)
@example("ä: #", 0.1, 2**63 - 1)
def test_any_name_rate_and_seed(tmp_path_factory, name, rate, seed):
    folder = tmp_path_factory.mktemp("c")
    config = load_config(CONFIGS / "scalar.yaml")
    optimizer = config.optimizer.model_copy(update={"learning_rate": rate})
    config = config.model_copy(update={"name": name, "seed": seed, "optimizer": optimizer})
    copy = folder / "copy.yaml"
    copy.write_text(as_yaml(config), encoding="utf-8")
    assert load_config(copy) == config
    assert yaml.safe_load(copy.read_text(encoding="utf-8"))["optimizer"]["learning_rate"] == rate
